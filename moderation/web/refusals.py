"""Refused changes at the desk are put in the trail: forged forms, foreign origins, ended sessions, unknown ids.

Only so many a minute from one network: a trail that anybody can fill is no trail. What cannot be written is
logged; the answer goes out all the same.
"""

from __future__ import annotations

import limits
import structlog
from flask import Flask, Response, g, request

from moderation.moderators import SignedIn
from moderation.trail import note_refusal
from moderation.web.access import is_desk, who
from moderation.web.limits import limiter, network_key
from moderation.web.pages import now

log = structlog.get_logger("gatepost.web")

MOST = limits.parse("30 per minute")
"""Refusals of one network that are written; further ones are in the log alone."""

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_WRITTEN_ELSEWHERE = {401, 429}
"""At the door every attempt leaves its own line, and what is too much is counted already."""


def init_refusals(app: Flask) -> None:
    """Watch what the desk answers."""
    app.after_request(_watch)


def _watch(response: Response) -> Response:
    if _is_worth_a_line(response.status_code) and is_desk():
        try:
            _write(response.status_code)
        except Exception as error:  # the answer is more than its line in the trail
            log.warning("a refusal was not written to the trail", kind=type(error).__name__)
    return response


def _is_worth_a_line(status: int) -> bool:
    if request.method in _SAFE_METHODS:
        return status == 403 and g.get("signed_in") is not None
    at_the_door = request.path.startswith("/desk/sign-in")
    return 400 <= status < 500 and status != 429 and not (at_the_door and status in _WRITTEN_ELSEWHERE)


def _write(status: int) -> None:
    if not limiter.limiter.hit(MOST, "refusals", network_key()):
        return
    signed_in: SignedIn | None = who()
    route = request.url_rule.rule if request.url_rule else "no such route"
    ids = {name: value for name, value in (request.view_args or {}).items() if isinstance(value, int)}
    note_refusal(signed_in.moderator_id if signed_in else None, route[:200], status, ids, now())
