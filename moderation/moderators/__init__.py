"""The people at the desk: accounts and roles, sessions of their browsers, second factors, invitations.

A session is a row. The browser holds 256 random bits, the row only their SHA-256, and whatever ends a session
(signing out, time, a new password, another hand, disabling) ends it here, on the server. Signing in does the same
work and leaves the same kind of trace whether the name is known or not.
"""

from __future__ import annotations

from moderation.moderators import factors, invitations, passkeys, sessions
from moderation.moderators.accounts import (
    LONGEST_NAME,
    Account,
    account,
    add,
    change_password,
    confirm,
    disable,
    disable_by,
    name_key,
    people,
    set_password,
    set_role,
)
from moderation.moderators.sessions import Browser, SignedIn, session_of, sign_out
from moderation.moderators.signing_in import Entered, second_step, sign_in, sign_in_by_passkey
from moderation.moderators.tickets import forget_tickets

__all__ = [
    "LONGEST_NAME",
    "Account",
    "Browser",
    "Entered",
    "SignedIn",
    "account",
    "add",
    "change_password",
    "confirm",
    "disable",
    "disable_by",
    "factors",
    "forget_tickets",
    "invitations",
    "name_key",
    "passkeys",
    "people",
    "second_step",
    "session_of",
    "sessions",
    "set_password",
    "set_role",
    "sign_in",
    "sign_in_by_passkey",
    "sign_out",
]
