"""Background work: small functions that look for marked rows and do a batch, a timer, and a lease.

The truth is in the rows: a process that is killed loses nothing, the next pass finds the same marks. Of several
processes one sweeps, the one that holds the lease; a lease that is not renewed in time is anybody's.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import select

from models import Lease, db
from moderation import indexing, leases, metrics, moderators, pauses, rights, search, trail, workload
from moderation.review import looking
from moderation.settings import Settings

log = structlog.get_logger("gatepost.sweeps")

EVERY = timedelta(minutes=1)
"""Time between two passes."""

AGAIN = timedelta(seconds=10)
"""Time until a pass that failed is tried again."""

HELD_FOR = 3 * EVERY
"""How long a lease lasts without being renewed, and how long the last good pass counts."""

SWEEPER, SWEPT = "sweeper", "swept"
"""Two leases: who sweeps, and until when the last pass that went well is good enough."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One kind of work: `batch` does some of it and returns how much; 0 means that nothing is left.

    After `most` the rest waits for the next pass, so that no other work waits for long.
    """

    name: str
    batch: Callable[[datetime], int]
    most: int = 2**31


SWEEPS: tuple[Sweep, ...] = (
    Sweep("trail chained", trail.chain_due, most=20_000),
    Sweep("tickets deleted", moderators.forget_tickets),
    Sweep("contacts forgotten", rights.forget_due),
    Sweep("articles opened again", pauses.reopen_due),
    Sweep("comments indexed", indexing.catch_up),
    Sweep("search scrubbed", search.scrub),
    Sweep("claims forgotten", looking.forget),
    Sweep("figures of the desk", workload.keep),
    Sweep("file cleaned", rights.scrub_small),
)


def retention(settings: Settings) -> tuple[Sweep, ...]:
    """What is forgotten under these settings, class by class."""
    dated = Sweep("addresses dated", lambda now: rights.date_addresses(now, settings), most=20_000)
    return (dated, *(Sweep(f"{each.name} forgotten", each.forget) for each in rights.classes(settings)))


def sweep(
    now: datetime,
    holder: str,
    *,
    more: Sequence[Sweep] = (),
    is_stopping: Callable[[], bool] = lambda: False,
) -> dict[str, int]:
    """One pass over all sweeps, if the lease can be had; returns what was done by name, {} without the lease."""
    if not leases.taken(SWEEPER, holder, now, HELD_FOR):
        return {}
    lease = _Kept(holder, now)
    done = {
        each.name: _until_nothing_is_left(each, now, lambda: is_stopping() or lease.is_lost())
        for each in (*SWEEPS, *more)
    }
    leases.taken(SWEPT, holder, now, HELD_FOR, from_anybody=True)
    for name, count in done.items():
        if count:
            log.info("swept", what=name, count=count)
            metrics.SWEPT.labels(name).inc(count)
    return done


def swept_until(now: datetime) -> tuple[bool, datetime | None]:
    """Whether the last good pass is recent enough, and until when it is."""
    with db.engine.connect() as connection:
        until = connection.scalar(select(Lease.until).where(Lease.name == SWEPT))
    return until is not None and now < until <= now + 2 * HELD_FOR, until


def is_serving(now: datetime) -> bool:
    """Whether some process holds the lease: it serves, or it was killed a moment ago."""
    with db.engine.connect() as connection:
        held = select(Lease.name).where(Lease.name == SWEEPER, leases.is_held(now, HELD_FOR))
        return connection.scalar(held) is not None


class Sweeper(threading.Thread):
    """The timer: a pass now and then one every minute, until it is stopped, which takes less than a second.

    `more` is what the process that holds the lease does beside `SWEEPS`; `own` is what every process does for itself.
    """

    def __init__(
        self, app: Flask, every: timedelta = EVERY, more: Sequence[Sweep] = (), own: Sequence[Sweep] = ()
    ) -> None:
        super().__init__(name="sweeper", daemon=True)
        self.app, self.every, self.more, self.own = app, every, more, own
        self.holder = secrets.token_hex(8)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Sweep until stopped; a pass that fails is logged, and the next one tries again."""
        while not self._stopping.is_set():
            with self.app.app_context():
                went_well = self._pass()
            self._stopping.wait((self.every if went_well else min(AGAIN, self.every)).total_seconds())

    def stop(self) -> None:
        """Finish the batch at hand and hand the lease on."""
        self._stopping.set()
        self.join(timeout=5)
        with self.app.app_context():
            leases.handed_on(SWEEPER, self.holder)

    def _pass(self) -> bool:
        try:
            for each in self.own:
                each.batch(datetime.now(UTC))
            sweep(datetime.now(UTC), self.holder, more=self.more, is_stopping=self._stopping.is_set)
        except Exception as error:  # whatever it was, the rows are still marked
            log.error("a sweep failed", kind=type(error).__name__)
            return False
        return True


class _Kept:
    """The lease while a pass lasts, which may be longer: what came before an upgrade is indexed in one."""

    def __init__(self, holder: str, now: datetime) -> None:
        self.holder, self.renewed_at = holder, now
        self._ahead = now - datetime.now(UTC)

    def is_lost(self) -> bool:
        """Whether another process has it by now; it is renewed as often as passes begin."""
        now = datetime.now(UTC) + self._ahead
        if now - self.renewed_at < EVERY:
            return False
        if not leases.taken(SWEEPER, self.holder, now, HELD_FOR):
            return True
        self.renewed_at = now
        return False


def _until_nothing_is_left(each: Sweep, now: datetime, is_stopping: Callable[[], bool]) -> int:
    total = 0
    while total < each.most and not is_stopping() and (count := each.batch(now)):
        total += count
    return total
