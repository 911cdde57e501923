// After a refused form, the reader starts at the list of what needs mending.
const faults = document.getElementById("faults");
faults?.focus();

// The jump to the address's fragment comes with the first drawing, and would leave the focus nowhere.
if (faults && location.hash) addEventListener("load", () => requestAnimationFrame(() => setTimeout(comeBack)));

function comeBack() {
  if (document.activeElement === document.body) faults.focus();
}
