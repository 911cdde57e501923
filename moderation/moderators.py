"""The people at the desk: their accounts, and the sessions of their browsers.

A session is a row. The browser holds 256 random bits, the row only their SHA-256, and whatever ends a session
(signing out, time, a new password, disabling) ends it here, on the server. Signing in does the same work and
leaves the same kind of trace whether the name is known or not.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from models import Event, Moderator, Session, db, writing
from moderation import passwords, privacy
from moderation.errors import Fault, FormFaults, NotFound, SignInRefused
from moderation.vocabulary import Role

LONGEST_NAME = 60
LONGEST_SESSION_TOKEN = 100


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who sits at the browser that holds a session's token."""

    moderator_id: int
    name: str
    role: Role
    session_id: int


@dataclass(frozen=True, slots=True)
class Account:
    """An account as lists show it."""

    id: int
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


def add(name: str, role: Role, password: str, now: datetime) -> int:
    """Make an account, or bring a disabled one back with this role and password; returns its id.

    Raises
    ------
    FormFaults
        The name is taken or no name, or the password is not good enough.
    """
    name, key = _shown(name), name_key(name)
    _refuse(_name_fault(name, key), field="name")
    _refuse(passwords.fault(password, name), field="password")
    kept = passwords.hashed(password)
    try:
        with writing() as session:
            row = _row(key)
            if row is not None and row.disabled_at is None:
                _refuse("There is an account of this name already.", field="name")
            if row is None:
                row = Moderator(name_key=key, created_at=now)
                session.add(row)
            row.name, row.role, row.password_hash, row.disabled_at = name, role, kept, None
            session.flush()
            _note("account made", row.id, now, role=role.value)
            return row.id
    except IntegrityError:  # somebody else made it at the same moment
        raise FormFaults([Fault("name", "There is an account of this name already.")]) from None


def disable(name: str, now: datetime) -> None:
    """Close an account to signing in, and end its sessions at once.

    Raises
    ------
    NotFound
    """
    with writing():
        row = _known(name)
        row.disabled_at = row.disabled_at or now
        _end_sessions(row.id, now)
        _note("account disabled", row.id, now)


def set_password(name: str, password: str, now: datetime) -> None:
    """Give an account another password, and end its sessions.

    Raises
    ------
    NotFound, FormFaults
    """
    known = _known(name)
    _refuse(passwords.fault(password, known.name), field="password")
    kept = passwords.hashed(password)
    with writing():
        row = _known(name)
        row.password_hash = kept
        _end_sessions(row.id, now)
        _note("password set", row.id, now)


def people() -> list[Account]:
    """All accounts, in the order of their names."""
    rows = db.session.scalars(select(Moderator).order_by(Moderator.name_key))
    return [Account(row.id, row.name, row.role, row.created_at, row.disabled_at) for row in rows]


def sign_in(
    name: str, password: str, network_fingerprint: bytes | None, now: datetime, lasting: timedelta
) -> str:
    """Begin a session and return its token, which is told once and kept nowhere.

    Parameters
    ----------
    network_fingerprint
        Keyed fingerprint of the network the browser is in, never the network.
    lasting
        When the session ends, counted from now, however much it is used.

    Raises
    ------
    SignInRefused
        The same for an unknown name, a wrong password and a disabled account.
    """
    row = _row(name_key(name))
    seen = row.password_hash if row and row.disabled_at is None else passwords.NOBODY
    is_right = passwords.matches(seen, password)
    renewed = passwords.hashed(password) if is_right and passwords.is_outdated(seen) else seen
    with writing() as session:
        row = session.get(Moderator, row.id if row else 0, populate_existing=True)
        token = None
        if is_right and row and row.disabled_at is None and row.password_hash == seen:
            row.password_hash = renewed
            token = _begin_session(row.id, network_fingerprint, now, lasting)
        _note("signed in" if token else "sign-in refused", row.id if row else None, now)
    if token is None:
        raise SignInRefused
    return token


