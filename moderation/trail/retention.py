"""Who came and went when is forgotten after a time; the chain keeps the link, so that it still holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from models import Event, TrailLink, writing
from moderation.trail.words import COMINGS_AND_GOINGS


def forget_sign_ins(now: datetime, days: int, batch: int = 500) -> int:
    """Remove comings and goings older than `days`, at most `batch`, if they are bound; returns how many.

    The newest event always stays: SQLite would give its number to another one.
    """
    with writing() as session:
        bound = select(TrailLink.n).where(TrailLink.kind == "event", TrailLink.entry_id == Event.id).exists()
        due = session.scalars(
            select(Event.id)
            .where(
                Event.happened_at <= now - timedelta(days=days),
                Event.kind.in_(COMINGS_AND_GOINGS),
                Event.id < select(func.max(Event.id)).scalar_subquery(),
                bound,
            )
            .order_by(Event.happened_at)
            .limit(batch)
        ).all()
        theirs = update(TrailLink).where(TrailLink.kind == "event", TrailLink.entry_id.in_(due))
        session.execute(theirs.values(removed_at=now))
        session.execute(delete(Event).where(Event.id.in_(due)))
        return len(due)
