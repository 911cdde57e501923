// Posting once: a second press within a moment is not sent. Ctrl+Enter or Cmd+Enter in the comment posts it.
const form = document.getElementById("commentform");
const button = document.getElementById("submit");
const moment = 8000;

if (form && button) {
  form.addEventListener("submit", (event) => {
    if (button.ariaDisabled === "true") event.preventDefault();
    else rest();
  });
  document.getElementById("comment").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(button);
  });
  addEventListener("pageshow", wake);
}

// Not `disabled`, which would take the focus away from somebody who uses the keyboard.
function rest() {
  button.ariaDisabled = "true";
  button.textContent = "Posting…";
  setTimeout(wake, moment);
}

function wake() {
  button.removeAttribute("aria-disabled");
  button.textContent = "Post Comment";
}
