"""What the desk reads of campaigns: cards of what waits, members by key, and who is like one comment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Integer, Select, String, bindparam, cast, false, func, select, tuple_, union_all
from sqlalchemy.orm import aliased

from models import Campaign, Comment, CommentText, Contact, Likeness, Link, db
from models.campaign import FEWEST
from moderation import privacy
from moderation.campaigns.meeting import met
from moderation.errors import NotFound
from moderation.markup import plain
from moderation.spam.likeness import Sketch
from moderation.vocabulary import Status

_SHOWN_ALIKE = 0.15
_EXCERPT = 160
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Card:
    """One campaign.

    Attributes
    ----------
    size, waiting
        How many belong to it, and how many of these wait.
    first
        The comment that waits longest and stands for the others; None where none waits.
    """

    id: int
    size: int
    waiting: int
    found_at: datetime
    latest_at: datetime
    first: int | None

    @property
    def after(self) -> str:
        """What the next page of cards begins after."""
        return f"{self.waiting}~{self.id}"


@dataclass(frozen=True, slots=True)
class Member:
    """A comment of a campaign, as it is now, in short; addresses are masked."""

    id: int
    version: int
    status: Status
    taken_out: bool
    name: str
    excerpt: str
    arrived_at: datetime

    @property
    def target(self) -> str:
        """What a decision on exactly this has to name."""
        return f"{self.id}:{self.version}"


@dataclass(frozen=True, slots=True)
class Similar:
    """A comment that is like another: how much (0…1), and whether both are of one campaign."""

    id: int
    share: float
    is_of_campaign: bool
    shares_link: bool
    shares_network: bool


def cards(after: str = "", limit: int = 10) -> list[Card]:
    """Campaigns of which three or more wait, the largest first; what makes no sense in `after` is not there."""
    query = _cards().where(Campaign.waiting >= FEWEST)
    if (at := _cursor(after)) is not None:
        query = query.where(tuple_(Campaign.waiting, Campaign.id) < at)
    rows = db.session.execute(query.order_by(Campaign.waiting.desc(), Campaign.id.desc()).limit(limit))
    return [_card(row) for row in rows]


def card(campaign_id: int) -> Card:
    """One campaign, or the one that it became part of.

    Raises
    ------
    NotFound
    """
    while 0 < campaign_id <= _LARGEST:
        row = db.session.execute(_cards().where(Campaign.id == campaign_id)).first()
        if row is None:
            break
        if row.merged_into_id is None:
            return _card(row)
        campaign_id = row.merged_into_id
    raise NotFound("There is no such campaign.")


def of(comment_ids: Collection[int]) -> dict[int, Card]:
    """The campaigns of these comments, by comment; of those that are shown as campaigns alone."""
    member = Likeness.comment_id.in_(comment_ids) & Likeness.taken_out.is_(false())
    query = _cards().add_columns(Likeness.comment_id).join(Likeness, Likeness.campaign_id == Campaign.id)
    rows = db.session.execute(query.where(member, Campaign.size >= FEWEST))
    return {row.comment_id: _card(row) for row in rows}


def members(
    campaign_id: int,
    after: int = 0,
    limit: int = 100,
    *,
    waiting: bool = True,
    taken_out: bool = False,
) -> list[Member]:
    """Comments of a campaign in the order of their arrival, those after the comment `after`.

    Parameters
    ----------
    waiting
        Those that wait, or those that do not.
    taken_out
        Those that a person has taken out instead of those that belong to it.
    """
    rows = db.session.execute(
        select(
            Comment.id,
            Comment.version,
            Comment.status,
            Comment.name,
            Comment.arrived_at,
            Likeness.taken_out,
            func.substr(CommentText.text, 1, _EXCERPT * 3).label("text"),
        )
        .join(Likeness, Likeness.comment_id == Comment.id)
        .join(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .where(
            Likeness.campaign_id == campaign_id,
            Likeness.taken_out.is_(taken_out),
            Likeness.waits.is_(waiting),
            Likeness.comment_id > after,
        )
        .order_by(Likeness.comment_id)
        .limit(limit)
    )
    return [_member(row) for row in rows]


def targets(campaign_ids: Collection[int], limit: int = 1000) -> dict[int, str]:
    """What one decision on all that wait of each campaign names: ids and versions, as they are now, by blanks."""
    found: dict[int, str] = dict.fromkeys(campaign_ids, "")
    if found:
        asked = {f"its_id_{n}": campaign_id for n, campaign_id in enumerate(found)}
        for row in db.session.execute(_names(len(found)), {**asked, "most": limit}):
            found[row.campaign_id] = row.names
    return found


def similar(comment_id: int, most: int = 10) -> list[Similar]:
    """Earlier and later comments that are like this one, the likest first."""
    own = db.session.get(Likeness, comment_id) if 0 < comment_id <= _LARGEST else None
    if own is None or own.sketch is None:
        return []
    linked = select(Link.domain).join(Comment, Comment.id == Link.comment_id)
    domains = db.session.scalars(linked.where(Link.comment_id == comment_id, Link.stands())).all()
    network = select(Contact.network_fingerprint).where(Contact.comment_id == comment_id)
    found = met(Sketch.from_bytes(own.sketch), domains, db.session.scalar(network), comment_id)
    alike = [
        Similar(
            each.comment_id,
            each.alike.share,
            each.campaign_id is not None and each.campaign_id == own.campaign_id,
            each.shares_link,
            each.shares_network,
        )
        for each in found
        if each.alike.share >= _SHOWN_ALIKE or each.campaign_id == own.campaign_id is not None
    ]
    return sorted(alike, key=lambda each: (-each.share, -each.id))[:most]


@lru_cache(maxsize=64)
def _names(count: int) -> Any:
    """What waits of so many campaigns: of `its_id_0` and so on, `most` of each, the names of each in one text.

    Put together by the database, from one stretch of an index each: a thousand rows would take longer than all the
    rest of a page, and a look at each comment a fifth of it.
    """
    return union_all(*map(_named, range(count)))


def _named(n: int) -> Select[*tuple[Any, ...]]:
    each = (
        select(Likeness.campaign_id, Likeness.comment_id, Likeness.version)
        .where(
            Likeness.campaign_id == bindparam(f"its_id_{n}", type_=Integer()),
            Likeness.taken_out.is_(false()),
            Likeness.waits.is_(True),
        )
        .order_by(Likeness.comment_id)
        .limit(bindparam("most", type_=Integer()))
        .subquery()
    )
    name = cast(each.c.comment_id, String) + ":" + cast(each.c.version, String)
    return select(each.c.campaign_id, func.aggregate_strings(name, " ").label("names")).group_by(
        each.c.campaign_id
    )


@cache
def _cards() -> Select[*tuple[Any, ...]]:
    waiting = aliased(Likeness)
    first = (
        select(func.min(waiting.comment_id))
        .where(waiting.campaign_id == Campaign.id, waiting.taken_out.is_(false()), waiting.waits.is_(True))
        .scalar_subquery()
    )
    return select(
        Campaign.id,
        Campaign.size,
        Campaign.waiting,
        Campaign.found_at,
        Campaign.latest_at,
        Campaign.merged_into_id,
        first.label("first"),
    )


def _card(row: Any) -> Card:
    return Card(row.id, row.size, row.waiting, row.found_at, row.latest_at, row.first)


def _member(row: Any) -> Member:
    excerpt = plain(privacy.mask_addresses(row.text), _EXCERPT)
    name = privacy.mask_addresses(row.name)
    return Member(row.id, row.version, row.status, row.taken_out, name, excerpt, row.arrived_at)


def _cursor(typed: str) -> tuple[int, int] | None:
    parts = typed.split("~")
    if len(parts) != 2 or not all(each.isascii() and each.isdigit() and len(each) <= 9 for each in parts):
        return None
    return int(parts[0]), int(parts[1])
