"""The clock jumps 400 days ahead, back, and 400 days behind, while the server runs. P10."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.private import wait_until
from drills.crowd import post
from drills.desk import Desk, employ
from drills.house import House, Server, house
from drills.ledger import Ledger
from drills.telling import NotHere, Telling, drill

ALLOWED = 4
BUSY_FROM = 5
LONGEST_SWEEP = 70.0
"""Seconds: a pass begins every minute."""


@drill("P10")
def clock_ahead(tell: Telling) -> None:
    """The server's clock is set 400 days ahead, and back again; the server is killed ahead of its time, too."""
    _jumped(tell, "+400d")


@drill("P10")
def clock_behind(tell: Telling) -> None:
    """The server's clock is set 400 days back, and then right again; the server is killed in the past, too."""
    _jumped(tell, "-400d")


def _jumped(tell: Telling, jump: str) -> None:
    library = _faketime()
    settings: dict[str, Any] = {
        "limit_posts": f"{ALLOWED} per hour",
        "busy_article_per_hour": BUSY_FROM,
        "keep_address_days": 0,  # what is forgotten for its age goes by the clock, as it says
    }
    with house(**settings) as home:
        employ(home, "max")
        clock, ledger = home.folder.with_name("clock"), Ledger()
        _set(clock, "+0")
        server = home.serve(around=_faked(library, clock))
        before, during = Desk(server), Desk(server)
        before.enters("max")
        _say(server, ledger, network=1, article=1)
        _set(clock, jump)
        tell.saw(f"{jump}: the server says it is {_date(home, server, ledger):%Y-%m-%d}")
        during.enters("max")
        limited = [_say(server, ledger, network=2, article=2) for _ in range(ALLOWED + 1)]
        tell.expect(limited == [303] * ALLOWED + [429], f"{jump}: the limit did not hold: {limited}")
        _crowded(server, ledger)
        if jump.startswith("+"):
            tell.expect(not before.is_in(), "a session of 400 days ago still holds")
        _set(clock, "+0")
        _back(tell, home, server, ledger)
        holds = during.is_in()
        tell.saw(f"a session that was begun then holds: {'yes' if holds else 'no'}")
        tell.expect(not holds, "a session that was begun at another time holds on")
        _killed_elsewhen(tell, home, server, clock, jump)
        ledger.compare(home, tell)


def _back(tell: Telling, home: House, server: Server, ledger: Ledger) -> None:
    """What was done while the clock was wrong does no harm now that it is right."""
    free = _say(server, ledger, network=2, article=2)
    number = _number(server, ledger, network=3, article=3)
    reasons = {row[0] for row in home.rows(_REASONS, comment=number)}
    tell.saw(f"right again: a network that was at its limit then gets {free}")
    tell.expect(free == 303, f"a network is limited for long: {free}")
    tell.expect("busy-article" not in reasons, "comments of then make an article busy now")
    tell.expect(server.get("/articles/article-2").status == 200, "a page does not open")


_REASONS = "SELECT code FROM reason JOIN decision ON decision.id = decision_id WHERE comment_id = :comment"


def _killed_elsewhen(tell: Telling, home: House, server: Server, clock: Path, jump: str) -> None:
    """A process that swept at another time and was killed there does not keep others from sweeping now."""
    server.stop()
    _set(clock, jump)
    server.start()
    wait_until(lambda: abs(_swept(home)) > timedelta(days=300), LONGEST_SWEEP, "a sweep at the other time")
    server.send(signal.SIGKILL)
    _set(clock, "+0")
    server.kill()
    server.start()
    took = wait_until(lambda: abs(_swept(home)) < timedelta(hours=1), LONGEST_SWEEP, "a sweep now")
    ails = server.ails()
    tell.saw(f"after a kill at {jump} the next sweep went well within {took:.1f} s, /readyz {ails or 'well'}")
    tell.expect(not ails, f"/readyz {ails}")


def _crowded(server: Server, ledger: Ledger) -> None:
    """More comments under one article than it may have in an hour."""
    for n in range(BUSY_FROM + 1):
        _say(server, ledger, network=10 + n, article=3)


def _say(server: Server, ledger: Ledger, network: int, article: int) -> int:
    words = f"What time is it, {time.monotonic_ns()}?"
    answer = post(server, words, network=(30, network), article=article)
    ledger.note(words, answer)
    return answer.status


def _number(server: Server, ledger: Ledger, network: int, article: int) -> int:
    words = f"It is late, {time.monotonic_ns()}."
    answer = post(server, words, network=(30, network), article=article)
    ledger.note(words, answer)
    if not answer.comment_id:
        raise RuntimeError(f"a comment was answered with {answer.status} after {answer.seconds:.1f} s")
    return answer.comment_id


def _date(home: House, server: Server, ledger: Ledger) -> datetime:
    """When the server thinks that a comment arrives."""
    number = _number(server, ledger, network=4, article=1)
    arrived = home.rows("SELECT arrived_at FROM comment WHERE id = :comment", comment=number)[0][0]
    return datetime.fromisoformat(str(arrived)).replace(tzinfo=UTC)


def _swept(home: House) -> timedelta:
    """How far from now the last good pass was."""
    rows = home.rows("SELECT until FROM lease WHERE name = 'swept'")
    until = datetime.fromisoformat(str(rows[0][0])) if rows else datetime(1970, 1, 1, tzinfo=UTC)
    return until.replace(tzinfo=UTC) - datetime.now(UTC)


def _faketime() -> str:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise NotHere("libfaketime is not installed (`apt-get install faketime`)")
    return str(found[0])


def _faked(library: str, clock: Path) -> dict[str, str]:
    return {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def _set(clock: Path, jump: str) -> None:
    made = clock.with_suffix(".new")
    made.write_text(f"{jump}\n", encoding="ascii")
    made.replace(clock)
