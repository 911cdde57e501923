"""Decisions and events in one list, the newest first, in pages that begin after an entry and never at an offset.

Two tables are read by the index of their time, each only as far as the page goes, and merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from models import Decision, Event, db
from moderation import moderators
from moderation.addresses import mask_addresses
from moderation.trail import words

PAGE = 50
POLICY = "policy"
_LARGEST_ID = 2**31 - 1
_RANKS = {"decision": 0, "event": 1}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail.

    Attributes
    ----------
    kind, id
        "decision" or "event", and its number among these.
    what
        The action of a decision, the kind of an event.
    note
        What somebody typed about it, with addresses masked.
    detail
        Its facts by name: numbers and words of ours.
    """

    kind: str
    id: int
    at: datetime
    who: str
    what: str
    says: str
    note: str = ""
    comment_id: int | None = None
    account_id: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def after(self) -> str:
        """Where the page after this entry begins."""
        return f"{self.at.isoformat()}~{self.kind}~{self.id}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to show: whose (a number, or "policy"), which group, from and until which day, after which entry."""

    who: str = ""
    what: str = ""
    since: date | None = None
    until: date | None = None
    after: tuple[datetime, str, int] | None = None

    @classmethod
    def read(cls, who: str = "", what: str = "", since: str = "", until: str = "", after: str = "") -> Wish:
        """The wish that an address holds; what makes no sense counts as not given.

        >>> Wish.read(who="7", what="sign-ins", since="2026-03-14").since
        datetime.date(2026, 3, 14)
        >>> Wish.read(who="x", what="x", since="x", until="2026-02-31", after="x") == Wish()
        True
        """
        is_who = who == POLICY or (who.isascii() and who.isdigit() and 0 < len(who) < 10)
        return cls(
            who if is_who else "",
            what if what in words.GROUPS else "",
            _day(since),
            _day(until),
            _place(after),
        )


@dataclass(frozen=True, slots=True)
class TrailPage:
    """A page of the trail; `after` is what the next one begins after, None on the last."""

    entries: tuple[Entry, ...]
    after: str | None


def page(wish: Wish, size: int = PAGE) -> TrailPage:
    """One page of the trail."""
    names = {each.id: each.name for each in moderators.people()}
    found = list(islice(_merged(wish, names, size + 1), size + 1))
    shown = tuple(found[:size])
    return TrailPage(shown, shown[-1].after if len(found) > size else None)


def every(wish: Wish, at_once: int = 500) -> Iterator[Entry]:
    """All entries that are wished for, read a page at a time."""
    while True:
        part = page(wish, at_once)
        yield from part.entries
        if part.after is None:
            return
        wish = replace(wish, after=_place(part.after))


def _merged(wish: Wish, names: words.Names, most: int) -> Iterator[Entry]:
    both = (_decisions(wish, names, most), _events(wish, names, most))
    return merge(*both, key=lambda entry: (-entry.at.timestamp(), _RANKS[entry.kind], -entry.id))


def _decisions(wish: Wish, names: words.Names, most: int) -> list[Entry]:
    if wish.what and wish.what not in words.DECISION_GROUPS:
        return []
    conditions = _conditions(wish, Decision.decided_at, Decision.id, "decision")
    if wish.who:
        conditions.append(
            Decision.moderator_id.is_(None)
            if wish.who == POLICY
            else Decision.moderator_id == min(int(wish.who), _LARGEST_ID)
        )
    if wish.what == "by-people":
        conditions.append(Decision.moderator_id.is_not(None))
    if wish.what == "by-policy":
        conditions.append(Decision.moderator_id.is_(None))
    asked = select(Decision).where(*conditions).order_by(Decision.decided_at.desc(), Decision.id.desc())
    return [_of_decision(row, names) for row in _read(asked, most)]


def _events(wish: Wish, names: words.Names, most: int) -> list[Entry]:
    if wish.what in words.DECISION_GROUPS or wish.who == POLICY:
        return []
    conditions = _conditions(wish, Event.happened_at, Event.id, "event")
    if wish.who:
        conditions.append(Event.moderator_id == min(int(wish.who), _LARGEST_ID))
    if wish.what == words.REST:
        conditions.append(
            Event.kind.not_in([kind for kinds in words.EVENT_GROUPS.values() for kind in kinds])
        )
    elif wish.what:
        conditions.append(Event.kind.in_(words.EVENT_GROUPS[wish.what]))
    asked = select(Event).where(*conditions).order_by(Event.happened_at.desc(), Event.id.desc())
    return [_of_event(row, names) for row in _read(asked, most)]


def _conditions(wish: Wish, at: Any, number: Any, kind: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wish.since:
        conditions.append(at >= datetime(*wish.since.timetuple()[:3], tzinfo=UTC))
    if wish.until:
        conditions.append(at < datetime(*wish.until.timetuple()[:3], tzinfo=UTC) + timedelta(days=1))
    if wish.after:
        moment, former, last = wish.after
        if _RANKS[kind] == _RANKS[former]:
            conditions += [at <= moment, or_(at < moment, and_(at == moment, number < last))]
        else:
            conditions.append(at <= moment if _RANKS[kind] > _RANKS[former] else at < moment)
    return conditions


def _read(asked: Select[Any], most: int) -> list[Any]:
    return list(db.session.scalars(asked.limit(most)))


def _of_decision(row: Decision, names: words.Names) -> Entry:
    facts = {
        "from": row.from_status.value if row.from_status else None,
        "to": row.to_status.value,
        "text": row.text_n,
        "version": row.version,
        "undoes": row.undoes_id,
        "batch": row.batch,
        "policy": row.policy or None,
        "sampling probability": row.sampling_probability,
    }
    return Entry(
        "decision",
        row.id,
        row.decided_at,
        names.get(row.moderator_id, "nobody") if row.moderator_id else "the policy",
        row.action.value,
        words.of_decision(row),
        mask_addresses(row.note),
        comment_id=row.comment_id,
        detail={name: value for name, value in facts.items() if value is not None},
    )


def _of_event(row: Event, names: words.Names) -> Entry:
    typed = [str(row.detail[name]) for name in sorted(words.FREE_WORDS) if row.detail.get(name)]
    return Entry(
        "event",
        row.id,
        row.happened_at,
        _who(row, names),
        row.kind,
        words.of_event(row.kind, row.detail, names),
        mask_addresses("; ".join(typed)),
        comment_id=_number(row.detail.get("comment")),
        account_id=_number(row.detail.get("account")),
        detail={name: value for name, value in row.detail.items() if name not in words.FREE_WORDS},
    )


def _who(row: Event, names: words.Names) -> str:
    if row.detail.get("via"):
        return f"the {row.detail['via']}"
    return names.get(row.moderator_id, "nobody") if row.moderator_id else "nobody signed in"


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _day(typed: str) -> date | None:
    try:
        found = date.fromisoformat(typed) if len(typed) == 10 else None
    except ValueError:
        return None
    return found if found and 1970 <= found.year < 9000 else None


def _place(typed: str) -> tuple[datetime, str, int] | None:
    moment, _, rest = typed.partition("~")
    kind, _, number = rest.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    if at.tzinfo is None or kind not in _RANKS or not number.isascii() or not number.isdigit():
        return None
    return (at, kind, min(int(number[:10]), _LARGEST_ID)) if 1970 <= at.year < 9000 else None
