// Choosing many: one box for all that is shown, a word on how many are chosen, Shift for a row of them.
const bulk = document.getElementById("bulk");
const note = document.getElementById("chosen");
const boxes = () => [...document.querySelectorAll(".entry-choose input")];

if (bulk && note) {
  const all = document.createElement("input");
  all.type = "checkbox";
  all.id = "choose-all";
  const label = document.createElement("label");
  label.className = "bulk-all";
  label.append(all, "All shown");
  bulk.prepend(label);
  note.setAttribute("aria-live", "polite");
  let last = null;

  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    tell();
  });
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.(".entry-choose input")) return;
    if (event.shiftKey && last?.isConnected) fill(last, box);
    last = box;
    tell();
  });
  addEventListener("pageshow", tell);
  new MutationObserver(tell).observe(document.querySelector(".queue") ?? bulk, { childList: true });
  tell();

  function tell() {
    const shown = boxes();
    const count = shown.filter((box) => box.checked).length;
    label.hidden = shown.length < 2;
    all.checked = count > 0 && count === shown.length;
    all.indeterminate = count > 0 && !all.checked;
    const words = count ? `With the ${count} chosen:` : "With the chosen ones:";
    if (note.textContent !== words) note.textContent = words;
  }
}

function fill(from, to) {
  const shown = boxes();
  const [start, end] = [shown.indexOf(from), shown.indexOf(to)].sort((a, b) => a - b);
  for (const box of shown.slice(start, end + 1)) box.checked = to.checked;
}
