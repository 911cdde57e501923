"""Statements that take long are named in the log: as they are written, which is without what they were given."""

from __future__ import annotations

import time
from typing import Any

import structlog
from sqlalchemy import Engine, event

from models import SlowOnes
from moderation import metrics

log = structlog.get_logger("gatepost.database")

_LONGEST = 500


def watch(engine: Engine, milliseconds: int) -> None:
    """Log each statement of the engine that takes so many milliseconds or more; 0: none.

    Cursors are not listened to: that would send what SQLite is asked directly on its way through SQLAlchemy.
    """
    SlowOnes.seconds = milliseconds / 1000 or float("inf")
    SlowOnes.tell = staticmethod(_tell)
    if not milliseconds:
        return

    @event.listens_for(engine, "before_execute")
    def begin(connection: Any, *_: Any) -> None:
        connection.info["began"] = time.perf_counter()

    @event.listens_for(engine, "after_execute")
    def end(connection: Any, statement: Any, *_: Any) -> None:
        took = time.perf_counter() - connection.info["began"]
        if took * 1000 >= milliseconds:
            _tell(str(statement), took)


def _tell(sql: str, seconds: float) -> None:
    metrics.SLOW.inc()
    log.warning("a slow statement", ms=round(seconds * 1000), sql=" ".join(sql.split())[:_LONGEST])
