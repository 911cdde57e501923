// The comment in focus: it moves on by itself, stands in the address bar, and the next one is fetched ahead.
const bench = document.getElementById("bench");
const queue = document.querySelector(".queue");
const SETTLES = 400; // milliseconds in which a second press is meant for what stood there before

if (bench && queue) {
  const kept = new Map(); // comment → its drawn bench, as a promise
  const begun = new Map(); // comment → what was written about it and not sent, by field
  let wanted = 0;
  let loading = null;
  let shown = -Infinity;

  const rows = () => [...queue.querySelectorAll(".entry[data-focus]")];
  const open = () => rows().filter((row) => !row.classList.contains("is-done") && !row.classList.contains("is-sent"));
  const current = () => queue.querySelector(".entry-open[aria-current]")?.closest(".entry");
  const more = () => document.querySelector(".pager [rel=next]");
  const link = (row) => row.querySelector(".entry-open");
  const seen = () => bench.querySelector("[data-comment]")?.dataset.comment;

  queue.addEventListener("click", (event) => {
    const opened = event.target.closest(".entry-open");
    if (!opened || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    kept.delete(opened.closest(".entry").dataset.comment);
    focus(opened.closest(".entry"));
  });
  // A pointer alone presses blindly: a key's press counts no clicks.
  bench.addEventListener("click", (event) => {
    if (event.detail && performance.now() - shown < SETTLES && event.target.closest(".actions")) event.preventDefault();
  });
  document.addEventListener("desk:move", (event) => {
    const all = rows();
    const at = all.indexOf(current());
    const row = all[at + event.detail] ?? (at < 0 ? all[0] : null);
    if (row) focus(row);
  });
  document.addEventListener("desk:sent", (event) => {
    const left = current();
    for (const id of event.detail) mark(id, true);
    if (left && event.detail.includes(left.dataset.comment)) moveOn(left);
  });
  document.addEventListener("desk:answered", (event) => {
    const { rows: drawn, ids, back, done } = event.detail;
    const isAway = !current() && ids.includes(seen()); // decided on, and in no list that it could be marked in
    for (const id of ids) mark(id, false);
    for (const [id, html] of Object.entries(drawn)) replace(id, html);
    for (const id of ids) kept.delete(id);
    if (back) {
      const row = document.getElementById(`entry-${back}`);
      if (row) focus(row);
    } else if (isAway && !done.includes(seen())) {
      if (drawn[seen()]) again();
    } else if (isAway || !current() && !bench.querySelector(".bench-body") && open().length) {
      moveOn(null);
    }
  });
  document.addEventListener("desk:again", (event) => {
    forget(event.detail);
    again();
  });

  const first = current();
  if (first) {
    drawn(placed(first)).then(beside);
    ahead(first);
  }

  // What takes the server longer is not part of the page, and comes behind it.
  function beside(html) {
    const page = document.createElement("template");
    page.innerHTML = html ?? "";
    const [here, found] = [bench, page.content].map((each) => each.querySelector("[data-beside]"));
    const target = (part) => part?.closest("[data-target]")?.dataset.target;
    if (here && found && target(here) === target(found)) here.replaceWith(found);
  }

  function moveOn(from) {
    const all = rows();
    const at = all.indexOf(from);
    const waits = open();
    const free = (row) => !row.querySelector(".looking");
    const next = waits.find((row) => all.indexOf(row) > at && free(row)) ?? waits.find(free) ?? waits[0];
    if (next) return focus(next);
    if (more()) return load().then(() => (open().length ? focus(open()[0]) : done()));
    return done();
  }

  function focus(row) {
    for (const other of queue.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    link(row).setAttribute("aria-current", "true");
    history.replaceState(history.state, "", link(row).href);
    row.scrollIntoView({ block: "nearest" });
    return look(placed(row)).then((isThere) => isThere && ahead(row));
  }

  // What stands in focus, as it is now: it need not be in the list.
  function again() {
    const place = current() ? placed(current()) : stray();
    if (!place.id) return;
    kept.delete(place.id);
    look(place);
  }

  function placed(row) {
    return { id: row.dataset.comment, part: row.dataset.focus, href: link(row).href };
  }

  function stray() {
    return { id: seen(), part: `/desk/comments/${seen()}/focus`, href: location.href };
  }

  async function look(place) {
    const turn = ++wanted;
    bench.setAttribute("aria-busy", "true");
    bench.querySelector("[data-in-place]")?.setAttribute("inert", "");
    const html = await drawn(place);
    if (turn !== wanted) return false;
    show(html ?? missing(place));
    return html !== null;
  }

  // Never a reload by itself: a decision may be on its way, and would be lost.
  function missing(place) {
    const words = document.createElement("p");
    const way = document.createElement("a");
    [way.href, way.textContent] = [place.href, "Open it"];
    words.append("This comment could not be fetched. ", way);
    return words.outerHTML;
  }

  function show(html) {
    const hadFocus = hasFocus();
    const page = document.createElement("template");
    page.innerHTML = html;
    put(page.content);
    shown = performance.now();
    bench.removeAttribute("aria-busy");
    if (matchMedia("(max-width: 59.99rem)").matches) bench.scrollIntoView({ block: "start" });
    else bench.scrollTop = 0;
    if (hadFocus) bench.querySelector("#bench-title")?.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("desk:focused"));
  }

  function hasFocus() {
    return bench.contains(document.activeElement) || document.activeElement === document.body;
  }

  function put(content) {
    if (seen()) begun.set(seen(), [...handedBack(), ...written()]);
    bench.replaceChildren(content);
    for (const each of begun.get(seen()) ?? []) takeUp(each);
  }

  function written() {
    const fields = [...bench.querySelectorAll("textarea")].filter((field) => field.value !== field.defaultValue);
    return fields.map(({ id, value, defaultValue, labels }) => ({ id, value, defaultValue, label: labels[0].textContent }));
  }

  function handedBack() {
    return (begun.get(seen()) ?? []).filter(({ id }) => !bench.querySelector(`#${id}`));
  }

  function takeUp({ id, value, defaultValue, label }) {
    const field = bench.querySelector(`#${id}`);
    if (!field) return handBack(value, label);
    field.value = value;
    field.closest("details").open = true;
    if (field.defaultValue !== defaultValue) say("Its text has changed since you began to write.");
  }

  // What cannot be sent as the comment stands now can be read and copied.
  function handBack(value, label) {
    const words = document.createElement("label");
    const field = document.createElement("textarea");
    [words.className, words.textContent] = ["handed-back", `Not sent: ${label}`];
    [field.readOnly, field.dir, field.rows, field.defaultValue] = [true, "auto", 4, value];
    words.append(field);
    bench.querySelector(".bench-body").append(words);
    say("What you began to write stands below the comment. It cannot be sent as the comment stands now.");
  }

  // Only the words that were sent: what was typed meanwhile is begun anew.
  function forget({ form, words }) {
    const { comment } = form.closest("[data-comment]").dataset;
    kept.delete(comment);
    const isSent = ({ id, value }) => id === form.querySelector("textarea")?.id && value === words;
    begun.set(comment, (begun.get(comment) ?? []).filter((each) => !isSent(each)));
    const field = comment === seen() && [...bench.querySelectorAll("textarea")].find(isSent);
    if (field) field.value = field.defaultValue;
  }

  function drawn({ id, part, href }) {
    if (!kept.has(id)) {
      const next = new URL(href);
      const asked = fetch(`${part}?next=${encodeURIComponent(next.pathname + next.search)}`)
        .then((answer) => (answer.ok && !answer.redirected ? answer.text() : Promise.reject(answer)))
        .catch(() => (kept.delete(id), null));
      kept.set(id, asked);
    }
    return kept.get(id);
  }

  function ahead(row) {
    const all = rows();
    const waits = open();
    const next = waits.find((each) => all.indexOf(each) > all.indexOf(row));
    if (next) drawn(placed(next));
    if (waits.length < 5 && more()) load();
  }

  function load() {
    loading ??= fetch(more().href)
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : null))
      .catch(() => null)
      .then((html) => {
        if (html === null) return;
        const page = new DOMParser().parseFromString(html, "text/html");
        for (const row of page.querySelectorAll(".queue .entry")) {
          if (document.getElementById(row.id)) continue;
          row.querySelector("[aria-current]")?.removeAttribute("aria-current");
          queue.append(row);
        }
        const pager = page.querySelector(".pager");
        if (pager) more().closest(".pager").replaceWith(pager);
        else more().closest(".pager").remove();
      })
      .finally(() => (loading = null));
    return loading;
  }

  function say(words) {
    document.dispatchEvent(new CustomEvent("desk:say", { detail: words }));
  }

  function mark(id, isSent) {
    document.getElementById(`entry-${id}`)?.classList.toggle("is-sent", isSent);
  }

  function replace(id, html) {
    const row = document.getElementById(`entry-${id}`);
    if (!row) return;
    const isCurrent = row === current();
    const page = document.createElement("template");
    page.innerHTML = html;
    const fresh = page.content.querySelector(".entry");
    row.replaceWith(fresh);
    if (isCurrent) link(fresh).setAttribute("aria-current", "true");
  }

  function done() {
    const hadFocus = hasFocus();
    put(document.getElementById("all-done").content.cloneNode(true));
    bench.removeAttribute("aria-busy");
    for (const other of queue.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    if (hadFocus) bench.querySelector("[tabindex]").focus({ preventScroll: true });
  }
}
