// An unsent comment outlives a reload or a wrong click: kept in this tab, for this article, until it is posted.
const form = document.getElementById("commentform");
const text = document.getElementById("comment");

if (form && text) {
  const key = `gatepost:draft:${form.dataset.article}`;
  const sent = `${key}:sent`;

  if (read(sent) !== null) {
    if (hasArrived()) forget(key);
    forget(sent);
  }
  addEventListener("pageshow", () => {
    const draft = read(key);
    if (draft && !text.value) text.value = draft;
  });
  let pause;
  text.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(save, 250);
  });
  addEventListener("pagehide", () => read(sent) ?? save());
  form.addEventListener("submit", () => {
    save();
    write(sent, "yes");
  });

  function save() {
    if (text.value) write(key, text.value);
    else forget(key);
  }
}

// The answer to a stored comment is a fresh visit to it; a way back or a reload is none.
function hasArrived() {
  const [visit] = performance.getEntriesByType("navigation");
  return visit?.type === "navigate" && /^#comment-\d+$/.test(location.hash);
}

// Storage may be full, or switched off: then nothing is kept, and nothing breaks.
function read(name) {
  try { return sessionStorage.getItem(name); } catch { return null; }
}

function write(name, value) {
  try { sessionStorage.setItem(name, value); } catch { /* not kept */ }
}

function forget(name) {
  try { sessionStorage.removeItem(name); } catch { /* nothing there */ }
}
