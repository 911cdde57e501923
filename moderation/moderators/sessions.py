"""Sessions: which browsers are signed in, and how each of them is ended."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update

from models import Moderator, Session, Statement, db, writing
from moderation.errors import NotFound
from moderation.moderators import tickets
from moderation.moderators.events import note, note_by
from moderation.vocabulary import Role

LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who sits at the browser that holds a session's token."""

    moderator_id: int
    name: str
    role: Role
    session_id: int


@dataclass(frozen=True, slots=True)
class Browser:
    """What is kept of a browser: the keyed fingerprint of its network, and two words of ours for it."""

    network_fingerprint: bytes | None
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session that stands, as lists show it."""

    id: int
    agent: str
    method: str
    started_at: datetime
    expires_at: datetime


def begin(moderator_id: int, browser: Browser, method: str, now: datetime, lasting: timedelta) -> str:
    """A new session's token, which is told once and kept nowhere; inside a transaction of the caller's."""
    token = secrets.token_urlsafe(32)
    session = Session(
        token_digest=tickets.digest(token),
        moderator_id=moderator_id,
        network_fingerprint=browser.network_fingerprint,
        started_at=now,
        expires_at=now + lasting,
        method=method,
        agent=browser.agent,
    )
    db.session.add(session)
    return token


def begin_anew(moderator_id: int, browser: Browser, now: datetime, lasting: timedelta) -> str:
    """A new session for a browser whose owner has just proved who they are; returns its token."""
    with writing():
        token = begin(moderator_id, browser, "new password", now, lasting)
        note("signed in", moderator_id, now, by="new password")
    return token


def session_of(token: str, now: datetime) -> SignedIn | None:
    """Who holds this token, if its session still stands."""
    if not token or len(token) > tickets.LONGEST_TOKEN:
        return None
    row = _HELD.first(digest=tickets.digest(token), now=now, latest=now + tickets.CLOCKS_DIFFER)
    return SignedIn(row.moderator_id, row.name, row.role, row.id) if row else None


def of(moderator_id: int, now: datetime) -> list[SessionView]:
    """The sessions of an account that stand, the newest first."""
    rows = db.session.scalars(
        select(Session)
        .where(Session.moderator_id == moderator_id, *_standing(now))
        .order_by(Session.id.desc())
        .limit(200)
    )
    return [SessionView(row.id, row.agent, row.method, row.started_at, row.expires_at) for row in rows]


def counted(now: datetime) -> dict[int, int]:
    """How many sessions of each account stand."""
    each = select(Session.moderator_id, func.count()).where(*_standing(now)).group_by(Session.moderator_id)
    return {row[0]: row[1] for row in db.session.execute(each)}


def sign_out(signed_in: SignedIn, now: datetime) -> None:
    """End this one session."""
    with writing():
        end_in_transaction(signed_in.moderator_id, now, Session.id == signed_in.session_id)
        note("signed out", signed_in.moderator_id, now)


def end(session_id: int, moderator_id: int, by: int, now: datetime) -> None:
    """End one session of an account.

    Raises
    ------
    NotFound
        The account has no such session that stands.
    """
    with writing():
        which = Session.id == session_id
        if not 0 < session_id <= LARGEST_ID or not end_in_transaction(moderator_id, now, which):
            raise NotFound("This session has ended already, or there never was one of this number.")
        note_by("session ended", by, moderator_id, now, session=session_id)


def end_all(moderator_id: int, by: int, now: datetime, but: int = 0) -> int:
    """End all sessions of an account, but for one where it is named; returns how many."""
    with writing():
        count = end_in_transaction(moderator_id, now, Session.id != but)
        if not but:
            tickets.void(moderator_id, now)
        note_by("sessions ended", by, moderator_id, now, count=count)
    return count


def end_in_transaction(moderator_id: int, now: datetime, *which: Any) -> int:
    """End sessions inside a transaction of the caller's; returns how many stood."""
    ended = db.session.execute(
        update(Session)
        .where(Session.moderator_id == moderator_id, Session.ended_at.is_(None), *which)
        .values(ended_at=now)
        .returning(Session.expires_at)
    )
    return sum(until > now for until in ended.scalars())


def _standing(now: datetime) -> tuple[Any, ...]:
    """What a session is that holds; one that was begun while the clock was ahead would hold for too long."""
    return _stands(now, now + tickets.CLOCKS_DIFFER)


def _stands(now: Any, latest: Any) -> tuple[Any, ...]:
    return Session.ended_at.is_(None), Session.expires_at > now, Session.started_at <= latest


# Asked by every page of the desk.
_HELD = Statement(
    select(Session.id, Moderator.id.label("moderator_id"), Moderator.name, Moderator.role)
    .join(Moderator, Moderator.id == Session.moderator_id)
    .where(Session.token_digest == bindparam("digest"), *_stands(bindparam("now"), bindparam("latest")))
    .where(Moderator.disabled_at.is_(None))
)
