// Says how many characters are left, only near the limit, and only when the typing rests.
const text = document.getElementById("comment");
const note = document.getElementById("comment-count");
const near = 2000;

if (text && note) {
  let pause;
  text.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(tell, 400);
  });
  tell();
}

function tell() {
  const left = text.maxLength - text.value.length;
  note.textContent = left > near ? "" : sentence(left);
}

function sentence(left) {
  if (left <= 0) return "No characters left.";
  return left === 1 ? "1 character left." : `${left.toLocaleString("en")} characters left.`;
}
