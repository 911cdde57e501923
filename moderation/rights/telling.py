"""All that is kept of a person's comments, told as data: whatever table names a comment has its part in it.

What others wrote of it (reports, notes, reasons) is told to the operator, who looks it over before sending it on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from models import (
    CommentText,
    Decision,
    DecisionReason,
    Event,
    Label,
    Likeness,
    Link,
    Note,
    ReaderReport,
    Rule,
    Scoring,
    db,
)
from moderation.revealing import REVEALED
from moderation.rights.holdings import Holding, held_with
from moderation.vocabulary import Status

BATCH = 500

TOLD = {
    "comment": "comment, name, website, language and status",
    "comment_text": "texts",
    "contact": "address, network, browser",
    "link": "links",
    "decision": "decisions",
    "reason": "decisions",
    "event": "looks_at_the_address",
    "label": "learned_from",
    "scoring": "scores",
    "likeness": "likeness",
    "note": "notes",
    "reader_report": "reports",
    "rule": "rules",
}
"""Tables with something about a comment, and where in the export it is."""

UNTOLD = {
    "claim": "which moderator is looking just now, for minutes",
    "likeness_place": "where the sketch stands among others: numbers made of it",
}
"""Tables that name a comment and are left out, and why."""

_Rows = dict[int, list[dict[str, Any]]]


def export(comment_ids: Sequence[int], now: datetime, *, is_to_author: bool = False) -> dict[str, Any]:
    """Everything that is kept of these comments and with them, as JSON can say it.

    `is_to_author` leaves out what the moderators thought of it: on a page that nobody looks over, a spammer would
    read there how to do better. An operator sees to it that the whole goes to whom it belongs.
    """
    return {
        "made_at": _at(now),
        "about": "All that this site keeps of these comments and of the person who wrote them.",
        "comments": [
            told
            for start in range(0, len(comment_ids), BATCH)
            for told in _told(comment_ids[start : start + BATCH], is_to_author=is_to_author)
        ],
    }


def _told(ids: Sequence[int], *, is_to_author: bool) -> Iterator[dict[str, Any]]:
    texts, links = _texts(ids), _links(ids)
    parts = {} if is_to_author else {name: gathered(ids) for name, gathered in _JUDGED.items()}
    for held in held_with(ids):
        said = _said(held) | {"texts": texts[held.comment_id], "links": links[held.comment_id]}
        if not is_to_author:
            said["status"] = held.status.value
        yield said | {name: found.get(held.comment_id, []) for name, found in parts.items()}


def _said(held: Holding) -> dict[str, Any]:
    return {
        "comment": held.comment_id,
        "article": {"key": held.article_key, "title": held.article_title},
        "arrived_at": _at(held.arrived_at),
        "is_public": held.status is Status.APPROVED,
        "name": held.name,
        "website": held.website,
        "language": held.language,
        "address": _kept("sealed, with a fingerprint to find it by", held.has_address, held.address_until),
        "network": _kept("as a fingerprint alone", held.has_network, held.network_until),
        "browser": _kept("the fingerprint of its token", held.has_token, held.token_until),
    }


def _kept(how: str, is_kept: bool, until: datetime | None) -> dict[str, Any] | None:
    return {"kept": how, "until": _at(until) if until else "as long as the comment"} if is_kept else None


def _texts(ids: Collection[int]) -> _Rows:
    query = select(CommentText).where(CommentText.comment_id.in_(ids)).order_by(CommentText.n)
    return _gathered(query, lambda row: {"text": row.text, "written_at": _at(row.written_at)})


def _links(ids: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    query = select(Link.comment_id, Link.host).where(Link.comment_id.in_(ids)).order_by(Link.id)
    for row in db.session.execute(query):
        found[row.comment_id].append(row.host)
    return found


def _decisions(ids: Collection[int]) -> _Rows:
    """What was decided and when; by whom is the moderators' own business, but for whether a person did."""
    reasons: dict[int, list[dict[str, Any]]] = defaultdict(list)
    query = select(DecisionReason).join(Decision, Decision.id == DecisionReason.decision_id)
    query = query.where(Decision.comment_id.in_(ids)).order_by(DecisionReason.position)
    for row in db.session.scalars(query):
        reasons[row.decision_id].append({"reason": row.code, "detail": row.detail})
    return _gathered(
        select(Decision).where(Decision.comment_id.in_(ids)).order_by(Decision.id),
        lambda row: {
            "at": _at(row.decided_at),
            "by": "a moderator" if row.moderator_id else "the policy",
            "status": row.to_status.value,
            "note": row.note,
            "reasons": reasons[row.id],
        },
    )


def _scores(ids: Collection[int]) -> _Rows:
    return _gathered(
        select(Scoring).where(Scoring.comment_id.in_(ids)).order_by(Scoring.id),
        lambda row: {
            "at": _at(row.scored_at),
            "text": row.text_n,
            "by": row.classifier_version,
            "log_odds": row.log_odds,
        },
    )


def _labels(ids: Collection[int]) -> _Rows:
    return _gathered(
        select(Label).where(Label.comment_id.in_(ids)).order_by(Label.decision_id),
        lambda row: {"at": _at(row.labelled_at), "as": row.label.value, "kept": "as hashed features"},
    )


def _likeness(ids: Collection[int]) -> _Rows:
    return _gathered(
        select(Likeness).where(Likeness.comment_id.in_(ids)),
        lambda row: {
            "campaign": row.campaign_id,
            "taken_out": row.taken_out,
            "sketch": "hashes of its words, to find similar ones" if row.sketch else None,
        },
    )


def _notes(ids: Collection[int]) -> _Rows:
    return _gathered(
        select(Note).where(Note.comment_id.in_(ids)).order_by(Note.id),
        lambda row: {"at": _at(row.written_at), "words": row.words, "taken_back": bool(row.taken_back_at)},
    )


def _reports(ids: Collection[int]) -> _Rows:
    return _gathered(
        select(ReaderReport).where(ReaderReport.comment_id.in_(ids)).order_by(ReaderReport.id),
        lambda row: {"at": _at(row.reported_at), "complaint": row.complaint.value, "words": row.words},
    )


def _rules(ids: Collection[int]) -> _Rows:
    return _gathered(
        select(Rule).where(Rule.comment_id.in_(ids)).order_by(Rule.id),
        lambda row: {
            "at": _at(row.made_at),
            "kind": row.kind.value,
            "subject": row.subject,
            "reason": row.reason,
            "until": _at(row.until),
            "ended_at": _at(row.ended_at) if row.ended_at else None,
        },
    )


def _looks(ids: Collection[int]) -> _Rows:
    found: _Rows = defaultdict(list)
    wanted = set(ids)
    for row in db.session.scalars(select(Event).where(Event.kind == REVEALED).order_by(Event.id)):
        if row.detail.get("comment") in wanted:
            look = {"at": _at(row.happened_at), "reason": row.detail.get("reason", "")}
            found[row.detail["comment"]].append(look)
    return found


_JUDGED: dict[str, Callable[[Collection[int]], _Rows]] = {
    "decisions": _decisions,
    "scores": _scores,
    "learned_from": _labels,
    "likeness": _likeness,
    "notes": _notes,
    "reports": _reports,
    "rules": _rules,
    "looks_at_the_address": _looks,
}
"""What was made of a comment: for each part, how it is gathered."""


def _gathered(query: Select[Any], told: Callable[[Any], dict[str, Any]]) -> _Rows:
    found: _Rows = defaultdict(list)
    for row in db.session.scalars(query):
        found[row.comment_id].append(told(row))
    return found


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
