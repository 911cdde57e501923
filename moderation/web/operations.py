"""For those who keep the house running: is the process alive, and is every part of it well."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from models import db
from models.schema import Shape, shape
from moderation import sweeps
from moderation.errors import Misconfigured
from moderation.parts import parts
from moderation.web.pages import now

operations = Blueprint("operations", __name__)

log = structlog.get_logger("gatepost.web")

OK = "ok"


@operations.get("/healthz")
def healthz() -> Response:
    """The process answers. It asks nobody else, so a database that is away does not get it restarted."""
    return _plain(Response("ok\n", mimetype="text/plain"))


@operations.get("/readyz")
def readyz() -> Response:
    """Every part by name, `ok` or a sentence about what ails it; 503 if anything does."""
    found = {name: _said(check) for name, check in CHECKS.items()}
    is_well = all(answer == OK for answer in found.values())
    response = _plain(jsonify(status=OK if is_well else "sick", parts=found, addresses_stopped=_stopped()))
    response.status_code = 200 if is_well else 503
    return response


def _stopped() -> int:
    """Addresses that the last look kept off public pages since this process began: anything but 0 is an alarm."""
    try:
        return parts().watch.stopped
    except Misconfigured:
        return 0


def database() -> str:
    """The database answers."""
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return OK


def schema() -> str:
    """The tables are those that this code wants."""
    with db.engine.connect() as connection:
        found = shape(connection)
    return OK if found is Shape.CURRENT else f"the tables are {found}; see `flask init`"


def key() -> str:
    """The root key can be read, and by nobody else."""
    try:
        return OK if parts().vault else ""
    except Misconfigured:
        return "the root key is missing, weak, or others can read it"


def classifier() -> str:
    """There is a classifier in use; without one every comment is held."""
    return OK if parts().scorer.classifier else "none is in use: every comment is held"


def background() -> str:
    """Some process swept not long ago."""
    is_recent, until = sweeps.swept_until(now())
    if is_recent:
        return OK
    return (
        "nobody has swept yet"
        if until is None
        else f"no pass has gone well since {until - sweeps.HELD_FOR:%H:%M:%S} UTC"
    )


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "schema": schema,
    "key": key,
    "classifier": classifier,
    "sweeps": background,
}


def _said(check: Callable[[], str]) -> str:
    """What the check says; one that breaks says that it does, and nothing of why, which may hold secrets."""
    try:
        return check()
    except Exception as error:
        log.error("a part is sick", part=check.__name__, kind=type(error).__name__)
        return f"does not answer ({type(error).__name__})"


def _plain(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
