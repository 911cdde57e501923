"""Two servers, as on two hosts, with one PostgreSQL and one Redis. They know of each other by these alone. P1, P9."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from threading import Barrier
from typing import Any, NamedTuple

from bench.private import wait_until
from drills.classifier import challengers, promoted
from drills.crowd import crowd, post
from drills.desk import Desk, employ
from drills.house import House, Server, house
from drills.ledger import Ledger
from drills.services import private_postgresql, private_redis
from drills.telling import Telling, drill

ALLOWED = 6
ROUNDS = 10
PRESSES = 6
AFTER_SECONDS = 15.0
"""How late another host may hear of a version: each asks every five seconds."""

WATCHED_SECONDS = 65.0
"""More than a pass of the background work: one begins every minute."""

HANDED_OVER_SECONDS = 80.0
_SWEEPER = "SELECT holder FROM lease WHERE name = 'sweeper'"
_FREE = "SELECT 1 FROM lease WHERE name = 'sweeper' AND until < '2000-01-01'"
_SCORED_BY = "SELECT classifier_version FROM scoring WHERE comment_id = :id"


class Pair(NamedTuple):
    """The two, and the house that they serve."""

    home: House
    one: Server
    other: Server


@drill("P1, P9")
def two_hosts(tell: Telling) -> None:
    """Two servers on one PostgreSQL and one Redis: a limit reached at one, a comment posted at one, a sign-in and a
    sign-out at one, and a version promoted, each looked at from the other."""
    with pair_of_hosts(limit_posts=f"{ALLOWED} per hour") as pair:
        ledger = Ledger()
        _limits(tell, pair, ledger)
        _fresh_pages(tell, pair, ledger)
        _sessions(tell, pair)
        _versions(tell, pair, ledger)
        ledger.compare(pair.home, tell)


@drill("P3")
def pressed_six_times(tell: Telling) -> None:
    """The same comment arrives six times at the same moment, three times at each of two servers, in 25 rounds."""
    with pair_of_hosts() as pair:
        ledger, kinds = Ledger(), Counter[int]()
        for n in range(25):
            kinds[len(set(_pressed(pair, ledger, n)))] += 1
        tell.saw(f"rounds by how many numbers were told: {dict(kinds)}")
        tell.expect(set(kinds) == {1}, "one comment was told several numbers, or none")
        ledger.compare(pair.home, tell, is_complete=True)


@drill("P1")
def one_sweeper(tell: Telling) -> None:
    """Readers post at two servers for more than a minute, and all the while it is looked who sweeps; then the one
    that does is stopped."""
    with pair_of_hosts() as pair:
        holders: list[str] = []
        with crowd(pair.one, pair.other, pause=0.3) as readers:
            end = time.monotonic() + WATCHED_SECONDS
            while time.monotonic() < end:
                holders += [row[0] for row in pair.home.rows(_SWEEPER)]
                time.sleep(0.5)
        changes = len(set(holders))
        tell.saw(f"looked {len(holders)} times in {WATCHED_SECONDS:.0f} s: {changes} of the two swept")
        tell.expect(changes == 1, f"{changes} processes held the lease in turn")
        _handed_over(tell, pair, holders[-1])
        readers.ledger.compare(pair.home, tell, is_complete=True)


def _handed_over(tell: Telling, pair: Pair, holder: str) -> None:
    """It is not known which of the two sweeps: once it was the one that was stopped, the lease is free."""
    for server, other in ((pair.one, pair.other), (pair.other, pair.one)):
        server.stop()
        if pair.home.rows(_FREE):
            took = wait_until(
                lambda: pair.home.rows(_SWEEPER)[0][0] != holder, HANDED_OVER_SECONDS, "a sweeper"
            )
            tell.saw(f"it was stopped, and the other one swept within {took:.1f} s")
            tell.expect(not other.ails(), f"the other: {other.ails()}")
            return
        server.start()
    tell.expect(False, "neither handed the lease on when it was stopped")


def _limits(tell: Telling, pair: Pair, ledger: Ledger) -> None:
    seen = []
    for n, server in zip(range(ALLOWED + 2), cycle((pair.one, pair.other)), strict=False):
        words = f"Buy boats, lesson {n} for everybody who likes the water."
        answer = post(server, words, network=(60, 1))
        ledger.note(words, answer)
        seen.append(answer.status)
    tell.saw(f"a network at both in turn: {Counter(seen)[303]} taken, {Counter(seen)[429]} × 429")
    tell.expect(seen == [303] * ALLOWED + [429] * 2, f"the limit is not shared: {seen}")


def _fresh_pages(tell: Telling, pair: Pair, ledger: Ledger) -> None:
    """Both have drawn the page already; what is posted at one stands on the other's next page."""
    stale = 0
    for n in range(ROUNDS):
        here, there = (pair.one, pair.other) if n % 2 else (pair.other, pair.one)
        words = f"The ferry number {n} was late again, as on each day of this week."
        here.get("/articles/article-2")
        there.get("/articles/article-2")
        answer = post(here, words, network=(61, n), article=2)
        ledger.note(words, answer)
        stale += any(words not in each.get("/articles/article-2").text for each in (there, here))
    tell.saw(f"{ROUNDS - stale} of {ROUNDS} comments stood on the other's very next page")
    tell.expect(not stale, f"{stale} pages were stale")


