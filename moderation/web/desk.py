"""The desk: what waits and why, four actions that can each be undone, and every comment's whole story."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Flask, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import articles, campaigns, rules
from moderation.errors import BadInput, GatepostError, NotFound
from moderation.intake import whole
from moderation.overtaken import stale
from moderation.parts import parts
from moderation.review import HOURS, AlikeCard, Outcome, QueuePage, Target, Waiting
from moderation.vocabulary import Action, Mode, ReasonCode, Role
from moderation.web.access import init_access, myself, needs, own_address
from moderation.web.account import account
from moderation.web.classifier import classifier
from moderation.web.deskpage import answer_at_desk, asked_next, desk_page, with_query
from moderation.web.notes import applied, decided, go_on, taken_back
from moderation.web.pages import now
from moderation.web.rules import SAID
from moderation.web.saying import saying
from moderation.web.together import together

desk = Blueprint("desk", __name__, url_prefix="/desk")
desk.register_error_handler(GatepostError, answer_at_desk)


_TITLES = {"check": "Spot checks", "again": "Looked at again"}
_REASONS = {
    ReasonCode.LOOKS_LIKE_SPAM: "It looks like spam",
    ReasonCode.NOT_SCORED: "It could not be scored",
    ReasonCode.LINKS: "Links",
    ReasonCode.DISGUISED: "Disguised letters",
    ReasonCode.REPORTED: "Readers reported it",
    ReasonCode.WORD_HOLDS: "A word that holds",
    ReasonCode.WORD_SPAM: "A word that goes to spam",
    ReasonCode.HOST_HOLDS: "A link that waits",
    ReasonCode.HOST_SPAM: "A link that goes to spam",
    ReasonCode.READER_HOLDS: "A browser that waits",
    ReasonCode.NETWORK_HOLDS: "A network that waits",
    ReasonCode.FIRST_COMMENT: "First comment from a browser",
    ReasonCode.FORM_TOKEN_MISSING: "Not from this site’s form",
    ReasonCode.FORM_TOKEN_OLD: "An old form",
    ReasonCode.FORM_TOKEN_FRESH: "Faster than a person types",
    ReasonCode.HONEYPOT: "A field people do not see",
    ReasonCode.BUSY_ARTICLE: "A busy article",
    ReasonCode.ARTICLE_HOLDS: "The article lets all wait",
    ReasonCode.SITE_HOLDS: "The site lets all wait",
    ReasonCode.SITE_PAUSED: "The site is paused",
}
"""Reasons that the queue can be narrowed down to, in words."""


def init_desk(app: Flask) -> None:
    """Put the desk into the app, behind its door."""
    init_access(app)
    for part in (account, desk, saying, together, classifier):
        app.register_blueprint(part)


@desk.get("/")
@needs(Role.MODERATOR)
def queue() -> AnyResponse:
    """A view of the queue, and the comment in focus."""
    asked, review = request.args, parts().review
    page = review.queue(
        *(asked.get(name, "") for name in ("view", "sort", "q", "after")),
        narrow=asked,
        moderator_id=myself().moderator_id,
        now=now(),
        focus=whole(asked.get("focus")),
    )
    card = _card(page)
    focus = None if card else page.focus or _first(page)
    title = _TITLES.get(page.view) or f"{page.view.capitalize()} comments"
    return desk_page(
        "desk/queue.html",
        title,
        totals=page.totals,
        page=page,
        bench=review.bench_of(focus) if focus else None,
        card=card,
        covers=_covers(card) if card else "",
        next_focus=_next_focus(page, focus.id if focus else None),
        kept=_kept(page),
        reason_codes=_REASONS,
        hours=HOURS[1:],
        asked_focus=bool(whole(asked.get("focus"))),
    )


@desk.get("/comments/<int:comment_id>/focus")
@needs(Role.MODERATOR)
def focus(comment_id: int) -> AnyResponse:
    """The comment in focus by itself, for a script that puts it into the page.

    Raises
    ------
    NotFound
    """
    back = own_address(request.args.get("next", ""))
    review = parts().review
    shared = {"signed_in": myself(), "next": back, "here": back, "alone": False}
    shared |= {"bench": review.bench(comment_id, now()), **_beside(comment_id)}
    return make_response(render_template("desk/_bench.html", **shared))


@desk.get("/campaigns/<int:campaign_id>/focus")
@needs(Role.MODERATOR)
def focus_campaign(campaign_id: int) -> AnyResponse:
    """A campaign in focus by itself, for a script that puts it into the page.

    Raises
    ------
    NotFound
    """
    back, found = own_address(request.args.get("next", "")), campaigns.card(campaign_id)
    first = parts().review.waiting([found.first] if found.first else [], now())
    if not first:
        raise NotFound("Nothing of this campaign waits any more.")
    card = AlikeCard(found.id, found.waiting, first[0])
    shared = {"signed_in": myself(), "next": back, "here": back, "card": card, "covers": _covers(card)}
    return make_response(render_template("desk/_alike.html", **shared))


@desk.post("/decisions")
@needs(Role.MODERATOR)
def decide() -> AnyResponse:
    """Decide on the comments that were sent, each as it was seen.

    Raises
    ------
    BadInput, NotFound, Stale
    """
    action, targets = _action(), Target.read_all(request.form.getlist("comment"))
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
    targets = Target.read_all(request.form.getlist("comment"))
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
        outcome = review.undo(decision_id, me, now(), is_once=bool(request.form.get("once")))
        if not outcome.done:
            return go_on(asked_next(), "It was taken back already. The button Undo does it again.")
    return go_on(asked_next(), taken_back(outcome), outcome, is_back=True)


@desk.get("/comments/<int:comment_id>")
@needs(Role.MODERATOR)
def comment(comment_id: int) -> AnyResponse:
    """A comment's whole file."""
    file = parts().review.file(comment_id, now())
    title = f"Comment {comment_id} by {file.comment.name}"
    return desk_page("desk/comment.html", title, file=file, bench=file.bench, **_beside(comment_id))


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
    article = articles.set_mode(key, Mode(asked), now(), myself().moderator_id)
    return go_on("/desk/articles", f"“{article.title}” is {asked} now.")


