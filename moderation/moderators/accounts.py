"""Accounts: names, roles and passwords, and how an account is closed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from models import Moderator, db, writing
from moderation import passwords, privacy
from moderation.errors import Fault, FormFaults, NotFound, Refused
from moderation.moderators import sessions, tickets
from moderation.moderators.events import note, note_by
from moderation.moderators.sessions import LARGEST_ID, SignedIn
from moderation.vocabulary import Role

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Account:
    """An account as lists show it."""

    id: int
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


def add(name: str, role: Role, password: str, now: datetime, by: int | None = None) -> int:
    """Make an account, or bring a disabled one back with this role and password; returns its id.

    Parameters
    ----------
    by
        Whose hand made it; none on the command line.

    Raises
    ------
    FormFaults
        The name is taken or no name, or the password is not good enough.
    """
    refuse(name_fault(name), field="name")
    refuse(passwords.fault(password, name), field="password")
    kept = passwords.hashed(password)
    try:
        with writing():
            return add_in_transaction(name, role, kept, now, by)
    except IntegrityError:  # somebody else made it at the same moment
        raise FormFaults([Fault("name", _TAKEN)]) from None


def add_in_transaction(name: str, role: Role, password_hash: str, now: datetime, by: int | None) -> int:
    """See `add`; the name and the password were looked at before."""
    row = by_key(name_key(name))
    if row is not None and row.disabled_at is None:
        refuse(_TAKEN, field="name")
    if row is None:
        row = Moderator(name_key=name_key(name), created_at=now)
        db.session.add(row)
    row.name, row.role, row.password_hash, row.disabled_at = shown_name(name), role, password_hash, None
    db.session.flush()
    note_by("account made", by, row.id, now, role=role.value)
    return row.id


def disable(name: str, now: datetime) -> None:
    """Close an account to signing in, and end its sessions at once. On the command line, the last admin's too.

    Raises
    ------
    NotFound
    """
    with writing():
        _close(_known(name), None, now)


def disable_by(by: SignedIn, account_id: int, now: datetime) -> None:
    """The same by an admin's hand, which can be neither their own account nor the last admin's.

    Raises
    ------
    NotFound, Refused
    """
    with writing():
        admins = _admins_held()
        row = _numbered(account_id)
        _refuse_oneself(by, row)
        _refuse_the_last(row, admins)
        _close(row, by.moderator_id, now)


def set_role(by: SignedIn, account_id: int, role: Role, now: datetime) -> None:
    """Give an account another role. Its sessions end, so that no page of theirs shows what it may no more.

    Raises
    ------
    NotFound, Refused
    """
    with writing():
        admins = _admins_held()
        row = _numbered(account_id)
        _refuse_oneself(by, row)
        if row.disabled_at is not None:
            raise Refused("This account is disabled. Invite its owner back with the role you want.")
        if row.role is role:
            return
        _refuse_the_last(row, admins)
        former, row.role = row.role, role
        _sign_out_everywhere(row.id, now, with_invitations=True)
        note_by("role changed", by.moderator_id, row.id, now, role=role.value, former=former.value)


def set_password(name: str, password: str, now: datetime) -> None:
    """Give an account another password, and end its sessions.

    Raises
    ------
    NotFound, FormFaults
    """
    known = _known(name)
    refuse(passwords.fault(password, known.name), field="password")
    kept = passwords.hashed(password)
    with writing():
        set_hash(_known(name), kept, now)
        note_by("password set", None, known.id, now)


def set_hash(row: Moderator, password_hash: str, now: datetime) -> None:
    """Another password inside a transaction of the caller's: the account's sessions end."""
    row.password_hash = password_hash
    _sign_out_everywhere(row.id, now)


def people() -> list[Account]:
    """All accounts, in the order of their names."""
    return [_account(row) for row in db.session.scalars(select(Moderator).order_by(Moderator.name_key))]


def account(account_id: int) -> Account:
    """One account.

    Raises
    ------
    NotFound
    """
    return _account(_numbered(account_id))


def confirm(signed_in: SignedIn, current: str, now: datetime) -> None:
    """Make sure by their password that it is its owner who sits at the browser.

    Raises
    ------
    FormFaults
    """
    row = db.session.get(Moderator, signed_in.moderator_id, populate_existing=True)
    if not passwords.matches(row.password_hash if row else passwords.NOBODY, current):
        with writing():
            note("password refused", signed_in.moderator_id, now)
        refuse(_NOT_PRESENT, field="current")


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
            note("password change refused", signed_in.moderator_id, now)
        refuse(_NOT_PRESENT, field="current")
    refuse(passwords.fault(new, signed_in.name), field="new")
    kept = passwords.hashed(new)
    with writing() as session:
        row = session.get_one(Moderator, signed_in.moderator_id, populate_existing=True)
        if row.password_hash != seen:
            refuse(_NOT_PRESENT, field="current")
        row.password_hash = kept
        _sign_out_everywhere(row.id, now)
        note("password changed", row.id, now)


def name_key(name: str) -> str:
    """The one form in which names are compared, whatever their case, width or spaces around.

    >>> name_key(" Ｍax ") == name_key("MAX")
    True
    """
    key = unicodedata.normalize("NFKC", shown_name(name[: LONGEST_NAME * 4]).casefold())
    return "".join("\ufffd" if _is_unseen(each) else each for each in key)  # no account has one in its name


def shown_name(name: str) -> str:
    """The name as it is shown: without what no eye can tell apart."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def name_fault(name: str) -> str | None:
    """What is wrong with the name of an account, as a sentence; None when it will do."""
    name, key = shown_name(name), name_key(name)
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


