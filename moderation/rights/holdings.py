"""What is kept of a person: found by their address, by their browser's token or by comment, and told as data.

An address is compared by its fingerprint; nothing is opened for it. Whoever gave one knows it already.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from models import Article, Comment, CommentText, Contact, Decision, Label, Link, db
from moderation.privacy import Vault
from moderation.vocabulary import Status

MOST = 10_000
"""Comments of one person that are told or erased in one go."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a person is known: by an address, by the secret token of their browser, or by comments."""

    address: str = ""
    token: str = ""
    comments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Holding:
    """One comment as its author may see it; `until` is the day on which its address is forgotten."""

    comment_id: int
    article_key: str
    article_title: str
    name: str
    website: str
    text: str
    status: Status
    arrived_at: datetime
    has_address: bool
    has_network: bool
    has_token: bool
    address_until: datetime | None
    network_until: datetime | None
    token_until: datetime | None


def comments_of(vault: Vault, asked: Asked) -> list[int]:
    """The comments of this person that are not erased, oldest first."""
    is_theirs: ColumnElement[bool]
    if asked.address:
        is_theirs = Contact.address_fingerprint.in_(vault.every_fingerprint("address", asked.address))
    elif asked.token:
        is_theirs = Contact.token_fingerprint.in_(vault.every_fingerprint("token", asked.token))
    else:
        return _that_are_there(asked.comments)
    query = (
        select(Comment.id)
        .join(Contact, Contact.comment_id == Comment.id)
        .where(is_theirs, Comment.status != Status.ERASED)
        .order_by(Comment.id)
        .limit(MOST)
    )
    return list(db.session.scalars(query))


def held_with(comment_ids: Collection[int]) -> list[Holding]:
    """What is kept of these comments and with them, oldest first."""
    rows = db.session.execute(
        select(Comment, CommentText.text, Article.key, Article.title, Contact)
        .join(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .join(Article, Article.id == Comment.article_id)
        .outerjoin(Contact, Contact.comment_id == Comment.id)
        .where(Comment.id.in_(comment_ids), Comment.status != Status.ERASED)
        .order_by(Comment.id)
    )
    return [_holding(*row) for row in rows]


def export(comment_ids: Sequence[int], now: datetime, *, is_to_author: bool = False) -> dict[str, Any]:
    """Everything that is kept of these comments and with them, as JSON can say it.

    `is_to_author` leaves out what the moderators thought of it: on a page that nobody looks over, a spammer would
    read there how to do better. An operator sees to it that the whole goes to whom it belongs.
    """
    held = held_with(comment_ids)
    return {
        "made_at": now.isoformat(timespec="seconds"),
        "about": "All that this site keeps of these comments and of the person who wrote them.",
        "comments": [_told(each) | ({} if is_to_author else _judged(each)) for each in held],
    }


def _that_are_there(comment_ids: Collection[int]) -> list[int]:
    possible = [number for number in comment_ids if 0 < number < 2**31]
    query = select(Comment.id).where(Comment.id.in_(possible), Comment.status != Status.ERASED)
    return list(db.session.scalars(query.order_by(Comment.id)))


def _holding(comment: Comment, words: str, key: str, title: str, contact: Contact | None) -> Holding:
    return Holding(
        comment_id=comment.id,
        article_key=key,
        article_title=title,
        name=comment.name,
        website=comment.website,
        text=words,
        status=comment.status,
        arrived_at=comment.arrived_at,
        has_address=bool(contact and contact.sealed_address),
        has_network=bool(contact and contact.network_fingerprint),
        has_token=bool(contact and contact.token_fingerprint),
        address_until=contact.address_until if contact else None,
        network_until=contact.network_until if contact else None,
        token_until=contact.token_until if contact else None,
    )


def _told(held: Holding) -> dict[str, Any]:
    return {
        "comment": held.comment_id,
        "article": {"key": held.article_key, "title": held.article_title},
        "arrived_at": held.arrived_at.isoformat(timespec="seconds"),
        "is_public": held.status is Status.APPROVED,
        "name": held.name,
        "website": held.website,
        "texts": _texts(held.comment_id),
        "links": list(db.session.scalars(select(Link.host).where(Link.comment_id == held.comment_id))),
        "address": _kept("sealed, with a fingerprint to find it by", held.has_address, held.address_until),
        "network": _kept("as a fingerprint alone", held.has_network, held.network_until),
        "browser": _kept("the fingerprint of its token", held.has_token, held.token_until),
    }


def _judged(held: Holding) -> dict[str, Any]:
    return {
        "status": held.status.value,
        "decisions": _decisions(held.comment_id),
        "learned_from": db.session.scalar(select(Label.label).where(Label.comment_id == held.comment_id)),
    }


def _kept(how: str, is_kept: bool, until: datetime | None) -> dict[str, Any] | None:
    if not is_kept:
        return None
    return {"kept": how, "until": until.isoformat(timespec="seconds") if until else "as long as the comment"}


def _texts(comment_id: int) -> list[dict[str, Any]]:
    query = select(CommentText).where(CommentText.comment_id == comment_id).order_by(CommentText.n)
    return [
        {"text": row.text, "written_at": row.written_at.isoformat(timespec="seconds")}
        for row in db.session.scalars(query)
    ]


def _decisions(comment_id: int) -> list[dict[str, Any]]:
    """What was decided and when; by whom is the moderators' own business, but for whether a person did."""
    query = select(Decision).where(Decision.comment_id == comment_id).order_by(Decision.id)
    return [
        {
            "at": row.decided_at.isoformat(timespec="seconds"),
            "by": "a moderator" if row.moderator_id else "the policy",
            "status": row.to_status.value,
            "note": row.note,
        }
        for row in db.session.scalars(query)
    ]
