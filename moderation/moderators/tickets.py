"""Tickets: something half done that whoever holds the token may finish, once and in time.

An invitation, the second step of signing in, the challenge a passkey has to sign. The token is told once; the row
holds its SHA-256 alone.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.engine import CursorResult

from models import Ticket, db, writing

LONGEST_TOKEN = 100
MOST_TRIES = 5
"""Wrong answers after which a ticket is of no more use."""

KEPT = timedelta(days=1)

CLOCKS_DIFFER = timedelta(minutes=5)
"""What was made so much later than now was made while the clock was ahead, and would hold for too long."""


class Purpose(StrEnum):
    """What a ticket is for."""

    SECOND_STEP = "second step"
    PASSKEY = "passkey"
    NEW_PASSKEY = "new passkey"
    NEW_AUTHENTICATOR = "new authenticator"
    INVITATION = "invitation"


def issue(
    purpose: Purpose,
    now: datetime,
    lasting: timedelta,
    *,
    moderator_id: int | None = None,
    made_by_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> tuple[str, Ticket]:
    """A new ticket's token, and its row; inside a transaction of the caller's."""
    token = secrets.token_urlsafe(32)
    row = Ticket(
        token_digest=digest(token),
        purpose=purpose.value,
        moderator_id=moderator_id,
        made_by_id=made_by_id,
        detail=detail or {},
        made_at=now,
        expires_at=now + lasting,
    )
    db.session.add(row)
    db.session.flush()
    return token, row


def find(purpose: Purpose, token: str, now: datetime) -> Ticket | None:
    """The ticket of this token if it still holds; inside a transaction nobody else uses it meanwhile."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    return db.session.scalar(
        select(Ticket)
        .where(Ticket.token_digest == digest(token), Ticket.purpose == purpose.value, _holds(now))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def count_a_try(row: Ticket, now: datetime) -> None:
    """Something wrong was presented with it."""
    row.tries += 1
    if row.tries >= MOST_TRIES:
        row.used_at = now


def void(moderator_id: int, now: datetime, *, with_invitations: bool = False) -> None:
    """What an account had half done is of no more use, nor are the invitations it made, where that is asked."""
    theirs = Ticket.moderator_id == moderator_id
    if with_invitations:
        theirs = or_(theirs, Ticket.made_by_id == moderator_id)
    db.session.execute(update(Ticket).where(theirs, Ticket.used_at.is_(None)).values(used_at=now))


def standing(purpose: Purpose, now: datetime) -> list[Ticket]:
    """All that still hold, the newest first."""
    wanted = select(Ticket).where(Ticket.purpose == purpose.value, _holds(now))
    return list(db.session.scalars(wanted.order_by(Ticket.id.desc()).limit(200)))


def forget_tickets(now: datetime, batch: int = 500) -> int:
    """Delete tickets that ran out more than a day ago, at most `batch`; returns how many."""
    with writing() as session:
        due = select(Ticket.id).where(Ticket.expires_at <= now - KEPT).limit(batch)
        result: CursorResult[Any] = session.execute(delete(Ticket).where(Ticket.id.in_(due)))  # type: ignore[assignment]
        return result.rowcount


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _holds(now: datetime) -> ColumnElement[bool]:
    return and_(Ticket.used_at.is_(None), Ticket.expires_at > now, Ticket.made_at <= now + CLOCKS_DIFFER)
