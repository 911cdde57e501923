"""Whose decision stands: the newest one of each comment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from models import Decision, Moderator, db
from moderation.review.values import THE_POLICY
from moderation.vocabulary import Status


@dataclass(frozen=True, slots=True)
class Latest:
    """The decision that stands: its id, whose it is, when, and from what it changed the comment."""

    id: int
    who: str
    moderator_id: int | None
    at: datetime
    from_status: Status | None


def latest(comment_ids: Collection[int]) -> dict[int, Latest]:
    """The newest decision of each of the comments, by the comment's id."""
    if not comment_ids:
        return {}
    newest = (
        select(func.max(Decision.id))
        .where(Decision.comment_id.in_(comment_ids))
        .group_by(Decision.comment_id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Decision.comment_id,
            Decision.id,
            Decision.moderator_id,
            Decision.decided_at,
            Decision.from_status,
            Moderator.name,
        )
        .outerjoin(Moderator, Moderator.id == Decision.moderator_id)
        .where(Decision.id.in_(newest))
    )
    return {
        row.comment_id: Latest(
            row.id, row.name or THE_POLICY, row.moderator_id, row.decided_at, row.from_status
        )
        for row in rows
    }