def session_of(token: str, now: datetime) -> SignedIn | None:
    """Who holds this token, if its session still stands."""
    if not token or len(token) > LONGEST_SESSION_TOKEN:
        return None
    row = db.session.execute(
        select(Session.id, Moderator.id.label("moderator_id"), Moderator.name, Moderator.role)
        .join(Moderator, Moderator.id == Session.moderator_id)
        .where(
            Session.token_digest == _digest(token),
            Session.ended_at.is_(None),
            Session.expires_at > now,
            Moderator.disabled_at.is_(None),
        )
    ).first()
    return SignedIn(row.moderator_id, row.name, row.role, row.id) if row else None


def sign_out(signed_in: SignedIn, now: datetime) -> None:
    """End this one session."""
    with writing():
        _end_sessions(signed_in.moderator_id, now, Session.id == signed_in.session_id)
        _note("signed out", signed_in.moderator_id, now)


def change_password(signed_in: SignedIn, current: str, new: str, now: datetime) -> None:
    """Change one's own password, which ends all of one's sessions, this one too.

    Raises
    ------
    FormFaults
        The current password is wrong, or the new one is not good enough.
    """
    row = db.session.get(Moderator, signed_in.moderator_id, populate_existing=True)
    seen = row.password_hash if row else passwords.NOBODY
    if not passwords.matches(seen, current):
        with writing():
            _note("password change refused", signed_in.moderator_id, now)
        _refuse("This is not your present password.", field="current")
    _refuse(passwords.fault(new, signed_in.name), field="new")
    kept = passwords.hashed(new)
    with writing() as session:
        row = session.get_one(Moderator, signed_in.moderator_id, populate_existing=True)
        if row.password_hash != seen:
            _refuse("This is not your present password.", field="current")
        row.password_hash = kept
        _end_sessions(row.id, now)
        _note("password changed", row.id, now)


def name_key(name: str) -> str:
    """The one form in which names are compared, whatever their case, width or spaces around.

    >>> name_key(" Ｍax ") == name_key("MAX")
    True
    """
    key = unicodedata.normalize("NFKC", _shown(name[: LONGEST_NAME * 4]).casefold())
    return "".join("\ufffd" if _is_unseen(each) else each for each in key)  # no account has one in its name


def _shown(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split())


def _name_fault(name: str, key: str) -> str | None:
    if not name:
        return "An account needs a name."
    if max(len(name), len(key)) > LONGEST_NAME:
        return f"A name may have {LONGEST_NAME} characters at most."
    if any(map(_is_unseen, name)):
        return "A name is made of letters, digits and signs that can be seen."
    if privacy.has_address(name):
        return "This is an e-mail address, which is not kept in clear. Please give a name."
    return "This name is taken by the house." if key in _HOUSE_NAMES else None


def _is_unseen(character: str) -> bool:
    """Whether it is a control, half of a pair, or another character that no keyboard makes."""
    return unicodedata.category(character)[0] == "C"


_HOUSE_NAMES = {"the policy", "nobody"}


def _refuse(sentence: str | None, field: str) -> None:
    if sentence:
        raise FormFaults([Fault(field, sentence)])


def _row(key: str) -> Moderator | None:
    return db.session.scalar(
        select(Moderator).where(Moderator.name_key == key).execution_options(populate_existing=True)
    )


def _known(name: str) -> Moderator:
    row = _row(name_key(name))
    if row is None:
        raise NotFound("There is no account of this name.")
    return row


def _begin_session(
    moderator_id: int, network_fingerprint: bytes | None, now: datetime, lasting: timedelta
) -> str:
    token = secrets.token_urlsafe(32)
    session = Session(
        token_digest=_digest(token),
        moderator_id=moderator_id,
        network_fingerprint=network_fingerprint,
        started_at=now,
        expires_at=now + lasting,
    )
    db.session.add(session)
    return token


def _end_sessions(moderator_id: int, now: datetime, *which: Any) -> None:
    db.session.execute(
        update(Session)
        .where(Session.moderator_id == moderator_id, Session.ended_at.is_(None), *which)
        .values(ended_at=now)
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _note(kind: str, moderator_id: int | None, now: datetime, **detail: str) -> None:
    """A line in the trail. Of a refused sign-in it says no typed name, which may be a password gone astray."""
    db.session.add(Event(happened_at=now, moderator_id=moderator_id, kind=kind, detail=detail))