def _sessions(tell: Telling, pair: Pair) -> None:
    employ(pair.home, "max")
    desk = Desk(pair.one)
    desk.enters("max")
    desk.server = pair.other
    elsewhere = desk.is_in()
    desk.leaves()
    desk.server = pair.one
    still = desk.is_in()
    tell.saw(
        f"signed in at one: the other {'knows' if elsewhere else 'does not know'}; signed out there: ended here"
    )
    tell.expect(elsewhere and not still, f"signed in elsewhere {elsewhere}, after signing out still {still}")


def _versions(tell: Telling, pair: Pair, ledger: Ledger) -> None:
    """A version that was promoted scores at both before long, and neither was started anew."""
    name = challengers(pair.home)[0]
    promoted(pair.home, name)
    slowest = max(_taken_up(server, pair.home, ledger, name) for server in pair[1:])
    tell.saw(f"a version that was promoted scored at both within {slowest:.1f} s")
    tell.expect(slowest < AFTER_SECONDS, f"it took {slowest:.1f} s")


def _taken_up(server: Server, home: House, ledger: Ledger, name: str) -> float:
    begin, networks = time.monotonic(), iter(range(1, 250))

    def is_scored_by_it() -> bool:
        words = f"Who reads this at {time.monotonic_ns()}, and with what?"
        answer = post(server, words, network=(62 + server.port % 2, next(networks)))
        ledger.note(words, answer)
        return str(home.rows(_SCORED_BY, id=answer.comment_id)[0][0]).startswith(name)

    wait_until(is_scored_by_it, what=f"scored by {name}")
    return time.monotonic() - begin


def _pressed(pair: Pair, ledger: Ledger, n: int) -> Iterator[int]:
    words, barrier = f"Pressed six times, in round {n} of the day.", Barrier(PRESSES)

    def press(at: int) -> int:
        barrier.wait()
        answer = post((pair.one, pair.other)[at % 2], words, network=(70, n))
        ledger.note(words, answer)
        return answer.comment_id

    with ThreadPoolExecutor(PRESSES) as pool:
        yield from pool.map(press, range(PRESSES))


@contextmanager
def pair_of_hosts(**settings: Any) -> Iterator[Pair]:
    with (
        private_postgresql() as cluster,
        private_redis() as redis,
        house(cluster, redis_url=redis.url, **settings) as home,
    ):
        yield Pair(home, home.serve(), home.serve())
