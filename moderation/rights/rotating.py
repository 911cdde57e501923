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

from sqlalchemy import ColumnElement, func, select

from models import Contact, Credential, Event, ReaderReport, Rule, Ticket, db, writing
from moderation.errors import SealBroken
from moderation.moderators.factors import seal_context, ticket_context
from moderation.privacy import Sealed, Vault

ROTATED = "keys rotated"
"""Kind of event: how many rows were moved, and how many could not be opened."""

BATCH = 200


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many rows are sealed under the key in use now that were not before, and how many do not open."""

    moved: int
    broken: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One column that holds something sealed, of a table that names the key in `key_id`.

    Attributes
    ----------
    context
        The row that it is bound to, in the words it was sealed with.
    holds_address
        Whether it is an address, with its fingerprint beside it; else it is the secret of a second factor.
    """

    table: Any
    id: Any
    column: Any
    context: Callable[[Any], str]
    holds_address: bool = False


SEALED = (
    Kind(
        Contact,
        Contact.comment_id,
        Contact.sealed_address,
        lambda row: f"comment:{row.comment_id}",
        holds_address=True,
    ),
    Kind(Credential, Credential.id, Credential.sealed_secret, seal_context),
    Kind(Ticket, Ticket.id, Ticket.sealed_secret, ticket_context),
)
"""All that is sealed; a test compares it with the tables."""


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
    """How many rows are still sealed under a former key."""
    return _count(lambda kind: kind.table.key_id.in_(vault.former_key_ids))


def shut(vault: Vault) -> int:
    """How many rows are sealed under a key that is not here: they open only if it is found."""
    here = (vault.key_id, *vault.former_key_ids)
    return _count(lambda kind: kind.table.key_id.not_in(here))


def recognised_until(vault: Vault) -> datetime | None:
    """The last day on which a former key still recognises a network or a browser; None where nothing is dated."""
    of_rules = select(func.max(Rule.until)).where(Rule.fingerprint.is_not(None))
    latest = (
        select(func.max(Contact.network_until)),
        select(func.max(Contact.token_until)).where(Contact.token_until.is_not(None)),
        select(func.max(ReaderReport.network_until)),
        of_rules,
    )
    dates = [db.session.scalar(each) for each in latest]
    return max((each for each in dates if each), default=None) if vault.former_key_ids else None


def _count(of: Callable[[Kind], ColumnElement[bool]]) -> int:
    counts = (select(func.count(kind.id)).where(kind.table.key_id.is_not(None), of(kind)) for kind in SEALED)
    return sum(db.session.scalar(count) or 0 for count in counts)


def _batches(vault: Vault, batch: int) -> Iterator[tuple[int, int]]:
    """How many rows of each batch were moved, and how many do not open."""
    for kind in SEALED:
        last = 0
        while vault.former_key_ids:
            with writing() as session:
                is_former = kind.table.key_id.in_(vault.former_key_ids)
                query = select(kind.table).where(kind.id > last, is_former).order_by(kind.id)
                rows = session.scalars(query.limit(batch).with_for_update()).all()
                moved = sum(_moved(vault, kind, row) for row in rows)
                last = max((getattr(row, kind.id.key) for row in rows), default=last)
            if not rows:
                break
            yield moved, len(rows) - moved


def _moved(vault: Vault, kind: Kind, row: Any) -> bool:
    before = Sealed(row.key_id, getattr(row, kind.column.key) or b"")
    opened, sealed = (
        (vault.open, vault.seal) if kind.holds_address else (vault.open_secret, vault.seal_secret)
    )
    try:
        words = opened(before, kind.context(row))
    except SealBroken:
        return False
    after = sealed(words, kind.context(row))
    setattr(row, kind.column.key, after.data)
    row.key_id = after.key_id
    if kind.holds_address:
        row.address_fingerprint = vault.fingerprint_address(words)
    return True
