"""When to learn: after so many decisions, at night, when somebody asks, or when a champion was withdrawn.

The sweeper's pass starts a process of its own for it and goes on with its other work; a later pass sees what became
of it. After a process that failed there is an hour's pause.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from models import ClassifierVersion, Event, Figure, db, writing
from models.classifier import Kind
from moderation.learning import known, versions
from moderation.learning.champion import FEWEST
from moderation.learning.progress import keep
from moderation.settings import Settings
from moderation.spam import gate

log = structlog.get_logger("gatepost.learning")

WISH = "learning wanted"
"""Name of the figure that stands as long as somebody's wish has not been granted."""

PAUSE = timedelta(hours=1)
_PRIORITY = 10
_A_NIGHT = timedelta(hours=20)
_COMMAND = (
    sys.executable,
    "-m",
    "flask",
    "--app",
    str(Path(__file__).parents[2] / "wsgi.py"),
    "spam",
    "learn",
)


def wish(by: int, now: datetime) -> None:
    """Somebody wants it to learn: it will within a minute or two."""
    keep(WISH, {"by": by}, now)
    with writing() as session:
        session.add(Event(happened_at=now, moderator_id=by, kind=WISH, detail={}))


def is_wanted() -> bool:
    """Whether somebody's wish stands."""
    return db.session.get(Figure, WISH) is not None


def granted() -> int | None:
    """Take the wish as granted; returns whose it was."""
    with writing() as session:
        row = session.get(Figure, WISH)
        if row is None:
            return None
        session.delete(row)
        by: int | None = row.value.get("by")
        return by


def is_due(settings: Settings, now: datetime) -> bool:
    """Whether there is a reason to learn."""
    if is_wanted() or versions.to_replace() is not None:
        return True
    last = next((row for row in versions.every() if row.kind is Kind.SITE), None)
    until, imported = (int(last.metrics.get(name, 0)) if last else 0 for name in ("until", "imported_until"))
    fresh = known.count_after(until, imported)
    wanted = settings.learn_every if settings.learn_every else None
    if wanted and fresh >= wanted:
        return known.count() >= FEWEST
    return fresh >= gate.ENOUGH and _is_night(settings, last, now) and known.count() >= FEWEST


def _is_night(settings: Settings, last: ClassifierVersion | None, now: datetime) -> bool:
    if settings.learn_at is None or now.astimezone(ZoneInfo(settings.time_zone)).hour != settings.learn_at:
        return False
    return last is None or not last.created_at <= now < last.created_at + _A_NIGHT


class Learner:
    """Learns in a process of its own, one at a time."""

    def __init__(self, settings: Settings, command: tuple[str, ...] = _COMMAND) -> None:
        self.settings, self.command = settings, command
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before: datetime | None = None

    def sweep(self, now: datetime) -> int:
        """Look after the process: end, start, or leave it. There is never more to do in the same pass."""
        if self._process is not None:
            self._see_what_became_of_it(now)
        elif (self._not_before is None or now >= self._not_before) and is_due(self.settings, now):
            self._process = subprocess.Popen(  # noqa: S603  our own command, no word of it from outside
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            with suppress(OSError):  # readers come first; where that cannot be said, it learns all the same
                os.setpriority(os.PRIO_PROCESS, self._process.pid, _PRIORITY)
        return 0

    def stop(self) -> None:
        """End it where it stands; nothing is half done."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=5)

    def _see_what_became_of_it(self, now: datetime) -> None:
        status = self._process.poll() if self._process else None
        if status is None:
            return
        self._process = None
        self._not_before = now + PAUSE if status else None
        if status:
            log.warning("learning did not finish", status=status)
