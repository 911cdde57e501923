"""The trail at the desk: what happened, by whom and when; to be filtered, and taken along as a sheet or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from flask import Blueprint, Response, request, stream_with_context
from werkzeug.wrappers import Response as AnyResponse

from moderation import moderators, trail
from moderation.errors import GatepostError
from moderation.vocabulary import Role
from moderation.web.access import needs
from moderation.web.deskpage import answer_at_desk, desk_page

audit = Blueprint("audit", __name__, url_prefix="/desk")
audit.register_error_handler(GatepostError, answer_at_desk)

ASKED = ("who", "what", "since", "until")


@audit.get("/audit")
@needs(Role.ADMIN)
def show() -> AnyResponse:
    """A page of the trail."""
    asked = {name: request.args.get(name, "") for name in ASKED}
    page = trail.page(trail.Wish.read(**asked, after=request.args.get("after", "")))
    given = {name: value for name, value in asked.items() if value}
    return desk_page(
        "desk/audit.html",
        "Trail",
        trail=page,
        asked=asked,
        groups=trail.GROUPS,
        people=moderators.people(),
        filters=urlencode(given),
        older=urlencode({**given, "after": page.after}) if page.after else "",
    )


@audit.get("/audit.csv")
@needs(Role.ADMIN)
def as_sheet() -> AnyResponse:
    """All of it that is asked for, as a sheet."""
    return _taken_along(trail.as_csv(trail.every(_wish())), "text/csv", "trail.csv")


@audit.get("/audit.json")
@needs(Role.ADMIN)
def as_json() -> AnyResponse:
    """All of it that is asked for, as JSON."""
    return _taken_along(trail.as_json(trail.every(_wish())), "application/json", "trail.json")


def _wish() -> trail.Wish:
    return trail.Wish.read(**{name: request.args.get(name, "") for name in ASKED})


def _taken_along(lines: Iterator[str], mimetype: str, name: str) -> AnyResponse:
    response = Response(stream_with_context(lines), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
