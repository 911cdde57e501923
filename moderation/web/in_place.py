"""What a script is told that decides without leaving the page: the same sentence, and the rows as they are now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import jsonify, render_template
from werkzeug.wrappers import Response as AnyResponse

from moderation.errors import Stale
from moderation.parts import parts
from moderation.review import Outcome, Waiting
from moderation.vocabulary import Status
from moderation.web.access import myself
from moderation.web.pages import now

MOST_ROWS = 100
"""Rows that one answer draws again; a page shows fewer."""


def told(sentence: str, outcome: Outcome, back: str, *, is_back: bool = False) -> AnyResponse:
    """What was done.

    Parameters
    ----------
    back
        The page that the script is on.
    is_back
        Whether comments came back to where they were, so that their rows are whole again.
    """
    made, stale = outcome.decisions, [standing.comment_id for standing in outcome.stale]
    return jsonify(
        said=sentence,
        undo=f"/desk/decisions/{made[0]}/undo" if made and not is_back else None,
        is_bulk=len(made) > 1,
        done=list(outcome.done),
        stale=stale,
        rows=rows([*outcome.done, *stale], back, done=() if is_back else outcome.done),
        counts=parts().review.counts(),
    )


def refusal(error: Stale, back: str) -> AnyResponse:
    """Somebody was faster: who, and the row as it is now, to decide all the same."""
    problem: dict[str, Any] = {"title": error.title, "status": error.status, "detail": error.sentence}
    problem["stale"] = [error.comment_id]
    problem["rows"] = rows([error.comment_id], back)
    response = jsonify(problem)
    response.status_code, response.mimetype = error.status, "application/problem+json"
    return response


def rows(ids: Sequence[int], back: str, *, done: Collection[int] = ()) -> dict[str, str]:
    """The rows of these comments as the list shows them, by id: whole unless done or gone from it."""
    shared = {"signed_in": myself(), "here": back}
    view = dict(parse_qsl(urlsplit(back).query)).get("view", Status.HELD)
    return {
        str(entry.id): render_template(
            "desk/_row.html", entry=entry, is_done=entry.id in done or not _is_in(view, entry), **shared
        )
        for entry in parts().review.waiting(ids[:MOST_ROWS], now())
    }


def _is_in(view: str, entry: Waiting) -> bool:
    if view == "check":
        return entry.is_to_check
    if view == "all":
        return entry.status is not Status.ERASED
    return entry.status == (Status.HELD if view == "again" else view)
