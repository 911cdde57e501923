"""Background work: small functions that look for marked rows and do a batch, a timer, and a lease.

The truth is in the rows: a process that is killed loses nothing, the next pass finds the same marks. Of several
processes one sweeps, the one that holds the lease; a lease that is not renewed in time is anybody's.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import or_, select, true, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from models import Lease, db, writing
from moderation import rights

log = structlog.get_logger("gatepost.sweeps")

EVERY = timedelta(minutes=1)
"""Time between two passes."""

HELD_FOR = 3 * EVERY
"""How long a lease lasts without being renewed, and how long the last good pass counts."""

SWEEPER, SWEPT = "sweeper", "swept"
"""Two leases: who sweeps, and until when the last pass that went well is good enough."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One kind of work: `batch` does some of it and returns how much; 0 means that nothing is left."""

    name: str
    batch: Callable[[datetime], int]


SWEEPS = (
    Sweep("contacts forgotten", rights.forget_due),
    Sweep("sessions deleted", rights.forget_sessions),
)


def sweep(now: datetime, holder: str, *, is_stopping: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """One pass over all sweeps, if the lease can be had; returns what was done by name, {} without the lease."""
    if not _leased(SWEEPER, holder, now):
        return {}
    done = {each.name: _until_nothing_is_left(each, now, is_stopping) for each in SWEEPS}
    _leased(SWEPT, holder, now, anybody=True)
    for name, count in done.items():
        if count:
            log.info("swept", what=name, count=count)
    return done


def swept_until(now: datetime) -> tuple[bool, datetime | None]:
    """Whether the last good pass is recent enough, and until when it is."""
    with db.engine.connect() as connection:
        until = connection.scalar(select(Lease.until).where(Lease.name == SWEPT))
    return until is not None and now < until, until


class Sweeper(threading.Thread):
    """The timer: a pass now and then one every minute, until it is stopped, which takes less than a second."""

    def __init__(self, app: Flask, every: timedelta = EVERY) -> None:
        super().__init__(name="sweeper", daemon=True)
        self.app, self.every = app, every
        self.holder = secrets.token_hex(8)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Sweep until stopped; a pass that fails is logged, and the next one tries again."""
        while not self._stopping.is_set():
            with self.app.app_context():
                self._pass()
            self._stopping.wait(self.every.total_seconds())

    def stop(self) -> None:
        """Finish the batch at hand and hand the lease on."""
        self._stopping.set()
        self.join(timeout=5)
        with self.app.app_context():
            _released(self.holder)

    def _pass(self) -> None:
        try:
            sweep(datetime.now(UTC), self.holder, is_stopping=self._stopping.is_set)
        except Exception as error:  # whatever it was, the rows are still marked
            log.error("a sweep failed", kind=type(error).__name__)


def _until_nothing_is_left(each: Sweep, now: datetime, is_stopping: Callable[[], bool]) -> int:
    total = 0
    while not is_stopping() and (count := each.batch(now)):
        total += count
    return total


def _leased(name: str, holder: str, now: datetime, *, anybody: bool = False) -> bool:
    """Whether the lease is ours now: it was, or it ran out, or nobody ever had it."""
    is_free = true() if anybody else or_(Lease.holder == holder, Lease.until <= now)
    try:
        with writing() as session:
            taken = session.scalar(
                update(Lease)
                .where(Lease.name == name, is_free)
                .values(holder=holder, until=now + HELD_FOR)
                .returning(Lease.name)
            )
            if taken is None and session.get(Lease, name) is None:
                session.add(Lease(name=name, holder=holder, until=now + HELD_FOR))
                return True
            return taken is not None
    except IntegrityError:  # another process took it in the same moment
        return False


def _released(holder: str) -> None:
    try:
        with writing() as session:
            now = datetime.now(UTC)
            session.execute(
                update(Lease).where(Lease.name == SWEEPER, Lease.holder == holder).values(until=now)
            )
    except SQLAlchemyError as error:  # then it runs out by itself
        log.warning("the lease was not handed on", kind=type(error).__name__)