def _beside(comment_id: int) -> dict[str, Any]:
    """What stands beside a comment and takes more queries than a page of the queue may."""
    standing = rules.of(comment_id, now())
    return {"similar": parts().review.similar(comment_id), "standing": standing, "rule_said": SAID}


def _first(page: QueuePage) -> Waiting | None:
    """The first of the page, where the comment that was asked for is not there."""
    return parts().review.bench(page.entries[0].id, now()).comment if page.entries else None


def _card(page: QueuePage) -> AlikeCard | None:
    """The campaign that was asked for, or the first where no comment was asked for."""
    asked = whole(request.args.get("campaign"))
    if asked or not page.focus:
        return next((card for card in page.cards if asked in {0, None, card.campaign_id}), None)
    return None


def _covers(card: AlikeCard) -> str:
    """Each comment that waits of a campaign and its version, as they are now."""
    return campaigns.targets([card.campaign_id])[card.campaign_id]


def _next_focus(page: QueuePage, focus: int | None) -> int | None:
    """What is looked at once the comment in focus is decided on: the next one, or the one before the last."""
    at = page.position(focus) if focus else None
    ids = [entry.id for entry in page.entries]
    return None if at is None else next(iter(ids[at + 1 :] or ids[:at][-1:]), None)


def _kept(page: QueuePage) -> str:
    """The address of this view, without what is in focus."""
    given = {"view": page.view, "sort": page.sort, "q": page.q, **page.narrow.given}
    given["after"] = request.args.get("after", "")
    return with_query("/desk/", given)


def _not_done(outcome: Outcome) -> AnyResponse:
    if not outcome.stale:
        raise NotFound("There is no such comment. Nothing was changed.")
    raise stale(outcome.stale[0].comment_id)


def _action() -> Action:
    asked = request.form.get("action", "")
    if asked not in set(Action):
        raise BadInput("A comment can be approved, held, called spam, or rejected. Nothing was changed.")
    return Action(asked)
