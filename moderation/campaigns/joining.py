"""A comment that arrives joins what it is like, in the transaction that stores it.

Joining reads and then writes, so that of two alike that arrive at once one must wait for the other: on SQLite there
is one writer anyway, on PostgreSQL one lock for all who change campaigns, held until the transaction ends. Whoever
takes it does so before any article's row, so that no two wait for each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, case, func, insert, select, text, update

from models import Base, Campaign, Likeness, Statement, db
from models.db import Moment
from moderation.campaigns.meeting import SLOTS, Met, met
from moderation.spam.likeness import Sketch

_LOCK = 0x6A7E_9057
_NEW = Statement(
    text(
        "INSERT INTO likeness (comment_id, campaign_id, waits, version, taken_out, sketch)"
        " VALUES (:id, :campaign, :waits, :version, :no, :sketch)"
    )
)
_PLACE = Statement(
    text(
        "INSERT INTO likeness_place (place, slot, comment_id) VALUES (:place, :slot, :id)"
        " ON CONFLICT (place, slot) DO UPDATE SET comment_id = excluded.comment_id"
    )
)
_FOUND = Statement(
    insert(Base.metadata.tables["campaign"]), ("found_at", "latest_at", "size", "waiting", "merged_into_id")
)
_TAKEN_IN = Statement(
    update(Likeness).where(Likeness.comment_id == bindparam("its_id")).values(campaign_id=bindparam("into"))
)
_AT = bindparam("at", type_=Moment())
_GROWN = Statement(
    update(Campaign)
    .where(Campaign.id == bindparam("its_id"))
    .values(
        size=Campaign.size + bindparam("more", type_=Integer()),
        waiting=Campaign.waiting + bindparam("more_wait", type_=Integer()),
        # One that was reworded, or was there before the index, may be older than the others.
        latest_at=case((Campaign.latest_at < _AT, _AT), else_=Campaign.latest_at),
    )
)
_TOGETHER = 2
"""So many of one campaign that it is a little like are as good as one that it is much like."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A comment that has just been stored.

    Attributes
    ----------
    domains
        Registrable domains that it links to, its website's too.
    network
        Fingerprint of the sender's network, None where it is not known.
    waits
        Whether it is held.
    """

    comment_id: int
    sketch: Sketch
    domains: tuple[str, ...]
    network: bytes | None
    waits: bool
    arrived_at: datetime
    version: int = 1


def join(new: Newcomer) -> int | None:
    """Keep what the comment says in its sketch, and put it to those it is like; part of the caller's transaction.

    Returns
    -------
    int or None
        Its campaign, None where it is like nobody.
    """
    alone()
    like = _alike(met(new.sketch, new.domains, new.network, new.comment_id))
    campaign_id = _campaign_of(like, new) if like else None
    _keep(new, campaign_id)
    return campaign_id


def alone() -> None:
    """Wait until nobody else changes campaigns, and keep it so until the transaction ends."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _alike(all_met: Sequence[Met]) -> list[Met]:
    """Those it is like, and those of a campaign that it is a little like several of."""
    a_little = Counter(each.campaign_id for each in all_met if each.campaign_id and each.alike.is_a_little)
    return [
        each
        for each in all_met
        if each.is_by_one_hand
        or (each.campaign_id and each.alike.is_a_little and a_little[each.campaign_id] >= _TOGETHER)
    ]


def _campaign_of(like: Sequence[Met], new: Newcomer) -> int:
    """The campaign of all of them and of the newcomer: a new one, theirs, or theirs made one."""
    known = sorted({each.campaign_id for each in like if each.campaign_id})
    singles = [each for each in like if each.campaign_id is None]
    campaign_id = known[0] if known else _new(new.arrived_at)
    size, waiting = _merged(campaign_id, known[1:]) if known[1:] else (0, 0)
    _TAKEN_IN.run_each([{"its_id": each.comment_id, "into": campaign_id} for each in singles])
    size += len(singles) + 1
    waiting += sum(each.waits for each in singles) + new.waits
    _GROWN.run({"its_id": campaign_id, "more": size, "more_wait": waiting, "at": new.arrived_at})
    return campaign_id


def _new(found_at: datetime) -> int:
    empty = {"size": 0, "waiting": 0, "merged_into_id": None}
    return _FOUND.run({"found_at": found_at, "latest_at": found_at, **empty})


def _merged(into: int, others: Sequence[int]) -> tuple[int, int]:
    """Make other campaigns part of this one; returns what they add to its size and to what waits."""
    theirs = Campaign.id.in_(others)
    sums = select(func.sum(Campaign.size), func.sum(Campaign.waiting)).where(theirs)
    size, waiting = db.session.execute(sums).one()
    _update(update(Likeness).where(Likeness.campaign_id.in_(others)).values(campaign_id=into))
    _update(update(Campaign).where(theirs).values(size=0, waiting=0, merged_into_id=into))
    return int(size or 0), int(waiting or 0)


def _keep(new: Newcomer, campaign_id: int | None) -> None:
    row = {
        "id": new.comment_id,
        "campaign": campaign_id,
        "waits": new.waits,
        "version": new.version,
        "no": False,
    }
    _NEW.run({**row, "sketch": new.sketch.to_bytes()})
    place(new.comment_id, new.sketch)


def place(comment_id: int, sketch: Sketch) -> None:
    """Let a comment be met at the places of its sketch."""
    rows = [{"place": at, "slot": comment_id % SLOTS, "id": comment_id} for at in sketch.places]
    _PLACE.run_each(rows)


def _update(query: Any) -> None:
    db.session.execute(query.execution_options(synchronize_session=False))
