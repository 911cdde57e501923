"""A chain over the trail: each entry is bound by hash to all that were chained before it (Schneier, Kelsey 1999).

A sweep chains what is new. A link holds SHA-256 over the entry's columns without personal data, and SHA-256 over
the link before and itself: whoever changes, removes or slips in an entry has to make every later link anew, and
cannot where somebody noted one of them. What people typed is not bound, so that it can be forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from models import Decision, Event, TrailLink, db, writing
from moderation.errors import BadInput
from moderation.trail.words import COMINGS_AND_GOINGS, FREE_WORDS

BATCH = 500
LOOK_BACK = 1000
"""How many numbers behind the newest chained one an entry may come late: transactions end in any order."""

MOST_TOLD = 100
_START = bytes(32)
_TABLES: dict[str, Any] = {"decision": Decision, "event": Event}


@dataclass(frozen=True, slots=True)
class Noted:
    """A link that somebody wrote down: its number and its digest in hexadecimal."""

    n: int
    digest: str

    @classmethod
    def read(cls, text: str) -> Noted:
        """The link that N:DIGEST names.

        Raises
        ------
        BadInput
        """
        number, _, digest = text.partition(":")
        if not number.isascii() or not number.isdigit() or len(number) > 9 or len(digest) != 64:
            raise BadInput("A noted link is written as verify prints it: its number, a colon, 64 characters.")
        return cls(int(number), digest.lower())


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that does not hold: at which link, and what."""

    n: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of verifying.

    Attributes
    ----------
    links, removed
        How many links there are, and how many of their entries retention has removed.
    waiting
        How many entries are newer than the chain; the next sweep binds them.
    head
        The newest link as one may note it, N:DIGEST.
    broken
        What does not hold, the first `MOST_TOLD` of it.
    """

    links: int
    removed: int
    waiting: int
    head: str
    broken: tuple[Broken, ...]


def chain_due(now: datetime, batch: int = BATCH) -> int:  # noqa: ARG001  every sweep is told the time
    """Bind entries that are not bound yet, at most `batch` of each kind; returns how many."""
    with writing() as session:
        last = session.scalar(select(TrailLink).order_by(TrailLink.n.desc()).limit(1))
        n, digest = (last.n, last.digest) if last else (0, _START)
        due = [row for kind in _TABLES for row in _unbound(kind, batch)]
        for row in sorted(due, key=lambda row: (_at(row), row.id)):
            n += 1
            link = _link(n, row)
            link.digest = digest = _digest_of(link, digest)
            session.add(link)
        return len(due)


def verify(noted: Noted | None = None) -> Verified:
    """Go through the whole chain, and say what does not hold."""
    broken: list[Broken] = []
    links = removed = 0
    before, expected = _START, 1
    seen_noted = noted is None
    for part in _parts():
        entries = _entries_of(part)
        for link in part:
            broken += _faults(link, before, expected, entries)
            if noted and link.n == noted.n:
                seen_noted = link.digest.hex() == noted.digest
            links, removed = links + 1, removed + (link.removed_at is not None)
            before, expected = link.digest, link.n + 1
        db.session.expunge_all()
    if not seen_noted and noted:
        broken.append(Broken(noted.n, "The link that was noted is not in the chain: it was made anew."))
    late, waiting = _left_out()
    if late:
        broken.append(Broken(0, f"{late} entr{'y was' if late == 1 else 'ies were'} never bound."))
    return Verified(links, removed, waiting, f"{expected - 1}:{before.hex()}", tuple(broken[:MOST_TOLD]))


def entry_digest(row: Decision | Event) -> bytes:
    """SHA-256 over an entry's columns without personal data."""
    if isinstance(row, Decision):
        told: list[Any] = [
            row.id,
            row.comment_id,
            row.text_n,
            row.version,
            row.from_status.value if row.from_status else None,
            row.to_status.value,
            row.action.value,
            row.moderator_id,
            _utc(row.decided_at),
            row.policy,
            row.undoes_id,
            row.batch,
            row.sampling_probability,
        ]
    else:
        kept = {name: value for name, value in row.detail.items() if name not in FREE_WORDS}
        told = [row.id, _utc(row.happened_at), row.moderator_id, row.kind, kept]
    return sha256(_canonical(told)).digest()


