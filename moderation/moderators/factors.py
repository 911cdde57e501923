"""Second factors: an authenticator app, passkeys, and recovery codes for the day on which both are lost.

An account with a factor needs it to sign in. Secrets are sealed for their row; a one-time code (RFC 6238) counts
once, since the step it was made in is kept and does not go back; of a recovery code only the SHA-256 is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

import pyotp
import structlog
from sqlalchemy import delete, func, select

from models import Credential, Ticket, db, writing
from moderation.errors import Fault, FormFaults, NotFound, SealBroken
from moderation.moderators import tickets
from moderation.moderators.events import note, note_by
from moderation.moderators.sessions import LARGEST_ID, SignedIn
from moderation.moderators.tickets import Purpose
from moderation.privacy import Sealed, Vault

log = structlog.get_logger("gatepost.moderators")

AUTHENTICATOR, PASSKEY, RECOVERY = "authenticator", "passkey", "recovery"
CODES = 10
SETTING_UP = timedelta(minutes=15)
STEP_SECONDS = 30
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # without those that are taken for others (Crockford's base32)


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor, as lists show it."""

    id: int
    kind: str
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """All second factors of an account, and how many recovery codes are left."""

    standing: tuple[Factor, ...] = ()
    codes_left: int = 0

    @property
    def has_passkey(self) -> bool:
        """Whether one of them is a passkey."""
        return any(each.kind == PASSKEY for each in self.standing)

    @property
    def has_authenticator(self) -> bool:
        """Whether one of them is an authenticator app."""
        return any(each.kind == AUTHENTICATOR for each in self.standing)


@dataclass(frozen=True, slots=True)
class Setup:
    """What an authenticator app needs: the address a QR code holds, the secret to type, and the way to finish."""

    ticket: str
    uri: str = field(repr=False)
    secret: str = field(repr=False)


def of(moderator_id: int) -> Factors:
    """The second factors of an account, oldest first."""
    rows = db.session.scalars(
        select(Credential).where(Credential.moderator_id == moderator_id).order_by(Credential.id)
    ).all()
    standing = tuple(
        Factor(row.id, row.kind, row.name, row.created_at, row.used_at)
        for row in rows
        if row.kind != RECOVERY
    )
    return Factors(standing, sum(row.kind == RECOVERY for row in rows))


def protected() -> set[int]:
    """Which accounts have a second factor."""
    return set(
        db.session.scalars(select(Credential.moderator_id).where(Credential.kind != RECOVERY).distinct())
    )


def begin_authenticator(vault: Vault, me: SignedIn, site_name: str, now: datetime) -> Setup:
    """A secret for an authenticator app; it counts from the first right code on."""
    secret = pyotp.random_base32()
    with writing() as session:
        token, row = tickets.issue(Purpose.NEW_AUTHENTICATOR, now, SETTING_UP, moderator_id=me.moderator_id)
        sealed = vault.seal_secret(secret, ticket_context(row))
        row.sealed_secret, row.key_id = sealed.data, sealed.key_id
        session.flush()
    return _setup(token, secret, me, site_name)


def authenticator_begun(vault: Vault, me: SignedIn, ticket: str, site_name: str, now: datetime) -> Setup:
    """The same again, after a wrong code.

    Raises
    ------
    NotFound
        It took too long, or too many wrong codes were tried.
    """
    row = _begun(me, ticket, now)
    return _setup(ticket, _ticket_secret(vault, row), me, site_name)


def finish_authenticator(
    vault: Vault, me: SignedIn, ticket: str, code: str, now: datetime
) -> tuple[str, ...]:
    """Put the authenticator to use, in place of a former one; returns new recovery codes, if it is the first factor.

    Raises
    ------
    NotFound, FormFaults
    """
    with writing():
        row = _begun(me, ticket, now)
        secret = _ticket_secret(vault, row)
        step = step_of(secret, code, now, after=0)
        if step is None:
            tickets.count_a_try(row, now)
        else:
            row.used_at = now
            _remove(Credential.moderator_id == me.moderator_id, Credential.kind == AUTHENTICATOR)
            keep(vault, me.moderator_id, AUTHENTICATOR, "Authenticator app", secret, now=now, counter=step)
            note("authenticator added", me.moderator_id, now)
            return first_codes(me.moderator_id, now)
    raise FormFaults([Fault("code", "This is not the code that the app shows now. Please try the next one.")])


def renew_codes(me: SignedIn, now: datetime) -> tuple[str, ...]:
    """New recovery codes; the former ones open nothing any more.

    Raises
    ------
    NotFound
        There is no second factor to recover from.
    """
    with writing():
        if not _has_factor(me.moderator_id):
            raise NotFound("Recovery codes come with a second step. There is none yet.")
        codes = _new_codes(me.moderator_id, now)
        note("recovery codes renewed", me.moderator_id, now)
    return codes


def remove(me: SignedIn, credential_id: int, now: datetime) -> None:
    """Take one of one's own factors off; with the last one the recovery codes go.

    Raises
    ------
    NotFound
    """
    with writing() as session:
        row = session.get(Credential, credential_id) if 0 < credential_id <= LARGEST_ID else None
        if row is None or row.moderator_id != me.moderator_id or row.kind == RECOVERY:
            raise NotFound("There is no such second step in your account.")
        note(f"{row.kind} removed", me.moderator_id, now, credential=row.id)
        session.delete(row)
        session.flush()
        if not _has_factor(me.moderator_id):
            _remove(Credential.moderator_id == me.moderator_id)


