// After a refused form, the reader starts at the list of what needs mending.
document.getElementById("faults")?.focus();
