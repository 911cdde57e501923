"""Statements that take long are named in the log: as they are written, which is without what they were given."""

from __future__ import annotations

import time
from typing import Any

import structlog
from sqlalchemy import Engine, event

from moderation import metrics

log = structlog.get_logger("gatepost.database")

_LONGEST = 500


def watch(engine: Engine, milliseconds: int) -> None:
    """Log each statement of the engine that takes so many milliseconds or more; 0: none."""
    if not milliseconds:
        return

    @event.listens_for(engine, "before_cursor_execute")
    def begin(_connection: Any, _cursor: Any, _sql: str, _given: Any, context: Any, _many: bool) -> None:
        context.began = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(_connection: Any, _cursor: Any, sql: str, _given: Any, context: Any, _many: bool) -> None:
        took = (time.perf_counter() - context.began) * 1000
        if took >= milliseconds:
            metrics.SLOW.inc()
            log.warning("a slow statement", ms=round(took), sql=" ".join(sql.split())[:_LONGEST])
