"""What all pages of the desk share: who is signed in, how many wait, what was just done, and how errors are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from models import storing
from moderation.errors import GatepostError, Stale
from moderation.intake import whole
from moderation.parts import parts
from moderation.web import in_place
from moderation.web.access import here, myself, own_address
from moderation.web.answers import answer, wants_json
from moderation.web.notes import message


def desk_page(template: str, title: str, status: int = 200, **values: Any) -> Response:
    """A page of the desk, with what all of them show."""
    shared = {"signed_in": myself(), "here": here(), "message": message(request.args), "page_title": title}
    scorer = parts().scorer
    shared["scorer_is_down"] = scorer.classifier is None
    shared |= {"scorer_is_behind": scorer.is_behind, "trouble": storing.trouble}
    totals = values.pop("totals", None) or parts().review.totals()
    shared |= {"counts": totals.counts, "proposals": totals.proposals, "is_drifting": totals.is_drifting}
    shared |= {"pause": totals.pause, "redis_is_away": parts().redis_is_away}
    return make_response(render_template(template, **{**shared, **values}), status)


def asked_next() -> str:
    """Where the form wants to go on to."""
    return own_address(request.form.get("next", ""))


def seen_version(given: Mapping[str, str]) -> int | None:
    """The version of a setting that the form was written over; None where it does not say."""
    return whole(given.get("version", "-"))


def written_over(what: str, done: str, where: str) -> str:
    """What to say to whoever wrote a setting over a version that is the newest no more.

    >>> written_over("rules", "set", "at /rules").partition(" Yours")[0]
    'Other rules were set since you opened these; they are at /rules.'
    """
    return (
        f"Other {what} were {done} since you opened these; they are {where}. Yours are kept here:"
        f" {done} once more, they take the place of those."
    )


def with_query(path: str, given: Mapping[str, Any]) -> str:
    """The address with what is given behind it; what is empty is left out."""
    kept = {name: value for name, value in given.items() if value not in (None, "")}
    return f"{path}?{urlencode(kept)}" if kept else path


def answer_at_desk(error: GatepostError) -> AnyResponse:
    """Say what went wrong in the desk's own clothes."""
    if wants_json() and isinstance(error, Stale):
        return in_place.refusal(error, asked_next())
    if wants_json() or error.status >= 500 or g.get("signed_in") is None:
        return answer(error)  # also what is refused before anybody was asked who they are
    if isinstance(error, Stale):
        return _stale_page(error)
    return desk_page("desk/error.html", error.title, error.status, error=error, back=asked_next())


def _stale_page(error: Stale) -> AnyResponse:
    """Who was faster, how the comment stands now, and the way to decide all the same."""
    current = parts().review.waiting([error.comment_id])[0]
    return desk_page(
        "desk/stale.html", error.title, error.status, error=error, current=current, back=asked_next()
    )
