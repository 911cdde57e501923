"""Invitations: a link that lets one person choose a password, once, until it runs out.

One kind makes an account, or brings a disabled one back; the other gives an account that stands a new password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from models import Moderator, Ticket, db, writing
from moderation import passwords
from moderation.errors import InvitationOver, NotFound, Refused
from moderation.moderators import accounts, tickets
from moderation.moderators.events import note, note_by
from moderation.moderators.tickets import Purpose
from moderation.vocabulary import Role

LONGEST_HOURS = 14 * 24


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that stands; `account_id` is the account it is a new password for, where there is one."""

    id: int
    name: str
    role: Role
    account_id: int | None
    made_by: str
    expires_at: datetime


def invite(name: str, role: Role, by: int | None, now: datetime, lasting: timedelta) -> str:
    """The token of a link that makes this account, or brings it back.

    Raises
    ------
    FormFaults
        There is an account of this name already, or it is no name.
    """
    accounts.refuse(accounts.name_fault(name), field="name")
    with writing():
        there = accounts.by_key(accounts.name_key(name))
        if there and there.disabled_at is None:
            accounts.refuse("There is an account of this name already.", field="name")
        detail = {"name": accounts.shown_name(name), "role": role.value}
        token, row = tickets.issue(Purpose.INVITATION, now, lasting, made_by_id=by, detail=detail)
        note("invited", by, now, invitation=row.id, role=role.value)
    return token


def renew_password(account_id: int, by: int | None, now: datetime, lasting: timedelta) -> str:
    """The token of a link that gives an account that stands a new password.

    Raises
    ------
    NotFound, Refused
    """
    with writing():
        account = accounts.account(account_id)
        if account.disabled_at is not None:
            raise Refused("This account is disabled. Invite its owner back by name.")
        token, row = tickets.issue(
            Purpose.INVITATION, now, lasting, moderator_id=account_id, made_by_id=by, detail={}
        )
        note_by("password link made", by, account_id, now, invitation=row.id)
    return token


def standing(now: datetime) -> list[Invitation]:
    """All that still hold, the newest first."""
    names = {each.id: each for each in accounts.people()}
    return [_invitation(row, names) for row in tickets.standing(Purpose.INVITATION, now)]


def withdraw(invitation_id: int, by: int, now: datetime) -> None:
    """Take an invitation back.

    Raises
    ------
    NotFound
    """
    with writing():
        rows = {row.id: row for row in tickets.standing(Purpose.INVITATION, now)}
        if invitation_id not in rows:
            raise NotFound("This invitation is over already, or there never was one of this number.")
        rows[invitation_id].used_at = now
        note("invitation withdrawn", by, now, invitation=invitation_id)


def read(token: str, now: datetime) -> Invitation:
    """What a link invites to.

    Raises
    ------
    InvitationOver
    """
    row = tickets.find(Purpose.INVITATION, token, now)
    if row is None:
        raise InvitationOver
    return _invitation(row, {each.id: each for each in accounts.people()})


def accept(token: str, password: str, now: datetime) -> str:
    """Make the account, or give it its new password; returns its name.

    Raises
    ------
    InvitationOver, FormFaults
    """
    asked = read(token, now)
    accounts.refuse(passwords.fault(password, asked.name), field="password")
    kept = passwords.hashed(password)
    try:
        with writing():
            row = tickets.find(Purpose.INVITATION, token, now)
            if row is None:
                raise InvitationOver
            row.used_at = now
            return _accepted(row, asked, kept, now)
    except IntegrityError:
        raise InvitationOver from None


def _accepted(row: Ticket, asked: Invitation, kept: str, now: datetime) -> str:
    if row.moderator_id is None:
        there = accounts.by_key(accounts.name_key(asked.name))
        if there and there.disabled_at is None:
            raise InvitationOver
        accounts.add_in_transaction(asked.name, asked.role, kept, now, row.made_by_id)
        return asked.name
    account = db.session.get(Moderator, row.moderator_id, populate_existing=True)
    if account is None or account.disabled_at is not None:
        raise NotFound
    accounts.set_hash(account, kept, now)
    note("password set by link", account.id, now, invitation=row.id)
    return account.name


def _invitation(row: Ticket, names: dict[int, accounts.Account]) -> Invitation:
    maker = names.get(row.made_by_id or 0)
    account = names.get(row.moderator_id or 0)
    return Invitation(
        row.id,
        account.name if account else row.detail["name"],
        account.role if account else Role(row.detail["role"]),
        row.moderator_id,
        maker.name if maker else "the command line",
        row.expires_at,
    )
