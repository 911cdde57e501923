"""What is kept of a person: found by their address, by their browser's token or by comment, and told as data.

An address is compared by its fingerprint; nothing is opened for it. Whoever gave one knows it already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from models import Article, Comment, CommentText, Contact, db
from moderation.privacy import Vault
from moderation.vocabulary import Status

BATCH = 500
"""Comments that one statement asks for."""


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
    language: str
    status: Status
    arrived_at: datetime
    has_address: bool
    has_network: bool
    has_token: bool
    address_until: datetime | None
    network_until: datetime | None
    token_until: datetime | None


def comments_of(vault: Vault, asked: Asked, most: int | None = None) -> list[int]:
    """The comments of this person that are not erased, oldest first: all of them, or so many at most."""
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
        .limit(most)
    )
    return list(db.session.scalars(query))


def held_with(comment_ids: Sequence[int]) -> list[Holding]:
    """What is kept of these comments and with them, in their order."""
    return [each for some in _batches(comment_ids) for each in _held(some)]


def _held(comment_ids: Collection[int]) -> list[Holding]:
    rows = db.session.execute(
        select(Comment, CommentText.text, Article.key, Article.title, Contact)
        .join(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .join(Article, Article.id == Comment.article_id)
        .outerjoin(Contact, Contact.comment_id == Comment.id)
        .where(Comment.id.in_(comment_ids), Comment.status != Status.ERASED)
        .order_by(Comment.id)
    )
    return [_holding(*row) for row in rows]


def _batches(comment_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (comment_ids[start : start + BATCH] for start in range(0, len(comment_ids), BATCH))


def _that_are_there(comment_ids: Collection[int]) -> list[int]:
    possible = sorted({number for number in comment_ids if 0 < number < 2**31})
    is_there = Comment.status != Status.ERASED
    return [
        number
        for some in _batches(possible)
        for number in db.session.scalars(
            select(Comment.id).where(Comment.id.in_(some), is_there).order_by(Comment.id)
        )
    ]


def _holding(comment: Comment, words: str, key: str, title: str, contact: Contact | None) -> Holding:
    return Holding(
        comment_id=comment.id,
        article_key=key,
        article_title=title,
        name=comment.name,
        website=comment.website,
        text=words,
        language=comment.language,
        status=comment.status,
        arrived_at=comment.arrived_at,
        has_address=bool(contact and contact.sealed_address),
        has_network=bool(contact and contact.network_fingerprint),
        has_token=bool(contact and contact.token_fingerprint),
        address_until=contact.address_until if contact else None,
        network_until=contact.network_until if contact else None,
        token_until=contact.token_until if contact else None,
    )
