// Deciding without leaving the page: the same forms, sent by fetch; what was done is told, and can be undone in place.
// Whatever the answer is not made for (a session that ended, a server away) leaves the decision with its person.
const told = document.getElementById("told");
const KEPT = "gatepost told"; // what is to be said on the page that is loaded next
const underWay = new WeakSet(); // forms that were sent and have no answer yet

if (told && sessionStorage.getItem(KEPT)) setTimeout(() => {
  tell(sessionStorage.getItem(KEPT));
  sessionStorage.removeItem(KEPT);
}, 100); // what stands in a live region from the start is not read out
document.addEventListener("desk:say", (event) => told && tell(event.detail));

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-in-place]");
  if (!form || !told) return;
  event.preventDefault();
  const fields = new FormData(form);
  if (event.submitter?.name) fields.set(event.submitter.name, event.submitter.value);
  const chosen = fields.getAll("comment");
  if (form.dataset.inPlace === "bulk" && !chosen.length) return tell("Choose some first, by their boxes or with x.");
  if (chosen.length) fields.set("comment", chosen.join(" "));
  send({ action: form.getAttribute("action"), kind: form.dataset.inPlace, row: form.dataset.row, form, fields });
});

async function send(wish) {
  if (underWay.has(wish.form)) return tell("What was sent before is still on its way.", ...told.querySelectorAll("form"));
  underWay.add(wish.form);
  await deliver(wish).finally(() => underWay.delete(wish.form));
}

async function deliver(wish) {
  const ids = wish.row ? [wish.row] : (wish.fields.get("comment") ?? "").split(" ").filter(Boolean).map((target) => target.split(":")[0]);
  document.dispatchEvent(new CustomEvent("desk:sent", { detail: ids }));
  const body = new URLSearchParams(wish.fields);
  const keepalive = body.toString().length < 60_000; // it arrives although its person goes on to another page
  let answer;
  try {
    answer = await fetch(wish.action, { method: "POST", body, keepalive, headers: { Accept: "application/json" } });
  } catch {
    answered(ids, {});
    return tell("This could not be sent, so nothing was changed.", again(wish));
  }
  if (answer.status === 401) return byItself(wish);
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    answered(ids, said.rows ?? {});
    return tell(said.detail ?? "That did not work, so nothing was changed.", ...(said.stale ?? []).map(open), answer.status >= 500 ? again(wish) : "");
  }
  if (wish.kind === "undo" && said.done.some((id) => !document.getElementById(`entry-${id}`))) {
    sessionStorage.setItem(KEPT, said.said);
    return location.reload();
  }
  if (wish.row) said.rows = { ...said.rows, [wish.row]: line(wish.row, said) };
  if (wish.kind === "say") document.dispatchEvent(new CustomEvent("desk:again", { detail: { form: wish.form, words: wish.fields.get("words") } }));
  answered(ids, said.rows, said.done, wish.kind === "undo" ? said.done[0] : null);
  count(said.counts);
  tell(said.said, said.undo ? undo(said) : "", ...said.stale.map(open));
}

function answered(ids, rows, done = [], back = null) {
  const all = [...new Set([...ids, ...Object.keys(rows)])];
  document.dispatchEvent(new CustomEvent("desk:answered", { detail: { ids: all, rows, done: done.map(String), back } }));
}

// A session ended: the form goes as a form does, and the page that answers keeps what was sent.
function byItself(wish) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = wish.action;
  for (const [name, value] of wish.fields) {
    const field = document.createElement("input");
    [field.type, field.name, field.value] = ["hidden", name, value];
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

function tell(words, ...more) {
  const said = document.createElement("p");
  said.textContent = words;
  told.replaceChildren(said, ...more.filter(Boolean));
}

function undo(said) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = said.undo;
  form.dataset.inPlace = "undo";
  const fields = { next: location.pathname + location.search, ...(said.is_bulk ? { bulk: "yes" } : {}) };
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("input");
    [field.type, field.name, field.value] = ["hidden", name, value];
    form.append(field);
  }
  const button = document.createElement("button");
  button.className = "undo";
  button.textContent = said.is_bulk ? "Undo all" : "Undo";
  form.append(button);
  return form;
}

// A campaign's row once it was decided on: what was done, and the way back.
function line(row, said) {
  const item = document.createElement("li");
  [item.id, item.className, item.dataset.comment] = [`entry-${row}`, "entry is-done", row];
  const words = document.createElement("p");
  words.className = "entry-done entry-open";
  words.textContent = said.said;
  item.append(words, said.undo ? undo(said) : "");
  return item.outerHTML;
}

function open(id) {
  const link = document.createElement("a");
  const row = document.querySelector(`#entry-${id} .entry-open`);
  link.href = row?.href ?? `/desk/comments/${id}`;
  link.textContent = `Look at comment ${id}`;
  if (row) link.addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector(`#entry-${id} .entry-open`).click();
  });
  return link;
}

function again(wish) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Send it again";
  button.addEventListener("click", () => send(wish));
  return button;
}

function count(counts) {
  for (const view of document.querySelectorAll("[data-count]")) {
    const number = counts[view.dataset.count];
    const bubble = view.querySelector(".bubble");
    bubble.textContent = number.toLocaleString("en");
    if (["held", "check"].includes(view.dataset.count)) bubble.classList.toggle("is-waiting", number > 0);
  }
}
