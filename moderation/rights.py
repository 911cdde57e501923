"""What a person may expect to be forgotten, and the sweep that forgets it.

Every part of a contact carries its own day of forgetting; when it has come, the part is emptied and the comment
stays. Ended sessions go a day after their end.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.engine import CursorResult

from models import Contact, Session, writing

BATCH = 500
"""Rows that one transaction forgets, so that readers who post meanwhile do not wait for long."""

SESSIONS_KEPT = timedelta(days=1)

_PARTS = {
    Contact.address_until: ("sealed_address", "key_id", "address_fingerprint", "address_until"),
    Contact.network_until: ("network_fingerprint", "network_until"),
    Contact.token_until: ("token_fingerprint", "token_until"),
}


def forget_due(now: datetime, batch: int = BATCH) -> int:
    """Empty the parts of contacts whose day has come, at most `batch` of each kind; returns how many."""
    return sum(_emptied(until <= now, columns, batch) for until, columns in _PARTS.items())


def forget_sessions(now: datetime, batch: int = BATCH) -> int:
    """Delete sessions that ended more than a day ago, at most `batch`; returns how many."""
    over = or_(Session.ended_at <= now - SESSIONS_KEPT, Session.expires_at <= now - SESSIONS_KEPT)
    with writing() as session:
        due = select(Session.id).where(over).limit(batch)
        result: CursorResult[Any] = session.execute(delete(Session).where(Session.id.in_(due)))  # type: ignore[assignment]
        return result.rowcount


def _emptied(is_due: ColumnElement[bool], columns: tuple[str, ...], batch: int) -> int:
    with writing() as session:
        due = select(Contact.comment_id).where(is_due).limit(batch)
        emptying = update(Contact).where(Contact.comment_id.in_(due)).values(dict.fromkeys(columns))
        result: CursorResult[Any] = session.execute(emptying)  # type: ignore[assignment]
        return result.rowcount
