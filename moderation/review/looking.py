"""Who is looking at a comment: a soft claim for a few minutes, so that two people do not do the same work.

It locks nothing: whoever decides, decides. A claim that is not renewed is nobody's after its time, so that a laptop
that was closed holds nothing up.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, or_, select
from sqlalchemy.exc import IntegrityError

from models import Claim, Comment, Moderator, db, writing
from moderation.errors import NotFound
from moderation.review.values import LARGEST_ID, Looking

LASTS = timedelta(minutes=3)
"""How long a claim lasts unless it is renewed."""


def claim(comment_id: int, moderator_id: int, now: datetime) -> Looking:
    """Say that this moderator is looking; answers who is, which may be somebody who came first.

    Claims on other comments that the moderator had end with it.

    Raises
    ------
    NotFound
        There is no such comment.
    """
    if not 0 < comment_id <= LARGEST_ID or db.session.get(Comment, comment_id) is None:
        raise NotFound("There is no such comment.")
    try:
        _claim(comment_id, moderator_id, now)
    except IntegrityError:  # somebody else claimed it at the same moment
        db.session.rollback()
    found = looking(comment_id, now)
    return found or Looking(moderator_id, "", now)


def let_go(moderator_id: int, comment_id: int | None = None) -> None:
    """End the moderator's claims, or the one on this comment."""
    with writing() as session:
        mine = delete(Claim).where(Claim.moderator_id == moderator_id)
        session.execute(mine if comment_id is None else mine.where(Claim.comment_id == comment_id))


def looking(comment_id: int, now: datetime) -> Looking | None:
    """Who is looking at a comment just now."""
    row = db.session.execute(
        select(Claim.moderator_id, Moderator.name, Claim.until)
        .join(Moderator, Moderator.id == Claim.moderator_id)
        .where(Claim.comment_id == comment_id, Claim.until > now)
    ).first()
    return Looking(*row) if row else None


def forget(now: datetime) -> int:
    """Delete claims whose time is over, or that were made while the clock was ahead; returns how many."""
    with writing() as session:
        over = or_(Claim.until <= now, Claim.until > now + 2 * LASTS)
        result: CursorResult[int] = session.execute(delete(Claim).where(over))  # type: ignore[assignment]
        return result.rowcount


def _claim(comment_id: int, moderator_id: int, now: datetime) -> None:
    with writing() as session:
        session.execute(
            delete(Claim).where(Claim.moderator_id == moderator_id, Claim.comment_id != comment_id)
        )
        row = session.get(Claim, comment_id, populate_existing=True)
        if row is None:
            session.add(Claim(comment_id=comment_id, moderator_id=moderator_id, until=now + LASTS))
        elif row.moderator_id == moderator_id or row.until <= now:
            row.moderator_id, row.until = moderator_id, now + LASTS
