"""Learning goes on in one process at a time, and says how far it is.

Its lease is renewed as it goes, so that a process that is killed holds others up for a few minutes only; what it
says is kept as a figure, which the desk shows. Another figure is written by whoever begins to read labels and by
whoever erases a comment that people decided on: where it has changed since the reading, what was learned is not kept.
It is one row, so that who reads waits for those who are erasing already.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import JSON, bindparam, select, text

from models import Figure, db, writing
from models.db import Moment
from moderation import leases
from moderation.errors import Refused

log = structlog.get_logger("gatepost.learning")

NAME = "learning"
"""Of the figure that tells how far it is."""

_READ_OR_ERASED = "labels read or erased"
_KEPT = text(
    "INSERT INTO figure (name, value, made_at) VALUES (:name, :value, :made_at)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value, made_at = excluded.made_at"
).bindparams(bindparam("value", type_=JSON()), bindparam("made_at", type_=Moment()))

LEASE, HELD_FOR = "learner", timedelta(minutes=3)
_TOLD_EVERY_SECONDS = 2.0
T = TypeVar("T")
Progress = Callable[[str, float], None]


class _Disturbed(Exception):
    """What was read has been erased since."""


class Learning:
    """Somebody learns: the lease, and how far it is.

    Parameters
    ----------
    begun
        When, by the clock of whoever asked for it.
    progress
        Also told, at once.
    """

    def __init__(self, begun: datetime, progress: Progress | None = None) -> None:
        self.holder = secrets.token_hex(8)
        self._begun, self._progress = begun, progress
        self._clock, self._told_at = time.monotonic(), float("-inf")
        self._reading = ""

    def tells(self, stage: str, done: float) -> None:
        """Say the stage in words and how much of the whole is done, 0…1; the lease lasts a while longer then."""
        if self._progress:
            self._progress(stage, done)
        self._told_at = time.monotonic()
        now = self._now()
        leases.taken(LEASE, self.holder, now, HELD_FOR)
        keep(NAME, {"stage": stage, "done": round(done, 3), "is_over": done >= 1}, now)

    def undisturbed(self, work: Callable[[], T]) -> T:
        """Do work that reads labels and keeps what it learned, and anew where what it read was erased meanwhile.

        Raises
        ------
        Refused
            Another process has begun to learn, since this one was held up for so long.
        """
        while True:
            self._reading = _written(self._begun)
            try:
                return work()
            except _Disturbed:
                if not leases.taken(LEASE, self.holder, self._now(), HELD_FOR):
                    raise Refused("Another process is learning at the moment.") from None
                log.info("a comment was erased while it learned, so that it begins anew")

    def refuse_if_disturbed(self) -> None:
        """Keep nothing if a comment was erased that people decided on; part of the transaction that would keep it.

        Who erases one now waits for that transaction, and finds what it has kept.
        """
        ours = select(Figure.value).where(Figure.name == _READ_OR_ERASED).with_for_update()
        if db.session.scalar(ours) != self._reading:
            raise _Disturbed

    def _now(self) -> datetime:
        return self._begun + timedelta(seconds=time.monotonic() - self._clock)

    def between(self, first: float, last: float) -> Callable[[float], None]:
        """For a part of the whole, told often: it is passed on every few seconds."""

        def tell(done: float) -> None:
            if time.monotonic() - self._told_at > _TOLD_EVERY_SECONDS:
                self.tells("learning", first + done * (last - first))

        return tell


@contextmanager
def learning_alone(now: datetime, progress: Progress | None = None) -> Iterator[Learning]:
    """Learn while nobody else does.

    Raises
    ------
    Refused
        Another process is at it.
    """
    at_work = Learning(now, progress)
    if not leases.taken(LEASE, at_work.holder, now, HELD_FOR):
        raise Refused("Another process is learning at the moment.")
    try:
        yield at_work
    except Refused as error:
        keep(NAME, {"stage": str(error), "done": 1.0, "is_over": True}, now)
        raise
    finally:
        leases.handed_on(LEASE, at_work.holder)


def told() -> tuple[dict[str, Any], datetime] | None:
    """How far the last learning is or came, and when it said so; None where nobody ever learned."""
    row = db.session.get(Figure, NAME)
    return (row.value, row.made_at) if row else None


def disturb(now: datetime) -> None:
    """Whoever learns just now begins anew, or keeps nothing; part of the caller's transaction.

    Who would begin to read labels waits until that has ended.
    """
    db.session.execute(_KEPT, {"name": _READ_OR_ERASED, "value": secrets.token_hex(8), "made_at": now})


def _written(now: datetime) -> str:
    """Say that labels are read from now on; returns what stands there then."""
    with writing():
        disturb(now)
        return str(db.session.scalar(select(Figure.value).where(Figure.name == _READ_OR_ERASED)))


def keep(name: str, value: object, now: datetime) -> None:
    """Keep a figure under its name; of two who keep it at the same time the later one has it."""
    with writing() as session:
        session.execute(_KEPT, {"name": name, "value": value, "made_at": now})
