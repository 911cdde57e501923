// Keys: each presses what stands on the page, so that nothing can be done by key alone. Those of one letter can be
// switched off, which this browser remembers.
const KEPT = "gatepost keys";
const GO = { h: "/desk/?view=held", s: "/desk/?view=spam", a: "/desk/?view=approved", d: "/desk/?view=rejected", f: "/desk/fine" };
const ACTIONS = { a: "approve", u: "hold", s: "spam", d: "reject" };
const dialog = document.getElementById("keys");
const box = document.getElementById("keys-on");
const bench = document.getElementById("bench");

let areOn = localStorage.getItem(KEPT) !== "off";
let goes = 0;
box.checked = areOn;
show();

box.addEventListener("change", () => {
  areOn = box.checked;
  localStorage.setItem(KEPT, areOn ? "on" : "off");
  show();
});
for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
}
document.addEventListener("desk:focused", show);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && !"jk".includes(event.key)) return;
  if (event.target.matches?.("textarea, select, input:not([type=checkbox])")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!areOn || dialog.open) return;
  const key = letter(event);
  if (performance.now() < goes && GO[key]) return press(event, () => location.assign(GO[key]));
  goes = 0;
  const does = key === "g" ? () => (goes = performance.now() + 1500) : meaning(key);
  if (does) press(event, does);
});

function press(event, does) {
  event.preventDefault();
  does();
}

// On other layouts than Latin the key counts that lies where the letter would be.
function letter(event) {
  const typed = /^[ -~]$/.test(event.key) || event.key.length > 1 ? event.key : event.code.replace("Key", "").toLowerCase();
  return /^[a-z]$/i.test(typed) ? (event.shiftKey ? typed.toUpperCase() : typed.toLowerCase()) : typed;
}

function meaning(key) {
  if (key === "?") return () => dialog.showModal();
  if (key === "/") return () => document.getElementById("q")?.select();
  if (key === "j" || key === "k") return () => document.dispatchEvent(new CustomEvent("desk:move", { detail: key === "j" ? 1 : -1 }));
  if (ACTIONS[key]) return () => click(`[aria-label^="Decide on"]:not([inert]) button[value=${ACTIONS[key]}]`, bench);
  if (ACTIONS[key.toLowerCase()]) return () => click(`#bulk button[value=${ACTIONS[key.toLowerCase()]}], #bulk [data-key=${key}]`);
  if (key === "z") return () => click("#told .undo") || takeBack();
  if (key === "Z") return () => click("#told .undo") || click(".message .undo:not([data-again])");
  if (key === "x") return () => click(".entry:has([aria-current]) .entry-choose input");
  if (key === "X") return () => click("#choose-all");
  if (key === "o") return () => click("[data-open]", bench);
  const part = { r: "answer", e: "edit", n: "note" }[key];
  return part ? () => unfold(part) : null;
}

// A key pressed once too often must not publish again what was taken back: the button alone does. Whether it was, or
// somebody has decided since, the server knows.
function takeBack() {
  if (!bench?.querySelector(".undo")) return click(".message .undo:not([data-again])");
  if (!bench.hasAttribute("aria-busy")) click("[name=once]", bench);
}

function click(what, inside = document) {
  const found = inside?.querySelector(what);
  found?.click();
  return Boolean(found);
}

function unfold(part) {
  const found = bench?.querySelector(`#${part}`);
  if (!found && part === "answer" && bench?.querySelector("#note")) say("Only a public comment can be answered. Approve it first.");
  if (!found) return;
  found.open = true;
  found.querySelector("textarea").focus();
}

function say(words) {
  document.dispatchEvent(new CustomEvent("desk:say", { detail: words }));
}

function show() {
  document.documentElement.classList.toggle("has-keys", areOn);
  for (const [key, action] of Object.entries(ACTIONS)) {
    const button = bench?.querySelector(`[aria-label^="Decide on"] button[value=${action}]`);
    if (areOn) button?.setAttribute("aria-keyshortcuts", key);
    else button?.removeAttribute("aria-keyshortcuts");
  }
}
