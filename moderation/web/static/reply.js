// Reply in place: the form moves under the comment it answers, and home again. Typed text stays.
const respond = document.getElementById("respond");
const parent = document.getElementById("comment_parent");
const heading = document.getElementById("reply-title");
const cancel = document.getElementById("cancel-comment-reply-link");
const thread = document.getElementById("comments");

if (respond && parent && heading && cancel && thread) {
  const home = document.createComment("the form's place");
  respond.before(home);
  let origin = null;

  thread.addEventListener("click", (event) => {
    const link = event.target.closest(".comment-reply");
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    origin = link;
    answer(link.dataset.comment, link.dataset.name);
    link.closest(".comment-card").after(respond);
    start();
  });

  cancel.addEventListener("click", (event) => {
    if (!isPlain(event)) return;
    event.preventDefault();
    answer("0", "");
    home.after(respond);
    forgetQuery();
    (origin ?? document.getElementById("comment")).focus();
    origin = null;
  });
}

function isPlain(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

function answer(id, name) {
  parent.value = id;
  cancel.hidden = id === "0";
  heading.textContent = "Leave a Reply";
  if (id === "0") return;
  const who = document.createElement("bdi");
  who.textContent = name;
  heading.append(" to ", who);
}

function start() {
  document.getElementById("comment").focus({ preventScroll: true });
  respond.scrollIntoView({ block: "nearest" });
}

// So that a reload does not bring back the reply that was cancelled.
function forgetQuery() {
  if (new URLSearchParams(location.search).has("replytocom")) history.replaceState(null, "", cancel.href);
}
