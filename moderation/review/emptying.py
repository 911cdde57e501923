"""Emptying the spam: exactly the comments that were listed lose name, website, texts and contact, for good.

A tombstone stays, so that replies keep their place and the history stays whole, and so do scores and labels, which
hold no words. This cannot be undone, so it covers nothing that nobody saw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, update

from models import Article, Claim, Comment, CommentText, Contact, Event, Link, Note, db, writing
from moderation import campaigns, search
from moderation.review.deciding import Seen, seen_now, standings
from moderation.review.values import LARGEST_ID, Outcome, Target
from moderation.vocabulary import Status

EMPTIED = "spam emptied"
"""Kind of event."""


def empty(moderator_id: int, targets: Sequence[Target], now: datetime) -> Outcome:
    """See `Review.empty`."""
    wanted = {target.id: target.version for target in targets if 0 < target.id <= LARGEST_ID}
    with writing() as session:
        seen = seen_now(wanted)
        done = [row for row in (seen[n] for n in sorted(seen)) if _is_emptied(row, wanted[row.id], now)]
        ids = [row.id for row in done]
        _forget(ids)
        campaigns.forget(ids)
        campaigns.follow(ids)
        search.forget(ids)
        _count(done)
        if ids:
            detail = {"comments": ids}
            session.add(Event(happened_at=now, moderator_id=moderator_id, kind=EMPTIED, detail=detail))
        left = standings([comment_id for comment_id in sorted(seen) if comment_id not in set(ids)])
        unknown = tuple(sorted({target.id for target in targets} - set(seen)))
        return Outcome(tuple(ids), (), left, unknown)


def _is_emptied(row: Seen, version: int, now: datetime) -> bool:
    """Make a tombstone of it, if it is still spam as it was seen."""
    emptied = {"name": "", "website": "", "mark": None, "check_chance": None, "proposal": None}
    result = db.session.execute(
        update(Comment)
        .where(Comment.id == row.id, Comment.version == version, Comment.status == Status.SPAM)
        .values(status=Status.ERASED, version=version + 1, changed_at=now, **emptied)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


def _forget(ids: Sequence[int]) -> None:
    db.session.execute(
        update(CommentText)
        .where(CommentText.comment_id.in_(ids))
        .values(text="")
        .execution_options(synchronize_session=False)
    )
    for table in (Link, Contact, Note, Claim):
        db.session.execute(
            delete(table).where(table.comment_id.in_(ids)).execution_options(synchronize_session=False)
        )


def _count(done: Sequence[Seen]) -> None:
    spam = Counter(row.article_id for row in done)
    checks = Counter(row.article_id for row in done if row.check_chance is not None)
    for article_id in sorted(spam):
        db.session.execute(
            update(Article)
            .where(Article.id == article_id)
            .values(
                spam_count=Article.spam_count - spam[article_id],
                check_count=Article.check_count - checks[article_id],
            )
            .execution_options(synchronize_session=False)
        )
