// The remember-me box: name and website stay in this browser, never the address. Unticking forgets them at once.
const form = document.getElementById("commentform");
const box = document.getElementById("wp-comment-cookies-consent");
const key = "gatepost:reader";

if (form && box) {
  const name = document.getElementById("author");
  const website = document.getElementById("url");

  const known = read();
  if (known) {
    name.value ||= known.name ?? "";
    website.value ||= known.website ?? "";
    box.checked = true;
  }
  box.addEventListener("change", () => box.checked || forget());
  form.addEventListener("submit", () => {
    if (box.checked) write({ name: name.value, website: website.value });
    else forget();
  });
}

// Storage may be full, or switched off: then nobody is remembered, and nothing breaks.
function read() {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}

function write(reader) {
  try { localStorage.setItem(key, JSON.stringify(reader)); } catch { /* not kept */ }
}

function forget() {
  try { localStorage.removeItem(key); } catch { /* nothing there */ }
}