def _unbound(kind: str, most: int) -> list[Decision | Event]:
    table = _TABLES[kind]
    newest = db.session.scalar(select(func.max(TrailLink.entry_id)).where(TrailLink.kind == kind)) or 0
    bound = select(TrailLink.n).where(TrailLink.kind == kind, TrailLink.entry_id == table.id).exists()
    due = select(table).where(table.id > newest - LOOK_BACK, ~bound).order_by(table.id).limit(most)
    return list(db.session.scalars(due))


def _link(n: int, row: Decision | Event) -> TrailLink:
    return TrailLink(
        n=n,
        kind=_kind(row),
        entry_id=row.id,
        what=row.action.value if isinstance(row, Decision) else row.kind,
        at=_at(row),
        entry_digest=entry_digest(row),
    )


def _digest_of(link: TrailLink, before: bytes) -> bytes:
    told = [link.n, link.kind, link.entry_id, link.what, _utc(link.at), link.entry_digest.hex()]
    return sha256(before + _canonical(told)).digest()


def _parts(size: int = 1000) -> Iterator[Sequence[TrailLink]]:
    last = 0
    while True:
        asked = select(TrailLink).where(TrailLink.n > last).order_by(TrailLink.n).limit(size)
        part = db.session.scalars(asked.execution_options(populate_existing=True)).all()
        if not part:
            return
        last = part[-1].n
        yield part


def _entries_of(part: Iterable[TrailLink]) -> dict[tuple[str, int], Decision | Event]:
    found: dict[tuple[str, int], Decision | Event] = {}
    for kind, table in _TABLES.items():
        ids = [link.entry_id for link in part if link.kind == kind]
        rows = db.session.scalars(
            select(table).where(table.id.in_(ids)).execution_options(populate_existing=True)
        )
        found |= {(kind, row.id): row for row in rows}
    return found


def _faults(
    link: TrailLink, before: bytes, expected: int, entries: dict[tuple[str, int], Decision | Event]
) -> Iterator[Broken]:
    if link.n != expected:
        yield Broken(expected, f"Links are missing, up to {link.n - 1}.")
    elif _digest_of(link, before) != link.digest:
        yield Broken(link.n, "The link does not follow from the one before it.")
    entry, named = entries.get((link.kind, link.entry_id)), f"{link.kind.capitalize()} {link.entry_id}"
    if entry is None and link.removed_at is None:
        yield Broken(link.n, f"{named} is gone, and no retention removed it.")
    elif entry is None and link.what not in COMINGS_AND_GOINGS:
        yield Broken(link.n, f"{named} is gone, and is nothing that retention removes.")
    elif entry is not None and entry_digest(entry) != link.entry_digest:
        yield Broken(link.n, f"{named} was changed.")


def _left_out() -> tuple[int, int]:
    """How many entries should have been bound long ago, and how many wait for the next sweep."""
    late = waiting = 0
    for kind, table in _TABLES.items():
        newest = db.session.scalar(select(func.max(TrailLink.entry_id)).where(TrailLink.kind == kind)) or 0
        bound = select(TrailLink.n).where(TrailLink.kind == kind, TrailLink.entry_id == table.id).exists()
        count = select(func.count()).select_from(table).where(~bound)
        late += db.session.scalar(count.where(table.id <= newest - LOOK_BACK)) or 0
        waiting += db.session.scalar(count.where(table.id > newest - LOOK_BACK)) or 0
    return late, waiting


def _kind(row: Decision | Event) -> str:
    return "decision" if isinstance(row, Decision) else "event"


def _at(row: Decision | Event) -> datetime:
    return row.decided_at if isinstance(row, Decision) else row.happened_at


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _canonical(told: list[Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
