"""A new root key is put to use while the house is open: sealed rows are moved to it, some at a time.

The truth is in the rows: each names the key that it is sealed under, so a rotation that was killed goes on where it
stopped. Until the last row has moved, the former keys open what is left. Fingerprints of networks and browsers cannot
be made anew, for what they were made of is kept nowhere: they are recognised by the former key until their day comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from models import Contact, Credential, Event, ReaderReport, Rule, db, writing
from moderation.errors import SealBroken
from moderation.moderators.factors import seal_context
from moderation.privacy import Sealed, Vault

ROTATED = "keys rotated"
"""Kind of event: how many rows were moved, and how many could not be opened."""

BATCH = 200


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many rows are sealed under the key in use now that were not before, and how many do not open."""

    moved: int
    broken: int


def rotate(
    vault: Vault, now: datetime, *, batch: int = BATCH, told: Callable[[int], None] | None = None
) -> Rotated:
    """Seal everything anew that is sealed under a former key; `told` hears the size of each batch that is done."""
    moved = broken = 0
    for done, failed in _batches(vault, batch):
        moved, broken = moved + done, broken + failed
        if told:
            told(done + failed)
    if moved or broken:
        with writing() as session:
            detail = {"key": vault.key_id, "moved": moved, "broken": broken}
            session.add(Event(happened_at=now, moderator_id=None, kind=ROTATED, detail=detail))
    return Rotated(moved, broken)


def left(vault: Vault) -> int:
    """How many rows are still sealed under another key than the one in use."""
    counts = (
        select(func.count()).select_from(table).where(table.key_id.is_not(None), table.key_id != vault.key_id)
        for table in (Contact, Credential)
    )
    return sum(db.session.scalar(count) or 0 for count in counts)


def recognised_until(vault: Vault) -> datetime | None:
    """The last day on which a former key still recognises a network or a browser; None where nothing is dated."""
    of_rules = select(func.max(Rule.until)).where(Rule.fingerprint.is_not(None))
    latest = (
        select(func.max(Contact.network_until)),
        select(func.max(Contact.token_until)),
        select(func.max(ReaderReport.network_until)),
        of_rules,
    )
    dates = [db.session.scalar(each) for each in latest]
    return max((each for each in dates if each), default=None) if vault.former_key_ids else None


def _batches(vault: Vault, batch: int) -> Iterator[tuple[int, int]]:
    """How many rows of each batch were moved, and how many do not open."""
    yield from _moved(vault, batch, Contact, Contact.comment_id, _contact)
    yield from _moved(vault, batch, Credential, Credential.id, _credential)


def _moved(
    vault: Vault, batch: int, table: Any, key: Any, one: Callable[[Vault, Any], bool]
) -> Iterator[tuple[int, int]]:
    last = 0
    while vault.former_key_ids:
        with writing() as session:
            query = select(table).where(key > last, table.key_id.in_(vault.former_key_ids))
            rows = session.scalars(query.order_by(key).limit(batch).with_for_update()).all()
            moved = sum(one(vault, row) for row in rows)
            last = max((getattr(row, key.key) for row in rows), default=last)
        if not rows:
            return
        yield moved, len(rows) - moved


def _contact(vault: Vault, row: Contact) -> bool:
    context = f"comment:{row.comment_id}"
    try:
        address = vault.open(Sealed(row.key_id or "", row.sealed_address or b""), context)
    except SealBroken:
        return False
    sealed = vault.seal(address, context)
    row.sealed_address, row.key_id = sealed.data, sealed.key_id
    row.address_fingerprint = vault.fingerprint_address(address)
    return True


def _credential(vault: Vault, row: Credential) -> bool:
    context = seal_context(row)
    try:
        secret = vault.open_secret(Sealed(row.key_id or "", row.sealed_secret or b""), context)
    except SealBroken:
        return False
    sealed = vault.seal_secret(secret, context)
    row.sealed_secret, row.key_id = sealed.data, sealed.key_id
    return True
