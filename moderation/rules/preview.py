"""What a rule would move of what is there already: shown as a list first, applied by a person or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select

from models import Comment, CommentText, Contact, Link, db
from moderation import search
from moderation.policy import found_in
from moderation.rules.making import OF_A_READER, Asked
from moderation.text import registrable
from moderation.vocabulary import Action, RuleKind, Status

MOST = 200
"""Comments that a preview lists."""

_WINDOWS = 10

_LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would move.

    Attributes
    ----------
    action
        What is done with the listed comments, where a person says so.
    comment_ids
        Comments that wait, for rules that approve or call spam; approved ones of the last month for rules that hold.
    are_public
        Whether they are approved ones: these are proposed, and not chosen beforehand.
    """

    action: Action
    comment_ids: tuple[int, ...]
    are_public: bool


_ACTIONS = {RuleKind.TRUST_READER: Action.APPROVE, RuleKind.SPAM_HOST: Action.SPAM}


def preview(asked: Asked, now: datetime) -> Preview:
    """See the module; the newest come first."""
    action = _ACTIONS.get(asked.kind, Action.HOLD)
    status = Status.APPROVED if action is Action.HOLD else Status.HELD
    if asked.kind is RuleKind.HOLD_WORD:
        found = _with_word(asked.subject, status, now)
    else:
        query = _by_reader(asked) if asked.kind in OF_A_READER else _by_host(asked.subject)
        found = list(db.session.scalars(_newest(query, status, now)))
    return Preview(action, tuple(found), status is Status.APPROVED)


def _newest(query: Select[int], status: Status, now: datetime) -> Select[int]:
    query = query.where(Comment.status == status)
    if status is Status.APPROVED:
        query = query.where(Comment.arrived_at > now - _LATELY)
    return query.distinct().order_by(Comment.id.desc()).limit(MOST)


def _by_reader(asked: Asked) -> Select[int]:
    column = OF_A_READER[asked.kind]
    return (
        select(Comment.id).join(Contact, Contact.comment_id == Comment.id).where(column == asked.fingerprint)
    )


def _by_host(host: str) -> Select[int]:
    is_there = or_(Link.host == host, Link.host.endswith(f".{host}", autoescape=True))
    linked = select(Comment.id).join(Link, Link.comment_id == Comment.id)
    return linked.where(Link.domain == registrable(host), is_there, Link.stands())


def _with_word(word: str, status: Status, now: datetime) -> list[int]:
    """Those that the search finds and that have it as the policy reads it."""
    wish, ids, before = search.Wish.read(f'"{word}"', status.value), list[int](), None
    for _ in range(_WINDOWS):
        found = search.find(wish, before, MOST - len(ids))
        ids, before = [*ids, *found.ids], found.before
        if before is None or len(ids) >= MOST:
            break
    having = _having(ids, word, now)
    return [comment_id for comment_id in ids if comment_id in having]


def _having(ids: Sequence[int], word: str, now: datetime) -> set[int]:
    rows = db.session.execute(
        select(Comment.id, Comment.name, Comment.website, CommentText.text)
        .join(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .where(Comment.id.in_(ids), Comment.arrived_at > now - _LATELY)
    )
    return {row.id for row in rows if found_in((row.name, row.website, row.text), (word,))}
