"""Whom a text meets: earlier comments at its places, under its link hosts, and from its network; a few of each.

Every list is bounded, so that meeting costs the same in an installation of a thousand comments and of a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, false, func, literal, select, true, union_all

from models import Comment, Contact, Likeness, LikenessPlace, Link, db
from moderation.spam.lexicon import is_well_known
from moderation.spam.likeness import Likeness as Alike
from moderation.spam.likeness import Sketch
from moderation.vocabulary import Status

SLOTS = 4
"""Comments that are kept at one place: the latest of each residue of their ids."""

_MET_AT_PLACES = 16
_MET_BY_LINK_OR_NETWORK = 8
_MOST_DOMAINS = 5
_DOMAIN, _NETWORK = "domain", "network"


@dataclass(frozen=True, slots=True)
class Met:
    """An earlier comment, and how alike it is."""

    comment_id: int
    campaign_id: int | None
    waits: bool
    alike: Alike
    shares_link: bool
    shares_network: bool

    @property
    def is_by_one_hand(self) -> bool:
        """Whether what they share is enough by itself."""
        return self.alike.is_enough(shares_link=self.shares_link, shares_network=self.shares_network)


def met(sketch: Sketch, domains: Sequence[str] = (), network: bytes | None = None, but: int = 0) -> list[Met]:
    """The earlier comments that a text meets, but for its own; those that a person took out of a campaign aside.

    A site that readers cite everywhere, or that approved comments link to, is everybody's: sharing it says nothing.
    """
    at_places = _at_places(sketch, but)
    links, networks = _supporters(domains, network, but)
    rows = db.session.execute(
        select(Likeness.comment_id, Likeness.campaign_id, Likeness.waits, Likeness.sketch).where(
            Likeness.comment_id.in_({*at_places, *links, *networks}),
            Likeness.sketch.is_not(None),
            Likeness.taken_out.is_(false()),
        )
    )
    return [
        Met(
            row.comment_id,
            row.campaign_id,
            row.waits,
            sketch.likeness(Sketch.from_bytes(row.sketch)),
            row.comment_id in links,
            row.comment_id in networks,
        )
        for row in rows.all()
    ]


def _at_places(sketch: Sketch, but: int) -> set[int]:
    """Those met at most places."""
    if not (places := sketch.places):
        return set()
    query = (
        select(LikenessPlace.comment_id)
        .where(LikenessPlace.place.in_(places), LikenessPlace.comment_id != but)
        .group_by(LikenessPlace.comment_id)
        .order_by(func.count().desc(), LikenessPlace.comment_id.desc())
        .limit(_MET_AT_PLACES)
    )
    return set(db.session.scalars(query))


def _supporters(domains: Sequence[str], network: bytes | None, but: int) -> tuple[set[int], set[int]]:
    """The latest comments that link to the same sites, and that came from the same network."""
    known = dict.fromkeys(domain for domain in domains if not is_well_known(domain))
    queries = [_linking_to(domain, but) for domain in list(known)[:_MOST_DOMAINS]]
    queries += [_from_network(network, but)] if network else []
    if not queries:
        return set(), set()
    rows = db.session.execute(union_all(*(select(query.subquery()) for query in queries))).all()
    everybodys = {row.shared for row in rows if row.kind == _DOMAIN and row.is_approved}
    links = {row.comment_id for row in rows if row.kind == _DOMAIN and row.shared not in everybodys}
    return links, {row.comment_id for row in rows if row.kind == _NETWORK}


def _linking_to(domain: str, but: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Link.comment_id,
            literal(_DOMAIN, String).label("kind"),
            literal(domain, String).label("shared"),
            (Comment.status == Status.APPROVED).label("is_approved"),
        )
        .join(Comment, Comment.id == Link.comment_id)
        .where(Link.domain == domain, Link.comment_id != but)
        .order_by(Link.comment_id.desc())
        .limit(_MET_BY_LINK_OR_NETWORK)
    )


def _from_network(network: bytes, but: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Contact.comment_id,
            literal(_NETWORK, String).label("kind"),
            literal("", String).label("shared"),
            true().label("is_approved"),
        )
        .where(Contact.network_fingerprint == network, Contact.comment_id != but)
        .order_by(Contact.comment_id.desc())
        .limit(_MET_BY_LINK_OR_NETWORK)
    )


def places_of(sketches: Iterable[Sketch]) -> set[int]:
    """All places of some texts."""
    return {place for sketch in sketches for place in sketch.places}
