"""Which rules stand, for the desk's pages: all of them, and those that one comment meets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import aliased

from models import Comment, CommentText, Contact, Link, Moderator, Rule, db
from moderation.policy import found_in
from moderation.rules.matching import host_and_above, stands
from moderation.vocabulary import RuleKind


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule as pages show it; `ended_by` is "" for one that nobody has taken back."""

    id: int
    kind: RuleKind
    subject: str
    comment_id: int | None
    reason: str
    made_by: str
    made_at: datetime
    until: datetime
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Reachable:
    """What a rule could be made of at one comment."""

    comment_id: int
    has_browser: bool
    has_network: bool
    hosts: tuple[str, ...]


def in_force(now: datetime, before: int | None = None, limit: int = 100) -> list[InForce]:
    """Rules that stand, the newest first, those made before the rule `before`."""
    return _shown(stands(now), before, limit)


def page(now: datetime, before: int | None = None, limit: int = 100) -> list[InForce]:
    """Rules that have ended, by their day or by a person, the newest first."""
    return _shown(or_(Rule.ended_at.is_not(None), Rule.until <= now), before, limit)


def of(comment_id: int, now: datetime) -> list[InForce]:
    """The rules that stand and that this comment meets."""
    came = _came(comment_id)
    if came is None:
        return []
    keys = [key for key in (came.token_fingerprint, came.network_fingerprint) if key]
    hosts = [name for host in _hosts(comment_id) for name in host_and_above(host)]
    about = or_(Rule.fingerprint.in_(keys), Rule.subject.in_(hosts), Rule.kind == RuleKind.HOLD_WORD)
    found = _shown(stands(now) & about, None, 1000)
    places = (came.name, came.website, came.text)
    return [
        rule for rule in found if rule.kind is not RuleKind.HOLD_WORD or found_in(places, (rule.subject,))
    ]


def reachable(comment_id: int) -> Reachable | None:
    """What is known of a comment that a rule could be made of; None where there is no such comment."""
    came = _came(comment_id)
    if came is None:
        return None
    hosts = tuple(dict.fromkeys(host.removeprefix("www.") for host in _hosts(comment_id)))
    return Reachable(
        comment_id, came.token_fingerprint is not None, came.network_fingerprint is not None, hosts
    )


def _shown(condition: ColumnElement[bool], before: int | None, limit: int) -> list[InForce]:
    query = _rules().where(condition, Rule.id < before if before else true())
    rows = db.session.execute(query.order_by(Rule.id.desc()).limit(limit))
    return [
        InForce(
            row.Rule.id,
            row.Rule.kind,
            row.Rule.subject,
            row.Rule.comment_id,
            row.Rule.reason,
            row.made_by,
            row.Rule.made_at,
            row.Rule.until,
            row.Rule.ended_at,
            row.ended_by or "",
        )
        for row in rows
    ]


def _rules() -> Select[Rule, str, str]:
    ended = aliased(Moderator)
    return (
        select(Rule, Moderator.name.label("made_by"), ended.name.label("ended_by"))
        .join(Moderator, Moderator.id == Rule.moderator_id)
        .outerjoin(ended, ended.id == Rule.ended_by)
    )


def _came(comment_id: int):  # type: ignore[no-untyped-def]  # noqa: ANN202  a row
    if not 0 < comment_id < 2**31:
        return None
    return db.session.execute(
        select(
            Comment.name,
            Comment.website,
            CommentText.text,
            Contact.token_fingerprint,
            Contact.network_fingerprint,
        )
        .join(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .outerjoin(Contact, Contact.comment_id == Comment.id)
        .where(Comment.id == comment_id)
    ).first()


def _hosts(comment_id: int) -> list[str]:
    query = select(Link.host).join(Comment, Comment.id == Link.comment_id)
    query = query.where(Link.comment_id == comment_id, Link.stands())
    return list(db.session.scalars(query.order_by(Link.id).limit(50)))
