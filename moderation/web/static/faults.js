// After a refused form, its person starts at the list of what needs mending; where there is none, at the first field.
const faults = document.getElementById("faults") ?? document.querySelector("[aria-invalid]");
faults?.focus();

// The jump to the address's fragment comes with the first drawing, and would leave the focus nowhere.
if (faults && location.hash) addEventListener("load", () => requestAnimationFrame(() => setTimeout(comeBack)));

function comeBack() {
  if (document.activeElement === document.body) faults.focus();
}
