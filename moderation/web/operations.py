"""For those who keep the house running: is the process alive, and is every part of it well."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from moderation import health
from moderation.errors import Misconfigured
from moderation.parts import parts

operations = Blueprint("operations", __name__)


@operations.get("/healthz")
def healthz() -> Response:
    """The process answers. It asks nobody else, so a database that is away does not get it restarted."""
    return _plain(Response("ok\n", mimetype="text/plain"))


@operations.get("/readyz")
def readyz() -> Response:
    """Every part by name, `ok` or a sentence about what ails it.

    503 if anything does that is needed; where the house gets along without, it is "degraded", and answers 200.
    """
    found = {name: health.said(check) for name, check in health.CHECKS.items()}
    is_well = all(answer == health.OK for answer in found.values())
    lesser = {
        name: answer for name, check in health.LESSER.items() if (answer := health.said(check)) != health.OK
    }
    status = "sick" if not is_well else "degraded" if lesser else health.OK
    response = _plain(jsonify(status=status, parts=found | lesser, addresses_stopped=_stopped()))
    response.status_code = 200 if is_well else 503
    return response


def _stopped() -> int:
    """Addresses that the last look kept off public pages since this process began: anything but 0 is an alarm."""
    try:
        return parts().watch.stopped
    except Misconfigured:
        return 0


def _plain(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
