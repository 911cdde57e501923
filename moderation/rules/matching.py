"""Which rules an arriving comment meets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, or_, select

from models import Rule, Statement
from models.db import Moment
from moderation.policy import Listed
from moderation.text import host_of
from moderation.vocabulary import RuleKind

_MOST_HOSTS = 100


def listed(
    now: datetime,
    reader: Sequence[bytes],
    hosts: Sequence[str],
) -> Listed:
    """What stands about the browser, the network and the hosts of a comment, and the words that hold.

    Parameters
    ----------
    reader
        Fingerprints of the browser's token and the network, by every key that is kept: a rule outlives a rotation.
    """
    names = sorted({name for host in hosts[:_MOST_HOSTS] for name in host_and_above(host)})
    asked = _padded("host", names) | _padded("reader", list(reader))
    rows = _standing(_room(names), _room(reader)).all(now=now, **asked)
    of_kind = {kind: [row for row in rows if row.kind is kind] for kind in RuleKind}
    return Listed(
        is_trusted=bool(of_kind[RuleKind.TRUST_READER]),
        reader_rule=_first(row.id for row in of_kind[RuleKind.HOLD_READER]),
        network_rule=_first(row.id for row in of_kind[RuleKind.HOLD_NETWORK]),
        held_hosts=tuple(sorted(row.subject for row in of_kind[RuleKind.HOLD_HOST])),
        spam_hosts=tuple(sorted(row.subject for row in of_kind[RuleKind.SPAM_HOST])),
        words=tuple(sorted(row.subject for row in of_kind[RuleKind.HOLD_WORD])),
    )


def stands(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The rule is in force."""
    return and_(Rule.ended_at.is_(None), Rule.until > now)


@cache
def _standing(hosts: int, readers: int) -> Statement:
    """The rules in force that hold words, or name one of so many hosts or fingerprints."""
    return Statement(
        select(Rule.id, Rule.kind, Rule.subject).where(
            stands(bindparam("now", type_=Moment())),
            or_(
                Rule.kind == RuleKind.HOLD_WORD,
                and_(
                    or_(Rule.kind == RuleKind.HOLD_HOST, Rule.kind == RuleKind.SPAM_HOST),
                    or_(*(Rule.subject == bindparam(f"host{n}") for n in range(hosts))),
                ),
                or_(*(Rule.fingerprint == bindparam(f"reader{n}") for n in range(readers))),
            ),
        )
    )


def _room(names: Sequence[object]) -> int:
    """Places for so many: a power of two, so that there are few statements."""
    return 1 << max(0, len(names) - 1).bit_length()


def _padded(kind: str, names: Sequence[object]) -> dict[str, object]:
    """The names by place; what is left of the places names nobody."""
    room = _room(names)
    return {f"{kind}{n}": names[n] if n < len(names) else None for n in range(room)}


def host_and_above(host: str) -> tuple[str, ...]:
    """A host and the names above it, but for the last label alone.

    >>> host_and_above("www.shop.example")
    ('www.shop.example', 'shop.example')
    """
    labels = host.split(".")
    return tuple(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))


def host_of_subject(typed: str) -> str:
    """The host that was typed, as an address or by itself; without "www.", which is the same site to people.

    >>> host_of_subject("https://www.Shop.example/x"), host_of_subject("shop"), host_of_subject("a b.c")
    ('shop.example', '', '')
    """
    host = host_of(typed).removeprefix("www.")
    is_host = "." in host and len(host) <= 253 and all(_is_label(label) for label in host.split("."))
    return host if is_host else ""


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and label.replace("-", "").replace("_", "").isalnum()


def _first(numbers: Iterable[int]) -> int | None:
    return min(numbers, default=None)
