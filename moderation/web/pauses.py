"""Pauses at the desk: the whole site or one article lets every comment wait until a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import articles, pauses
from moderation.errors import FormFaults, GatepostError
from moderation.intake import whole
from moderation.parts import parts
from moderation.vocabulary import Mode, Role
from moderation.web.access import myself, needs
from moderation.web.deskpage import answer_at_desk, desk_page
from moderation.web.notes import go_on
from moderation.web.pages import now

pause_pages = Blueprint("pauses", __name__, url_prefix="/desk")
pause_pages.register_error_handler(GatepostError, answer_at_desk)

_PAGE = 50


@pause_pages.get("/pause")
@needs(Role.MODERATOR)
def show() -> AnyResponse:
    """Whether the site is paused, and which articles let everything wait."""
    return _page({}, ())


@pause_pages.post("/pause")
@needs(Role.SENIOR)
def pause() -> AnyResponse:
    """Let every comment on the site wait until the end of a day."""
    typed = {name: request.form.get(name, "") for name in ("until", "reason")}
    try:
        pauses.pause_site(_end_of_day(typed["until"]), typed["reason"], myself().moderator_id, now())
    except FormFaults as error:
        kept = (
            typed if not any(fault.field == "reason" for fault in error.faults) else {"until": typed["until"]}
        )
        return _page(kept, error.faults, 422)
    return go_on("/desk/pause", "The site is paused. Every new comment waits.")


@pause_pages.post("/pause/end")
@needs(Role.SENIOR)
def go_on_again() -> AnyResponse:
    """End the site's pause."""
    pauses.go_on(myself().moderator_id, now())
    return go_on("/desk/pause", "The site goes on. What waits goes on waiting.")


@pause_pages.post("/articles/<key>/pause")
@needs(Role.MODERATOR)
def hold_article(key: str) -> AnyResponse:
    """Let every comment on an article wait until the end of a day.

    Raises
    ------
    NotFound
    """
    articles.find(key)
    until = _end_of_day(request.form.get("until", ""))
    try:
        article = pauses.hold_article(key, until, myself().moderator_id, now())
    except FormFaults as error:
        return _page({}, (), 422, article_fault=error.faults[0].sentence)
    return go_on("/desk/pause", f"Comments on “{article.title}” wait until then.")


def _end_of_day(typed: str) -> datetime | None:
    """The end of a day in the publication's time zone; None for what is no day."""
    try:
        day = date.fromisoformat(typed)
        after = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(parts().settings.time_zone))
        return after.astimezone(UTC) if day.year < 2200 else None
    except (ValueError, OverflowError):
        return None


def _page(typed: dict[str, Any], faults: Any, status: int = 200, article_fault: str = "") -> AnyResponse:
    found = articles.page(whole(request.args.get("before")) or None, _PAGE)
    today = now().astimezone(ZoneInfo(parts().settings.time_zone)).date()
    return desk_page(
        "desk/pause.html",
        "Pause",
        status,
        holding=articles.holding(),
        others=[each for each in found[:_PAGE] if each.mode is Mode.OPEN],
        older=found[_PAGE - 1].id if found[_PAGE:] else None,
        typed=typed,
        faults=faults,
        article_fault=article_fault,
        today=today.isoformat(),
    )