def remove_all(account_id: int, by: int | None, now: datetime) -> int:
    """Take all second factors of an account off, for somebody who lost them; returns how many there were."""
    with writing():
        count = len(of(account_id).standing)
        _remove(Credential.moderator_id == account_id)
        note_by("second factors removed", by, account_id, now, count=count)
    return count


def use_code(vault: Vault, moderator_id: int, typed: str, now: datetime) -> str | None:
    """What a typed code proves, in words; None where it proves nothing. Inside a transaction of the caller's."""
    code = "".join(each for each in typed.casefold() if each.isalnum())[:40]
    if code.isascii() and code.isdigit() and len(code) == 6:
        return "password and authenticator" if _use_authenticator(vault, moderator_id, code, now) else None
    used = (  # found and taken away at once: of two who have it at the same time one has it first
        delete(Credential)
        .where(
            Credential.handle == tickets.digest(_code_name(moderator_id, code)),
            Credential.kind == RECOVERY,
            Credential.moderator_id == moderator_id,
        )
        .returning(Credential.id)
    )
    return "password and recovery code" if db.session.scalar(used) else None


def keep(
    vault: Vault,
    moderator_id: int,
    kind: str,
    name: str,
    secret: str,
    *,
    now: datetime,
    counter: int = 0,
    handle: bytes | None = None,
) -> None:
    """Store a factor with its secret sealed for its row. Inside a transaction of the caller's."""
    row = Credential(
        moderator_id=moderator_id, kind=kind, name=name, counter=counter, handle=handle, created_at=now
    )
    db.session.add(row)
    db.session.flush()
    sealed = vault.seal_secret(secret, seal_context(row))
    row.sealed_secret, row.key_id = sealed.data, sealed.key_id


def opened(vault: Vault, row: Credential) -> str:
    """The secret of a stored factor; nothing where it does not open, which then proves nothing."""
    try:
        return vault.open_secret(Sealed(row.key_id or "", row.sealed_secret or b""), seal_context(row))
    except SealBroken:
        log.error("a second factor does not open with the keys of this installation", credential=row.id)
        return ""


def first_codes(moderator_id: int, now: datetime) -> tuple[str, ...]:
    """Recovery codes where there are none yet. Inside a transaction of the caller's."""
    return () if of(moderator_id).codes_left else _new_codes(moderator_id, now)


def step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The step of thirty seconds a one-time code was made in: this one or a neighbour, and later than `after`."""
    if not secret:
        return None
    maker, this = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    typed = code.encode("utf-8", "replace")
    fitting = [
        step
        for step in (this - 1, this, this + 1)
        if compare_digest(maker.generate_otp(step).encode(), typed) and step > after
    ]
    return fitting[-1] if fitting else None


def _use_authenticator(vault: Vault, moderator_id: int, code: str, now: datetime) -> bool:
    rows = db.session.scalars(
        select(Credential)
        .where(Credential.moderator_id == moderator_id, Credential.kind == AUTHENTICATOR)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for row in rows:
        if (step := step_of(opened(vault, row), code, now, after=row.counter)) is not None:
            row.counter, row.used_at = step, now
            return True
    return False


def _begun(me: SignedIn, ticket: str, now: datetime) -> Ticket:
    row = tickets.find(Purpose.NEW_AUTHENTICATOR, ticket, now)
    if row is None or row.moderator_id != me.moderator_id:
        raise NotFound("This took too long, or too many codes were tried. Please begin again.")
    return row


def _ticket_secret(vault: Vault, row: Ticket) -> str:
    return vault.open_secret(Sealed(row.key_id or "", row.sealed_secret or b""), ticket_context(row))


def _setup(ticket: str, secret: str, me: SignedIn, site_name: str) -> Setup:
    uri = pyotp.TOTP(secret).provisioning_uri(name=me.name, issuer_name=site_name.replace(":", " "))
    return Setup(ticket, uri, " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)))


def _has_factor(moderator_id: int) -> bool:
    wanted = select(func.count()).where(Credential.moderator_id == moderator_id, Credential.kind != RECOVERY)
    return bool(db.session.scalar(wanted))


def _new_codes(moderator_id: int, now: datetime) -> tuple[str, ...]:
    _remove(Credential.moderator_id == moderator_id, Credential.kind == RECOVERY)
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(CODES)]
    for code in codes:
        handle = tickets.digest(_code_name(moderator_id, code))
        db.session.add(
            Credential(moderator_id=moderator_id, kind=RECOVERY, handle=handle, counter=0, created_at=now)
        )
    return tuple("-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes)


def _remove(*which: object) -> None:
    conditions: Sequence[object] = which
    db.session.execute(delete(Credential).where(*conditions))  # type: ignore[arg-type]


def _code_name(moderator_id: int, code: str) -> str:
    return f"recovery {moderator_id} {code}"


def seal_context(row: Credential) -> str:
    """The row that a second factor's secret is bound to."""
    return f"credential:{row.id}"


def ticket_context(row: Ticket) -> str:
    """The row that the secret of a factor is bound to that is being set up."""
    return f"ticket:{row.id}"
