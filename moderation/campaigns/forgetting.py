"""Sketches are forgotten: with the texts they were made from, and once they are too old to meet anybody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, and_, delete, or_, select, update

from models import Comment, Likeness, LikenessPlace, db, writing
from moderation.campaigns.joining import alone
from moderation.spam.likeness import Sketch

BATCH = 500


def forget(comment_ids: Collection[int]) -> int:
    """Forget what these comments say; part of the transaction that erases or empties their texts.

    Returns at how many places they stood.
    """
    alone()
    rows = db.session.execute(
        select(Likeness.comment_id, Likeness.sketch).where(
            Likeness.comment_id.in_(comment_ids), Likeness.sketch.is_not(None)
        )
    ).all()
    at = [
        and_(LikenessPlace.place.in_(stood), LikenessPlace.comment_id == row.comment_id)
        for row in rows
        if row.sketch and (stood := Sketch.from_bytes(row.sketch).places)
    ]
    places = 0
    for start in range(0, len(at), 20):
        gone = delete(LikenessPlace).where(or_(*at[start : start + 20]))
        done = db.session.execute(gone.execution_options(synchronize_session=False))
        places += cast("CursorResult[Any]", done).rowcount
    ours = Likeness.comment_id.in_([row.comment_id for row in rows])
    emptied = update(Likeness).where(ours).values(sketch=None)
    db.session.execute(emptied.execution_options(synchronize_session=False))
    return places


def forget_old(before: datetime, batch: int = BATCH) -> int:
    """Forget sketches of comments that arrived before that, at most `batch`; returns how many.

    What a comment belongs to stays known.
    """
    with writing() as session:
        newest = select(Comment.id).where(Comment.arrived_at <= before)
        newest = newest.order_by(Comment.arrived_at.desc(), Comment.id.desc())
        last = session.scalar(newest.limit(1))
        if last is None:
            return 0
        old = select(Likeness.comment_id).where(Likeness.sketch.is_not(None), Likeness.comment_id <= last)
        ids = list(session.scalars(old.order_by(Likeness.comment_id).limit(batch)))
        if ids:
            forget(ids)
        return len(ids)
