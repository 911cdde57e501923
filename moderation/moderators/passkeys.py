"""Passkeys: signing in with what a browser keeps, proved by a signature over a challenge (W3C Web Authentication).

The library verifies; here stands what is asked and what is kept. A challenge is a ticket: it is known here, good
for five minutes, and for one answer. A passkey is asked to verify its owner (by finger, face or PIN), so that it is
two factors by itself.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib import import_module
from typing import Any

from sqlalchemy import select

from models import Credential, Moderator, db, writing
from moderation.errors import Fault, FormFaults, PasskeyRefused, Refused
from moderation.moderators import factors, tickets
from moderation.moderators.events import note
from moderation.moderators.sessions import SignedIn
from moderation.moderators.tickets import Purpose
from moderation.privacy import Vault

GOOD_FOR = timedelta(minutes=5)
LONGEST_ANSWER = 20_000
LONGEST_NAME = 60
MOST = 20
"""Passkeys that one account may have."""


class _NoAnswer(Exception):
    """What was sent is no answer to a challenge of ours."""


@cache
def _library() -> Any:
    """Read in with the first passkey: a third of a second and 10 MB that most installations never need."""
    return import_module("webauthn")


@contextmanager
def _reading() -> Iterator[None]:
    """The library at work on bytes of anybody's making: whatever it raises at them, they are no answer."""
    try:
        yield
    except Exception as error:
        raise _NoAnswer from error


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys are good: the host they are bound to, the origin that asks, and the publication's name."""

    host: str
    origin: str
    name: str


def ask_to_sign_in(site: Site, now: datetime) -> str:
    """A challenge for whoever wants to sign in by a passkey, as the browser takes it (JSON)."""
    with writing():
        token, _ = tickets.issue(Purpose.PASSKEY, now, GOOD_FOR)
    structs = _library().helpers.structs
    options = _library().generate_authentication_options(
        rp_id=site.host,
        challenge=_bytes(token),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return str(_library().helpers.options_to_json(options))


def ask_to_add(vault: Vault, me: SignedIn, site: Site, now: datetime) -> str:
    """A challenge to make a new passkey for one's own account, as the browser takes it (JSON).

    Raises
    ------
    Refused
        There are as many as an account may have.
    """
    with writing():
        known = _known(vault, me.moderator_id)
        if len(known) >= MOST:
            raise Refused(f"An account may have {MOST} passkeys. Please remove one first.")
        token, _ = tickets.issue(Purpose.NEW_PASSKEY, now, GOOD_FOR, moderator_id=me.moderator_id)
    options = _library().generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=f"gatepost {me.moderator_id}".encode(),
        user_name=me.name,
        challenge=_bytes(token),
        authenticator_selection=_library().helpers.structs.AuthenticatorSelectionCriteria(
            resident_key=_library().helpers.structs.ResidentKeyRequirement.REQUIRED,
            user_verification=_library().helpers.structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            _library().helpers.structs.PublicKeyCredentialDescriptor(id=each) for each in known
        ],
    )
    return str(_library().helpers.options_to_json(options))


def add(vault: Vault, me: SignedIn, site: Site, answer: str, *, name: str, now: datetime) -> tuple[str, ...]:
    """Keep the passkey that the browser made; returns new recovery codes, if it is the first factor.

    Raises
    ------
    FormFaults
        The answer is none, comes too late, or does not fit the challenge.
    """
    try:
        with _reading():
            credential = _library().helpers.parse_registration_credential_json(answer[:LONGEST_ANSWER])
            challenge = (
                _library().helpers.parse_client_data_json(credential.response.client_data_json).challenge
            )
        with writing():
            _use_ticket(Purpose.NEW_PASSKEY, challenge, now, me.moderator_id)
        with _reading():
            made = _library().verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
    except _NoAnswer:
        raise FormFaults([Fault("passkey", _NOT_MADE)]) from None
    secret = json.dumps({"id": _text(made.credential_id), "key": _text(made.credential_public_key)})
    handle = sha256(made.credential_id).digest()
    with writing() as session:
        if session.scalar(select(Credential.id).where(Credential.handle == handle)):
            raise FormFaults([Fault("passkey", "This passkey is in use already.")])
        shown = " ".join(name.split())[:LONGEST_NAME] or "Passkey"
        factors.keep(
            vault,
            me.moderator_id,
            factors.PASSKEY,
            shown,
            secret,
            now=now,
            counter=made.sign_count,
            handle=handle,
        )
        note("passkey added", me.moderator_id, now)
        return factors.first_codes(me.moderator_id, now)


def proven(vault: Vault, site: Site, answer: str, now: datetime) -> Moderator:
    """Whose passkey signed the challenge. Inside a transaction of the caller's, who commits whatever comes of it.

    Raises
    ------
    PasskeyRefused
    """
    try:
        with _reading():
            credential = _library().helpers.parse_authentication_credential_json(answer[:LONGEST_ANSWER])
            challenge = (
                _library().helpers.parse_client_data_json(credential.response.client_data_json).challenge
            )
        _use_ticket(Purpose.PASSKEY, challenge, now)
        row = _found(credential.raw_id)
        with _reading():
            verified = _library().verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=_bytes(json.loads(factors.opened(vault, row))["key"]),
                credential_current_sign_count=row.counter,
                require_user_verification=True,
            )
    except _NoAnswer:
        raise PasskeyRefused from None
    row.counter, row.used_at = verified.new_sign_count, now
    return db.session.get_one(Moderator, row.moderator_id, populate_existing=True)


_NOT_MADE = "The browser made no passkey that could be kept. Please try again."


def _use_ticket(purpose: Purpose, challenge: bytes, now: datetime, moderator_id: int | None = None) -> None:
    row = tickets.find(purpose, _text(challenge), now)
    if row is None or row.moderator_id != moderator_id:
        raise _NoAnswer
    row.used_at = now


def _found(credential_id: bytes) -> Credential:
    handle = sha256(credential_id).digest()
    wanted = select(Credential).where(Credential.handle == handle, Credential.kind == factors.PASSKEY)
    row = db.session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise _NoAnswer
    return row


def _known(vault: Vault, moderator_id: int) -> list[bytes]:
    rows = db.session.scalars(
        select(Credential).where(Credential.moderator_id == moderator_id, Credential.kind == factors.PASSKEY)
    ).all()
    kept = [factors.opened(vault, row) for row in rows]
    return [_bytes(json.loads(each)["id"]) for each in kept if each]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