_HOUSE_NAMES = {"the policy", "nobody", "the command line"}
_TAKEN = "There is an account of this name already."
_NOT_PRESENT = "This is not your present password."


def refuse(sentence: str | None, field: str) -> None:
    """Say what is wrong with one field, if anything is."""
    if sentence:
        raise FormFaults([Fault(field, sentence)])


def by_key(key: str) -> Moderator | None:
    """The account of this key, whether it is disabled or not."""
    return db.session.scalar(
        select(Moderator).where(Moderator.name_key == key).execution_options(populate_existing=True)
    )


def _known(name: str) -> Moderator:
    row = by_key(name_key(name))
    if row is None:
        raise NotFound("There is no account of this name.")
    return row


def _numbered(account_id: int) -> Moderator:
    there = 0 < account_id <= LARGEST_ID
    row = db.session.get(Moderator, account_id, populate_existing=True) if there else None
    if row is None:
        raise NotFound("There is no such account.")
    return row


def _account(row: Moderator) -> Account:
    return Account(row.id, row.name, row.role, row.created_at, row.disabled_at)


def _close(row: Moderator, by: int | None, now: datetime) -> None:
    row.disabled_at = row.disabled_at or now
    _sign_out_everywhere(row.id, now, with_invitations=True)
    note_by("account disabled", by, row.id, now)


def _sign_out_everywhere(moderator_id: int, now: datetime, *, with_invitations: bool = False) -> None:
    sessions.end_in_transaction(moderator_id, now)
    tickets.void(moderator_id, now, with_invitations=with_invitations)


def _admins_held() -> set[int]:
    """Who administers. The rows are held until the transaction ends, so that two cannot close each other's."""
    admins = select(Moderator).where(Moderator.role == Role.ADMIN, Moderator.disabled_at.is_(None))
    rows = db.session.scalars(
        admins.order_by(Moderator.id).with_for_update().execution_options(populate_existing=True)
    )
    return {row.id for row in rows}


def _refuse_oneself(by: SignedIn, row: Moderator) -> None:
    if by.moderator_id == row.id:
        raise Refused("This is your own account. Ask another admin to do it.")


def _refuse_the_last(row: Moderator, admins: set[int]) -> None:
    if admins == {row.id}:
        raise Refused("This is the only admin there is. Make another one first.")
