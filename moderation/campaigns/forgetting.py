"""Sketches are forgotten: with the texts they were made from, and once they are too old to meet anybody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, or_, select, update

from models import Comment, Likeness, LikenessPlace, db, writing
from moderation.campaigns.joining import alone
from moderation.spam.likeness import Sketch

KEPT = timedelta(days=90)
"""After so long a comment's sketch is forgotten. What it belongs to stays known."""

BATCH = 500


def forget(comment_ids: Collection[int]) -> None:
    """Forget what these comments say; part of the transaction that erases or empties their texts."""
    alone()
    rows = db.session.execute(
        select(Likeness.comment_id, Likeness.sketch).where(
            Likeness.comment_id.in_(comment_ids), Likeness.sketch.is_not(None)
        )
    ).all()
    at = [
        and_(LikenessPlace.place.in_(places), LikenessPlace.comment_id == row.comment_id)
        for row in rows
        if row.sketch and (places := Sketch.from_bytes(row.sketch).places)
    ]
    for start in range(0, len(at), 20):
        gone = delete(LikenessPlace).where(or_(*at[start : start + 20]))
        db.session.execute(gone.execution_options(synchronize_session=False))
    ours = Likeness.comment_id.in_([row.comment_id for row in rows])
    emptied = update(Likeness).where(ours).values(sketch=None)
    db.session.execute(emptied.execution_options(synchronize_session=False))


def forget_old(now: datetime, batch: int = BATCH) -> int:
    """Forget sketches of comments that arrived long ago, at most `batch`; returns how many."""
    with writing() as session:
        newest = select(func.max(Comment.id)).where(Comment.arrived_at <= now - KEPT)
        last = session.scalar(newest)
        if last is None:
            return 0
        old = select(Likeness.comment_id).where(Likeness.sketch.is_not(None), Likeness.comment_id <= last)
        ids = list(session.scalars(old.order_by(Likeness.comment_id).limit(batch)))
        if ids:
            forget(ids)
        return len(ids)
