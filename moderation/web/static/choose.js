// Choosing many: one box for all that is shown, a word on how many are chosen, Shift for a row of them.
const bulk = document.getElementById("bulk");
const note = document.getElementById("chosen");
const boxes = [...document.querySelectorAll(".entry-choose input")];

if (bulk && note && boxes.length > 1) {
  const all = document.createElement("input");
  all.type = "checkbox";
  const label = document.createElement("label");
  label.className = "bulk-all";
  label.append(all, "All shown");
  bulk.prepend(label);
  note.setAttribute("aria-live", "polite");
  let last = null;

  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  for (const box of boxes) box.addEventListener("click", (event) => {
    if (event.shiftKey && last) fill(last, box);
    last = box;
    tell();
  });
  addEventListener("pageshow", tell);

  function tell() {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && !all.checked;
    note.textContent = count ? `With the ${count} chosen:` : "With the chosen ones:";
  }
}

function fill(from, to) {
  const [start, end] = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
  for (const box of boxes.slice(start, end + 1)) box.checked = to.checked;
}
