"""Rules about readers and links at the desk: what stands, what a comment meets, and a new one with its preview."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from moderation import rules
from moderation.errors import BadInput, FormFaults, GatepostError, NotFound
from moderation.intake import whole
from moderation.parts import parts
from moderation.review import Outcome, Target
from moderation.rules import Asked
from moderation.vocabulary import Role, RuleKind
from moderation.web.access import myself, needs
from moderation.web.deskpage import answer_at_desk, asked_next, desk_page
from moderation.web.notes import decided, go_on
from moderation.web.pages import now

rule_pages = Blueprint("rules", __name__, url_prefix="/desk")
rule_pages.register_error_handler(GatepostError, answer_at_desk)

SAID = {
    RuleKind.TRUST_READER: "Trust the browser",
    RuleKind.HOLD_READER: "Let comments from the browser wait",
    RuleKind.HOLD_NETWORK: "Let comments from the network wait",
    RuleKind.HOLD_HOST: "Let comments that link there wait",
    RuleKind.SPAM_HOST: "Send comments that link there to spam",
    RuleKind.HOLD_WORD: "Let comments with the word wait",
}
"""What each kind of rule does, in plain words."""

_PAGE, _MOST_MOVED = 50, 200


@rule_pages.get("/rules")
@needs(Role.MODERATOR)
def index() -> AnyResponse:
    """The rules that stand, those that have ended, and a form for a host or a word."""
    return _index({}, ())


@rule_pages.get("/comments/<int:comment_id>/rules")
@needs(Role.MODERATOR)
def of_comment(comment_id: int) -> AnyResponse:
    """What can be done about the reader and the links of a comment, and what stands already.

    Raises
    ------
    NotFound
    """
    found = rules.reachable(comment_id)
    if found is None:
        raise NotFound("There is no such comment.")
    shown = parts().review.waiting([comment_id])
    return desk_page(
        "desk/rules_comment.html",
        f"Reader and links of comment {comment_id}",
        reachable=found,
        comment=shown[0],
        standing=rules.of(comment_id, now()),
        said=SAID,
        days=rules.DAYS,
    )


@rule_pages.get("/rules/preview")
@needs(Role.SENIOR)
def preview() -> AnyResponse:
    """What the rule would be, and what it would move; nothing is changed.

    Raises
    ------
    BadInput, NotFound
    """
    try:
        asked = _asked(request.args)
    except FormFaults as error:
        return _faulty(request.args, error)
    found = rules.preview(asked, now())
    return desk_page(
        "desk/rules_preview.html",
        SAID[asked.kind],
        asked=asked,
        preview=found,
        entries=parts().review.waiting(found.comment_ids),
    )


@rule_pages.post("/rules")
@needs(Role.SENIOR)
def make() -> AnyResponse:
    """Let the rule stand, and do with the comments that were chosen what it would do.

    Raises
    ------
    BadInput, NotFound
    """
    try:
        asked = _asked(request.form)
    except FormFaults as error:
        return _faulty(request.form, error)
    targets = [Target.read(each) for each in request.form.getlist("comment")]
    if len(targets) > _MOST_MOVED:
        raise BadInput(f"A rule moves {_MOST_MOVED} comments at most at once. Nothing was changed.")
    me, action = myself().moderator_id, rules.preview(asked, now()).action
    rule_id = rules.make(asked, me, now())
    said, outcome = f"Rule {rule_id} stands.", Outcome()
    if targets:
        note, batch = f"Rule {rule_id}: {asked.reason}", secrets.token_hex(16)
        outcome = parts().review.decide(me, action, targets, now(), note=note, batch=batch)
        said = f"{said} {decided(action, outcome)}"
    return go_on("/desk/rules", said, outcome)


@rule_pages.post("/rules/<int:rule_id>/end")
@needs(Role.SENIOR)
def end(rule_id: int) -> AnyResponse:
    """Take a rule back.

    Raises
    ------
    NotFound, Refused
    """
    rules.end(rule_id, myself().moderator_id, now())
    return go_on(_back(), f"Rule {rule_id} was taken back. What it decided stays as it is.")


@rule_pages.post("/rules/<int:rule_id>/resume")
@needs(Role.SENIOR)
def resume(rule_id: int) -> AnyResponse:
    """Let a rule that was taken back stand again.

    Raises
    ------
    NotFound, Refused
    """
    rules.resume(rule_id, myself().moderator_id, now())
    return go_on(_back(), f"Rule {rule_id} stands again.")


def _back() -> str:
    return asked_next() if request.form.get("next") else "/desk/rules"


def _asked(given: MultiDict[str, str]) -> Asked:
    named = {name: given.get(name, "") for name in ("kind", "subject", "reason")}
    return Asked.read(
        named["kind"],
        named["subject"][:2000],
        whole(given.get("comment_id")) or None,
        named["reason"][:2000],
        whole(given.get("days")) or None,
    )


def _faulty(given: MultiDict[str, str], error: FormFaults) -> AnyResponse:
    """The form again, with what was typed; an address is not repeated."""
    names = {fault.field for fault in error.faults}
    typed = {
        name: "" if name in names and name != "days" else given.get(name, "")[:2000]
        for name in ("kind", "subject", "reason", "days", "comment_id")
    }
    return _index(typed, error.faults, 422)


def _index(typed: dict[str, Any], faults: Any, status: int = 200) -> AnyResponse:
    before = whole(request.args.get("before")) or None
    ended = rules.page(now(), before, _PAGE + 1)
    return desk_page(
        "desk/rules.html",
        "Rules",
        status,
        standing=rules.in_force(now()) if before is None else [],
        ended=ended[:_PAGE],
        further=ended[_PAGE - 1].id if ended[_PAGE:] else None,
        typed=typed,
        faults=faults,
        said=SAID,
        days=rules.DAYS,
        is_first=before is None,
    )
