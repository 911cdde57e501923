"""The rounds: in each, installations of every size take each turn, one right after the other."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from bench.scale.served import BUSIEST, SETTINGS, USUAL, Served, serving, texts
from bench.scale.words import COMMON, RARE, SECOND
from bench.speed import rounds
from bench.speed.rounds import Turns

POSTS = 24
"""Comments that are posted in one turn."""

SEARCHES = {
    "a rare word": RARE,
    "a common word": COMMON,
    "a word of most comments": "the",
    "two common words": f"{COMMON} {SECOND}",
    "words that are never together": f'"{SECOND} {RARE}" {COMMON}',
    "by a person": "by:max",
    "by a person, a common word": f"by:max {COMMON}",
    "by the policy, a rare word": f"by:policy {RARE}",
}
_FIRST = {
    "held, oldest first": "/desk/?view=held",
    "held, likely spam first": "/desk/?view=held&sort=risk",
    "held, most doubtful first": "/desk/?view=held&sort=doubtful",
    "held, likely fine first": "/desk/?view=held&sort=fine",
    "approved": "/desk/?view=approved",
    "all": "/desk/?view=all",
    "held, under one article": f"/desk/?view=held&article={BUSIEST}",
    "looked at again, nothing there": "/desk/?view=again",
}
_MIDDLE = {
    "held, oldest first, middle": ("view=held", "id"),
    "held, likely spam first, middle": ("view=held&sort=risk", "risk DESC, id DESC"),
}
_LOOKED_THROUGH = {
    "held, narrowed by reason": "/desk/?view=held&reason=links",
    "held, words in it": "/desk/?view=held&q=lighthouse",
}


def starts(turns: Turns, folders: Mapping[str, Path]) -> None:
    """From the command to the first page, one after the other."""
    for name, folder in folders.items():
        rounds.start(turns, name, instance=folder, **SETTINGS)


def pages(turns: Turns, folders: dict[str, Path], number: int) -> None:
    """One round over HTTP; all are served, and asked in turn."""
    with serving(folders) as served:
        _threads(turns, served)
        _queue(turns, served)
        for work, typed in SEARCHES.items():
            _page(turns, served, f"search: {work}", f"/desk/search?{urlencode({'q': typed})}")
        _posts(turns, served, number)


def _threads(turns: Turns, served: Mapping[str, Served]) -> None:
    usual, busiest = [f"/articles/{key}" for key in USUAL], f"/articles/{BUSIEST}"
    for name, each in served.items():
        turns.note("thread, seen first", name, ms=_median(each.drawn_anew(usual)))
    for name, each in served.items():
        turns.note("thread, drawn anew", name, ms=_median(each.drawn_anew(usual * 2)))
    for name, each in served.items():
        turns.note("busiest thread, drawn anew", name, ms=_median(each.drawn_anew([busiest] * 12)))
    for name, each in served.items():
        found = each.drawn_anew([_middle_of_thread(each)] * 12)
        turns.note("busiest thread, middle, drawn anew", name, ms=_median(found))


def _queue(turns: Turns, served: Mapping[str, Served]) -> None:
    for work, path in _FIRST.items():
        _page(turns, served, f"queue: {work}", path)
    for work, (asked, order) in _MIDDLE.items():
        for name, each in served.items():
            path = f"/desk/?{asked}&after={_middle(each, order)}"
            turns.note(f"queue: {work}", name, ms=_median(each.seconds(path, at_desk=True)))
    for work, path in _LOOKED_THROUGH.items():
        _page(turns, served, f"queue: {work}", path)


def _posts(turns: Turns, served: Mapping[str, Served], number: int) -> None:
    said, start = texts(2 * POSTS, number), 10_000 * number
    for name, each in served.items():
        turns.note("POST", name, ms=_median(each.posts(said[:POSTS], start)))
    for name, each in served.items():
        found = each.posts(said[POSTS:], start + POSTS, is_known=True)
        turns.note("POST of a known reader", name, ms=_median(found))


def _page(turns: Turns, served: Mapping[str, Served], turn: str, path: str) -> None:
    """A page of the desk."""
    for name, each in served.items():
        turns.note(turn, name, ms=_median(each.seconds(path, at_desk=True)))


def _median(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1000


def _middle(served: Served, order: str) -> str:
    """What the page after a third of all that waits begins after."""
    [(count,)] = served.rows("SELECT count(*) FROM comment WHERE status = 'held'")
    asked = f"SELECT risk, id FROM comment WHERE status = 'held' ORDER BY {order} LIMIT 1 OFFSET ?"  # noqa: S608
    [(risk, number)] = served.rows(asked, count // 3)
    return f"{risk!r}~{number}"


def _middle_of_thread(served: Served) -> str:
    asked = "SELECT id, approved_count FROM article WHERE key = ?"
    [(article, count)] = served.rows(asked, BUSIEST)
    asked = """
        SELECT id FROM comment WHERE article_id = ? AND status = 'approved'
        ORDER BY root_id, path LIMIT 1 OFFSET ?"""
    [(number,)] = served.rows(asked, article, count // 2)
    return f"/articles/{BUSIEST}?after={number}"


def timed(do: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = perf_counter()
    do()
    return perf_counter() - began
