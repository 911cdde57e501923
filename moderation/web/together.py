"""Many at once, and never unseen: approving what looks fine, emptying the spam, each from a list of exactly those."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import rights
from moderation.errors import GatepostError
from moderation.parts import parts
from moderation.review import Outcome, Target
from moderation.vocabulary import Role
from moderation.web.access import myself, needs
from moderation.web.deskpage import answer_at_desk, desk_page
from moderation.web.notes import go_on
from moderation.web.pages import now

together = Blueprint("together", __name__, url_prefix="/desk")
together.register_error_handler(GatepostError, answer_at_desk)


@together.get("/fine")
@needs(Role.MODERATOR)
def fine() -> AnyResponse:
    """What waits although its score would not hold it, to be approved together."""
    entries = parts().review.looks_fine(now())
    bar = parts().scorer.thresholds.hold
    return desk_page("desk/fine.html", "Looks fine", entries=entries, bar=bar)


@together.get("/spam/empty")
@needs(Role.SENIOR)
def show_spam() -> AnyResponse:
    """What emptying would delete, the oldest first."""
    page = parts().review.queue("spam", "oldest", after=request.args.get("after", ""))
    keep_days = parts().settings.keep_unwelcome_days
    return desk_page(
        "desk/empty.html", "Empty spam", totals=page.totals, listed=page, now=now(), keep_days=keep_days
    )


@together.post("/spam/empty")
@needs(Role.SENIOR)
def empty_spam() -> AnyResponse:
    """Delete the spam that was listed, and nothing else.

    Raises
    ------
    BadInput
    """
    targets = Target.read_all(request.form.getlist("comment"))
    if not targets:
        return go_on("/desk/spam/empty", "No comment was chosen, so nothing was deleted.")
    outcome = rights.empty(myself().moderator_id, targets, now())
    return go_on("/desk/spam/empty", _emptied(outcome), outcome)


def _emptied(outcome: Outcome) -> str:
    count = len(outcome.done)
    return f"{count} comment{'' if count == 1 else 's'} deleted." if count else "Nothing was deleted."
