"""The desk: what waits and why, four actions that can each be undone, and every comment's whole story."""

from __future__ import annotations

import secrets

from flask import Blueprint, Flask, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import articles
from moderation.errors import BadInput, GatepostError, NotFound, Stale
from moderation.intake import whole
from moderation.parts import parts
from moderation.review import Outcome, Target
from moderation.vocabulary import Action, Mode, Role
from moderation.web.access import init_access, myself, needs
from moderation.web.account import account
from moderation.web.classifier import classifier
from moderation.web.deskpage import answer_at_desk, asked_next, desk_page
from moderation.web.notes import applied, decided, go_on, taken_back
from moderation.web.pages import now

desk = Blueprint("desk", __name__, url_prefix="/desk")
desk.register_error_handler(GatepostError, answer_at_desk)


_TITLES = {"check": "Spot checks", "again": "Looked at again"}


def init_desk(app: Flask) -> None:
    """Put the desk into the app, behind its door."""
    init_access(app)
    for part in (account, desk, classifier):
        app.register_blueprint(part)


@desk.get("/")
@needs(Role.MODERATOR)
def queue() -> AnyResponse:
    """A view of the queue."""
    asked = {name: request.args.get(name, "") for name in ("view", "sort", "q", "after")}
    page = parts().review.queue(**asked)
    title = _TITLES.get(page.view) or f"{page.view.capitalize()} comments"
    proposals = parts().review.proposals() if page.view in {"held", "again"} else {}
    return desk_page("desk/queue.html", title, counts=page.counts, page=page, proposals=proposals)


@desk.post("/decisions")
@needs(Role.MODERATOR)
def decide() -> AnyResponse:
    """Decide on the comments that were sent, each as it was seen.

    Raises
    ------
    BadInput, NotFound, Stale
    """
    action, targets = _action(), [Target.read(each) for each in request.form.getlist("comment")]
    if not targets:
        return go_on(asked_next(), "No comment was chosen, so nothing was changed.")
    batch = secrets.token_hex(16) if len(targets) > 1 else None
    outcome = parts().review.decide(myself().moderator_id, action, targets, now(), batch=batch)
    if len(targets) == 1 and not outcome.done:
        return _not_done(outcome)
    return go_on(asked_next(), decided(action, outcome), outcome)


@desk.post("/proposals")
@needs(Role.MODERATOR)
def apply() -> AnyResponse:
    """Do with the comments that were sent what would be done with them today.

    Raises
    ------
    BadInput
    """
    targets = [Target.read(each) for each in request.form.getlist("comment")]
    if not targets:
        return go_on(asked_next(), "No comment was chosen, so nothing was changed.")
    outcome = parts().review.apply(myself().moderator_id, targets, now(), batch=secrets.token_hex(16))
    return go_on(asked_next(), applied(outcome), outcome)


@desk.post("/decisions/<int:decision_id>/undo")
@needs(Role.MODERATOR)
def undo(decision_id: int) -> AnyResponse:
    """Take a decision back, or all that were made in bulk with it.

    Raises
    ------
    NotFound, Refused, Stale
    """
    review, me = parts().review, myself().moderator_id
    if request.form.get("bulk"):
        outcome = review.undo_batch(decision_id, me, now(), batch=secrets.token_hex(16))
    else:
        outcome = review.undo(decision_id, me, now())
    return go_on(asked_next(), taken_back(outcome), outcome)


@desk.get("/comments/<int:comment_id>")
@needs(Role.MODERATOR)
def comment(comment_id: int) -> AnyResponse:
    """A comment's whole file."""
    file = parts().review.file(comment_id)
    return desk_page("desk/comment.html", f"Comment {comment_id} by {file.comment.name}", file=file)


@desk.get("/articles")
@needs(Role.MODERATOR)
def list_articles() -> AnyResponse:
    """The articles, and how each takes comments."""
    found = articles.page(whole(request.args.get("before")) or None)
    shown = found[:100]
    return desk_page(
        "desk/articles.html", "Articles", articles=shown, older=shown[-1].id if found[100:] else None
    )


@desk.post("/articles/<key>/mode")
@needs(Role.MODERATOR)
def set_mode(key: str) -> AnyResponse:
    """Open an article for comments, let them all wait, or close it.

    Raises
    ------
    BadInput, NotFound
    """
    asked = request.form.get("mode", "")
    if asked not in set(Mode):
        raise BadInput("An article is open, holding or closed. Nothing was changed.")
    article = articles.set_mode(key, Mode(asked))
    return go_on("/desk/articles", f"“{article.title}” is {asked} now.")


def _not_done(outcome: Outcome) -> AnyResponse:
    if not outcome.stale:
        raise NotFound("There is no such comment. Nothing was changed.")
    standing = outcome.stale[0]
    raise Stale(standing.comment_id, standing.decided_by, standing.status)


def _action() -> Action:
    asked = request.form.get("action", "")
    if asked not in set(Action):
        raise BadInput("A comment can be approved, held, called spam, or rejected. Nothing was changed.")
    return Action(asked)
