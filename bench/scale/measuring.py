"""The rounds: in each, installations of every size take each turn, one right after the other."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from bench.scale.served import BUSIEST, SETTINGS, USUAL, Busy, Served, serving, texts
from bench.scale.words import COMMON, RARE, SECOND
from bench.speed import rounds
from bench.speed.rounds import Turns

TIMES = 7
"""How often a page is asked for in a round."""

POSTS = 16
"""Comments that are posted in a round."""

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
            path = f"/desk/search?{urlencode({'q': typed})}"
            _page(turns, served, f"search: {work}", dict.fromkeys(served, path))
        _posts(turns, served, number)


def _threads(turns: Turns, served: Mapping[str, Served]) -> None:
    usual, busiest = [f"/articles/{key}" for key in USUAL], f"/articles/{BUSIEST}"
    middles = {name: _middle_of_thread(each) for name, each in served.items()}
    for turn, paths in (("thread, seen first", usual), ("thread, drawn anew", usual * 3)):
        _in_turn(turns, served, turn, [partial(_drawn, path) for path in paths])
    _in_turn(turns, served, "busiest thread, drawn anew", [partial(_drawn, busiest)] * TIMES)
    middle = "busiest thread, middle, drawn anew"
    _in_turn(turns, served, middle, [lambda each, name: each.drawn_anew(middles[name])] * TIMES)


def _drawn(path: str, each: Served, _name: str) -> float:
    return each.drawn_anew(path)


def _queue(turns: Turns, served: Mapping[str, Served]) -> None:
    for work, path in (_FIRST | _LOOKED_THROUGH).items():
        _page(turns, served, f"queue: {work}", dict.fromkeys(served, path))
    for work, (asked, order) in _MIDDLE.items():
        paths = {name: f"/desk/?{asked}&after={_middle(each, order)}" for name, each in served.items()}
        _page(turns, served, f"queue: {work}", paths)


def _posts(turns: Turns, served: Mapping[str, Served], number: int) -> None:
    said = texts(2 * POSTS, number)
    for turn, is_known, first in (("POST", False, 0), ("POST of a known reader", True, POSTS)):
        requests = {
            name: each.posts(said[first : first + POSTS], 10_000 * number + first, is_known=is_known)
            for name, each in served.items()
        }
        _in_turn(turns, served, turn, [partial(_sent, requests, n) for n in range(POSTS)])


def _sent(requests: Mapping[str, list[bytes]], n: int, each: Served, name: str) -> float:
    return each.answered(requests[name][n], 303)


def _page(turns: Turns, served: Mapping[str, Served], turn: str, paths: Mapping[str, str]) -> None:
    """A page of the desk."""
    _in_turn(turns, served, turn, [lambda each, name: each.at_desk(paths[name])] * TIMES)


def _in_turn(
    turns: Turns, served: Mapping[str, Served], turn: str, asks: Sequence[Callable[[Served, str], float]]
) -> None:
    """Ask all installations the one, then all the next; the median of each is kept, in milliseconds."""
    waits: dict[str, list[float]] = {name: [] for name in served}
    for ask in asks:
        for name, each in served.items():
            try:
                waits[name].append(ask(each, name))
            except Busy:
                print(f"{turn}, {name}: answered that it is busy", flush=True)
    for name, found in waits.items():
        turns.note(turn, name, ms=statistics.median(found) * 1000)


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
