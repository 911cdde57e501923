"""The desk: what waits and why, four actions that can each be undone, and every comment's whole story."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Flask, Response, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import articles
from moderation.errors import BadInput, GatepostError, NotFound, Stale
from moderation.intake import whole
from moderation.parts import parts
from moderation.review import Outcome, Target
from moderation.vocabulary import Action, Mode, Role
from moderation.web.access import here, init_access, myself, needs, own_address
from moderation.web.account import account
from moderation.web.answers import answer, wants_json
from moderation.web.notes import decided, go_on, message, taken_back
from moderation.web.pages import now

desk = Blueprint("desk", __name__, url_prefix="/desk")


def init_desk(app: Flask) -> None:
    """Put the desk into the app, behind its door."""
    init_access(app)
    app.register_blueprint(account)
    app.register_blueprint(desk)


@desk.get("/")
@needs(Role.MODERATOR)
def queue() -> AnyResponse:
    """A view of the queue."""
    asked = {name: request.args.get(name, "") for name in ("view", "sort", "q", "after")}
    page = parts().review.queue(**asked)
    return _page("desk/queue.html", f"{page.view.capitalize()} comments", counts=page.counts, page=page)


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
        return go_on(_next(), "No comment was chosen, so nothing was changed.")
    batch = secrets.token_hex(16) if len(targets) > 1 else None
    outcome = parts().review.decide(myself().moderator_id, action, targets, now(), batch=batch)
    if len(targets) == 1 and not outcome.done:
        return _not_done(outcome)
    return go_on(_next(), decided(action, outcome), outcome)


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
    return go_on(_next(), taken_back(outcome), outcome)


@desk.get("/comments/<int:comment_id>")
@needs(Role.MODERATOR)
def comment(comment_id: int) -> AnyResponse:
    """A comment's whole file."""
    file = parts().review.file(comment_id)
    return _page("desk/comment.html", f"Comment {comment_id} by {file.comment.name}", file=file)


@desk.get("/articles")
@needs(Role.MODERATOR)
def list_articles() -> AnyResponse:
    """The articles, and how each takes comments."""
    found = articles.page(whole(request.args.get("before")) or None)
    shown = found[:100]
    return _page(
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


@desk.errorhandler(GatepostError)
def answer_at_desk(error: GatepostError) -> AnyResponse:
    """Say what went wrong in the desk's own clothes."""
    if wants_json() or error.status >= 500:
        return answer(error)
    if isinstance(error, Stale):
        return _stale_page(error)
    return _page("desk/error.html", error.title, error.status, error=error, back=_next())


def _stale_page(error: Stale) -> AnyResponse:
    """Who was faster, how the comment stands now, and the way to decide all the same."""
    current = parts().review.waiting([error.comment_id])[0]
    return _page("desk/stale.html", error.title, error.status, error=error, current=current, back=_next())


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


def _next() -> str:
    return own_address(request.form.get("next", ""))


def _page(template: str, title: str, status: int = 200, **values: Any) -> Response:
    """A page of the desk, with what all of them show."""
    shared = {"signed_in": myself(), "here": here(), "message": message(request.args), "page_title": title}
    shared["scorer_is_down"] = parts().scorer.classifier is None
    if "counts" not in values:
        values["counts"] = parts().review.counts()
    return make_response(render_template(template, **shared, **values), status)
