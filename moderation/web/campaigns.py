"""Campaigns at the desk: cards of what waits, and one campaign whole, decided on as it was shown."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import campaigns
from moderation.errors import BadInput, GatepostError
from moderation.intake import whole
from moderation.parts import parts
from moderation.review import Outcome, Target
from moderation.vocabulary import Action, Role
from moderation.web.access import myself, needs
from moderation.web.deskpage import answer_at_desk, asked_next, desk_page
from moderation.web.notes import decided, go_on
from moderation.web.pages import now

campaign_pages = Blueprint("campaigns", __name__, url_prefix="/desk/campaigns")
campaign_pages.register_error_handler(GatepostError, answer_at_desk)

MOST = 1000
"""Comments that one decision covers at most."""

_PAGE, _CARDS = 500, 20
_NAMED_STALE = 20


@campaign_pages.get("/")
@needs(Role.MODERATOR)
def index() -> AnyResponse:
    """Campaigns of which comments wait, the largest first."""
    shown = campaigns.cards(request.args.get("after", ""), _CARDS + 1)
    cards = shown[:_CARDS]
    first = {row.id: row for row in parts().review.waiting([card.first for card in cards if card.first])}
    covers = campaigns.targets([card.id for card in cards], MOST)
    after = cards[-1].after if shown[_CARDS:] else None
    return desk_page(
        "desk/campaigns.html", "Campaigns", cards=cards, first=first, covers=covers, further=after
    )


@campaign_pages.get("/<int:campaign_id>")
@needs(Role.MODERATOR)
def show(campaign_id: int) -> AnyResponse:
    """One campaign: what waits of it, or what was decided, or what was taken out.

    Raises
    ------
    NotFound
    """
    card = campaigns.card(campaign_id)
    part = request.args.get("part", "")
    after = whole(request.args.get("after")) or 0
    taken_out = part == "out"
    found = [
        member
        for waiting in ((True, False) if taken_out else (part != "decided",))
        for member in campaigns.members(card.id, after, _PAGE + 1, waiting=waiting, taken_out=taken_out)
    ]
    members = found[:_PAGE]
    first = parts().review.waiting([card.first]) if card.first else []
    return desk_page(
        "desk/campaign.html",
        f"{card.size} alike",
        card=card,
        part=part if part in {"decided", "out"} else "",
        members=members,
        first=first[0] if first else None,
        further=members[-1].id if found[_PAGE:] else None,
    )


@campaign_pages.post("/<int:campaign_id>/decisions")
@needs(Role.MODERATOR)
def decide(campaign_id: int) -> AnyResponse:
    """Decide on the comments of a campaign that were shown, each as it was seen.

    Raises
    ------
    BadInput, NotFound
    """
    campaigns.card(campaign_id)
    asked = request.form.get("action", "")
    if asked not in set(Action):
        raise BadInput("A comment can be approved, held, called spam, or rejected. Nothing was changed.")
    targets = _chosen()
    if not targets:
        return go_on(asked_next(), "No comment was chosen, so nothing was changed.")
    batch = secrets.token_hex(16)
    outcome = parts().review.decide(myself().moderator_id, Action(asked), targets, now(), batch=batch)
    return go_on(asked_next(), _told(Action(asked), outcome), _in_short(outcome))


@campaign_pages.post("/<int:campaign_id>/out")
@needs(Role.MODERATOR)
def take_out(campaign_id: int) -> AnyResponse:
    """Say that comments do not belong to the campaign.

    Raises
    ------
    BadInput, NotFound
    """
    return _moved(campaign_id, out=True)


@campaign_pages.post("/<int:campaign_id>/back")
@needs(Role.MODERATOR)
def put_back(campaign_id: int) -> AnyResponse:
    """Take that back.

    Raises
    ------
    BadInput, NotFound
    """
    return _moved(campaign_id, out=False)


def _moved(campaign_id: int, *, out: bool) -> AnyResponse:
    card = campaigns.card(campaign_id)
    ids = [target.id for target in _chosen()]
    move = campaigns.take_out if out else campaigns.put_back
    count = move(card.id, ids, myself().moderator_id, now()) if ids else 0
    said = f"{count} comment{'' if count == 1 else 's'} {'taken out' if out else 'put back'}."
    return go_on(asked_next(), said if count else "Nothing was changed.")


def _chosen() -> list[Target]:
    """What the form names: `comment` once for each, or many in one `covers`, parted by blanks."""
    named = [*request.form.getlist("comment"), *re.split(r"[ ,]+", request.form.get("covers", ""))]
    targets = [Target.read(each) for each in named if each]
    if len(targets) > MOST:
        raise BadInput(f"One decision covers {MOST} comments at most. Nothing was changed.")
    return targets


def _told(action: Action, outcome: Outcome) -> str:
    said = decided(action, replace(outcome, unknown=()))
    if outcome.unknown:
        said += f" {len(outcome.unknown)} of those named do not exist."
    more = len(outcome.stale) - _NAMED_STALE
    return f"{said} {len(outcome.stale)} had changed meanwhile and were left alone." if more > 0 else said


def _in_short(outcome: Outcome) -> Outcome:
    """As much of it as an address can hold."""
    return replace(outcome, stale=outcome.stale[:_NAMED_STALE])
