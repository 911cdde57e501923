"""Structured logs: one JSON line an event, with the request's id, and every address taken out of it.

Libraries that log through the standard library take the same way, so that nothing passes beside the redaction.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

from moderation import privacy


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send all logs of this level and above to the stream (standard error if none is given)."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    written: list[Any] = [exception_kind, redact, structlog.processors.JSONRenderer(default=str)]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # Under load waitress says at every request how many wait; the seconds that they took are told and counted anyway.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    _Answers.stream = (stream or sys.stderr) if root.isEnabledFor(logging.INFO) else None


class _Answers:
    """Where answers are logged: straight to the stream, for there is a line of theirs for every request."""

    stream: TextIO | None = None


def answered(request: str, method: str, path: str, status: int, seconds: float) -> None:
    """Say in the log what was answered, as all other lines say it; in a fraction of the time that these take."""
    if (stream := _Answers.stream) is None:
        return
    line = {
        "logger": "gatepost.web",
        "request": request,
        "method": privacy.mask_addresses(method),
        "path": privacy.mask_addresses(path),
        "status": status,
        "ms": round(seconds * 1000, 1),
        "event": "answered",
        "level": "info",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    with suppress(
        OSError, ValueError
    ):  # the disk is full, or the stream shut: as the standard library has it
        stream.write(json.dumps(line) + "\n")
        stream.flush()


def exception_kind(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception is told by its kind and its place: its text may quote what a reader typed."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, tuple) and raised[1] is not None:
        raised = raised[1]
    if isinstance(raised, BaseException):
        event["exception"] = type(raised).__name__
        event["at"] = _places(raised)
    return event


def redact(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take every e-mail address out of the event, however deep it lies."""
    for key, value in event.items():
        event[key] = _redacted(value)
    return event


def _redacted(value: Any) -> Any:
    if type(value) is str:
        return privacy.mask_addresses(value)
    if isinstance(value, dict):
        return {_redacted(key): _redacted(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_redacted(each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return privacy.mask_addresses(str(value))


def _places(raised: BaseException) -> list[str]:
    places, trace = [], raised.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-8:]
