// Who is looking: a comment that stays in focus for a moment is claimed softly, and let go when its person leaves.
const DWELL = 800;
const RENEW = 90_000;
const bench = document.getElementById("bench");

if (bench) {
  let timer = 0;
  let mine = "";
  const inFocus = () => bench.querySelector("[data-comment]")?.dataset.comment ?? "";

  for (const form of bench.querySelectorAll("[data-without-script]")) form.hidden = true;
  document.addEventListener("desk:focused", () => {
    for (const form of bench.querySelectorAll("[data-without-script]")) form.hidden = true;
    soon();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : soon()));
  addEventListener("pagehide", () => {
    if (mine) navigator.sendBeacon("/desk/claims", new URLSearchParams({ comment: mine, let_go: "yes" }));
    mine = "";
  });
  soon();

  function soon(after = DWELL) {
    clearTimeout(timer);
    timer = setTimeout(claim, after);
  }

  async function claim() {
    const comment = inFocus();
    if (!comment || document.hidden) return;
    const body = new URLSearchParams({ comment });
    const answer = await fetch("/desk/claims", { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || comment !== inFocus()) return;
    const said = await answer.json();
    mine = said.is_mine ? comment : "";
    const line = bench.querySelector("[data-looking]");
    const words = said.is_mine ? "" : `${said.who} is looking at this.`;
    if (line && line.textContent.trim() !== words) line.textContent = words;
    soon(RENEW);
  }
}
