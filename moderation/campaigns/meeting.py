"""Whom a text meets: earlier comments at its places, under its link hosts, and from its network; a few of each.

Every list is bounded, so that meeting costs the same in an installation of a thousand comments and of a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import column, text

from models import Statement
from models.comment import WEBSITE
from moderation.spam.lexicon import is_well_known
from moderation.spam.likeness import BANDS, Sketch
from moderation.spam.likeness import Likeness as Alike
from moderation.vocabulary import Status

SLOTS = 4
"""Comments that are kept at one place: the latest of each residue of their ids."""

_MOST_DOMAINS = 5
_NOWHERE = -1
_PLACES = ", ".join(f":p{n}" for n in range(BANDS))
_KNOWN = "l.comment_id, l.campaign_id, l.waits, l.sketch"
_BY_DOMAIN = f"""
    SELECT * FROM (
        SELECT {_KNOWN}, 'domain' AS kind, k.domain AS shared, c.status AS status
        FROM link k JOIN comment c ON c.id = k.comment_id JOIN likeness l ON l.comment_id = k.comment_id
        WHERE k.domain = :d{{n}} AND k.text_n IN (c.text_n, {WEBSITE}) AND k.comment_id <> :but
            AND l.sketch IS NOT NULL AND NOT l.taken_out
        ORDER BY k.comment_id DESC LIMIT 8
    ) AS d{{n}}"""  # noqa: S608  all that is put in are our own names
_BESIDES = f"""
    SELECT * FROM (
        SELECT {_KNOWN}, 'place' AS kind, '' AS shared, '' AS status
        FROM likeness l JOIN (
            SELECT comment_id, count(*) AS places FROM likeness_place
            WHERE place IN ({_PLACES}) AND comment_id <> :but
            GROUP BY comment_id ORDER BY count(*) DESC, comment_id DESC LIMIT 16
        ) AS m ON m.comment_id = l.comment_id
        WHERE l.sketch IS NOT NULL AND NOT l.taken_out
    ) AS p
    UNION ALL SELECT * FROM (
        SELECT {_KNOWN}, 'network' AS kind, '' AS shared, '' AS status
        FROM contact n JOIN likeness l ON l.comment_id = n.comment_id
        WHERE n.network_fingerprint = :network AND n.comment_id <> :but
            AND l.sketch IS NOT NULL AND NOT l.taken_out
        ORDER BY n.comment_id DESC LIMIT 8
    ) AS n
    """  # noqa: S608  all that is put in are our own names


def _met(domains: int) -> Statement:
    looks = [_BESIDES, *(_BY_DOMAIN.format(n=n) for n in range(domains))]
    columns: list[Any] = [
        column(name) for name in ("comment_id", "campaign_id", "waits", "sketch", "kind", "shared", "status")
    ]
    return Statement(text(" UNION ALL ".join(looks)).columns(*columns))


# By how many domains are looked for: put together once, and not for every comment that arrives.
_MET = [_met(domains) for domains in range(_MOST_DOMAINS + 1)]


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
    named = [domain for domain in dict.fromkeys(domains) if not is_well_known(domain)][:_MOST_DOMAINS]
    asked: dict[str, Any] = {"but": but, "network": network}
    asked |= {f"d{n}": domain for n, domain in enumerate(named)}
    places = [*sketch.places, *[_NOWHERE] * BANDS][:BANDS]
    asked |= dict(zip(_PLACE_NAMES, places, strict=True))
    rows = _MET[len(named)].all(**asked)
    everybodys = {row.shared for row in rows if row.status == Status.APPROVED}
    links = {row.comment_id for row in rows if row.kind == "domain" and row.shared not in everybodys}
    networks = {row.comment_id for row in rows if row.kind == "network"}
    one_each = {row.comment_id: row for row in rows}
    return [
        Met(
            row.comment_id,
            row.campaign_id,
            bool(row.waits),
            sketch.likeness(Sketch.from_bytes(row.sketch)),
            row.comment_id in links,
            row.comment_id in networks,
        )
        for row in one_each.values()
    ]


_PLACE_NAMES = [f"p{n}" for n in range(BANDS)]
