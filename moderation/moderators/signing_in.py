"""Signing in: by name and password, with a second step where the account has one, or by a passkey alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models import Moderator, db, writing
from moderation import passwords
from moderation.errors import CodeRefused, PasskeyRefused, SignInRefused, StepOver
from moderation.moderators import factors, passkeys, sessions, tickets
from moderation.moderators.accounts import by_key, name_key
from moderation.moderators.events import note
from moderation.moderators.passkeys import Site
from moderation.moderators.sessions import Browser
from moderation.moderators.tickets import Purpose
from moderation.privacy import Vault

SECOND_STEP_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Entered:
    """What a right password leads to: a session's token, or a ticket for the second step. Told once, kept nowhere."""

    session: str = field(default="", repr=False)
    second_step: str = field(default="", repr=False)


def sign_in(name: str, password: str, browser: Browser, now: datetime, lasting: timedelta) -> Entered:
    """Begin a session, or its second step.

    Parameters
    ----------
    lasting
        When the session ends, counted from now, however much it is used.

    Raises
    ------
    SignInRefused
        The same for an unknown name, a wrong password and a disabled account.
    """
    row = by_key(name_key(name))
    seen = row.password_hash if row and row.disabled_at is None else passwords.NOBODY
    is_right = passwords.matches(seen, password)
    renewed = passwords.hashed(password) if is_right and passwords.is_outdated(seen) else seen
    with writing() as session:
        row = session.get(Moderator, row.id if row else 0, populate_existing=True)
        entered = None
        if is_right and row and row.disabled_at is None and row.password_hash == seen:
            row.password_hash = renewed
            entered = _entered(row, browser, now, lasting)
        else:
            note("sign-in refused", row.id if row else None, now)
    if entered is None:
        raise SignInRefused
    return entered


def second_step(
    vault: Vault, ticket: str, code: str, browser: Browser, *, now: datetime, lasting: timedelta
) -> str:
    """Finish signing in by a code of the authenticator or a recovery code; returns the session's token.

    Raises
    ------
    StepOver, CodeRefused
    """
    with writing():
        row = tickets.find(Purpose.SECOND_STEP, ticket, now)
        if row is None or row.moderator_id is None:
            raise StepOver
        proof = factors.use_code(vault, row.moderator_id, code, now)
        if proof:
            row.used_at = now
            return _begun(row.moderator_id, browser, proof, now, lasting)
        tickets.count_a_try(row, now)
        note("second step refused", row.moderator_id, now)
    raise CodeRefused


def account_of(ticket: str, now: datetime) -> int | None:
    """Whose second step it is; None where the ticket holds no longer."""
    row = tickets.find(Purpose.SECOND_STEP, ticket, now)
    return row.moderator_id if row else None


def whose(ticket: str, now: datetime) -> str:
    """The name on a second step's ticket; nothing where it holds no longer."""
    account_id = account_of(ticket, now)
    return db.session.get_one(Moderator, account_id).name if account_id else ""


def sign_in_by_passkey(
    vault: Vault, site: Site, answer: str, browser: Browser, *, now: datetime, lasting: timedelta
) -> str:
    """Begin a session by what the browser answered to a challenge; returns its token.

    Raises
    ------
    PasskeyRefused
        The same for a passkey that is not known, a wrong answer and a disabled account.
    """
    token = ""
    with writing():
        try:
            row = passkeys.proven(vault, site, answer, now)
        except PasskeyRefused:
            note("sign-in refused", None, now, by="passkey")
        else:
            if row.disabled_at is None:
                token = _begun(row.id, browser, "passkey", now, lasting)
            else:
                note("sign-in refused", row.id, now, by="passkey")
    if not token:
        raise PasskeyRefused
    return token


def _entered(row: Moderator, browser: Browser, now: datetime, lasting: timedelta) -> Entered:
    if factors.of(row.id).standing:
        ticket, _ = tickets.issue(Purpose.SECOND_STEP, now, SECOND_STEP_FOR, moderator_id=row.id)
        note("second step asked", row.id, now)
        return Entered(second_step=ticket)
    return Entered(session=_begun(row.id, browser, "password", now, lasting))


def _begun(moderator_id: int, browser: Browser, method: str, now: datetime, lasting: timedelta) -> str:
    token = sessions.begin(moderator_id, browser, method, now, lasting)
    note("signed in", moderator_id, now, by=method)
    return token
