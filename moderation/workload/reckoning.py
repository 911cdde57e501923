"""Reckoning: a fixed number of questions to the database, each grouped there as far as it can."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import Integer, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from models import Comment, Decision, DecisionReason, Link, Moderator, Tally, db
from moderation.vocabulary import Status
from moderation.workload.values import Hand, Workload

DAYS = 28

_TOP = 10
_SITTING = timedelta(minutes=5)
_FEWEST_GAPS = 5
_SHOWN = (Status.APPROVED, Status.HELD, Status.SPAM, Status.REJECTED)
_AGES = (
    ("under an hour", timedelta(hours=1)),
    ("under a day", timedelta(days=1)),
    ("under 3 days", timedelta(days=3)),
    ("under a week", timedelta(days=7)),
)
_OLDER = "longer"


def reckoned(now: datetime) -> Workload:
    """The figures of the last four weeks, today included."""
    today = now.astimezone(UTC).date()
    days = [(today - timedelta(days=n)).isoformat() for n in reversed(range(DAYS))]
    since = datetime.fromisoformat(f"{days[0]}T00:00:00+00:00")
    arrivals = _arrivals(days, since)
    waits = _hours_to_decision(since)
    taken_down, published, let_through, called_spam = _overturned(since)
    return Workload(
        days=tuple(days),
        arrivals=arrivals,
        backlog=_backlog(days, since),
        ages=_ages(now),
        median_hours=tuple(_quantile(waits[day], 0.5) for day in days),
        p90_hours=tuple(_quantile(waits[day], 0.9) for day in days),
        alone=_alone(days, since, arrivals),
        taken_down=taken_down,
        published=published,
        let_through=let_through,
        called_spam=called_spam,
        reasons=_reasons(since),
        hosts=_hosts(since),
        hands=_hands(since),
    )


def _day(moment: Any) -> Any:
    return cast(func.date(moment), db.String)


def _arrivals(days: Sequence[str], since: datetime) -> dict[str, tuple[int, ...]]:
    day = _day(Comment.arrived_at)
    query = select(day, Comment.status, func.count()).where(Comment.arrived_at >= since)
    counted = {(row[0], row[1]): row[2] for row in db.session.execute(query.group_by(day, Comment.status))}
    return {status.value: tuple(counted.get((each, status), 0) for each in days) for status in _SHOWN}


def _backlog(days: Sequence[str], since: datetime) -> tuple[int, ...]:
    """From what waits now, back day by day by what came to wait and what went."""
    day = _day(Decision.decided_at)
    came = and_(
        Decision.to_status == Status.HELD,
        or_(Decision.from_status.is_(None), Decision.from_status != Status.HELD),
    )
    went = and_(Decision.from_status == Status.HELD, Decision.to_status != Status.HELD)
    moved = func.sum(cast(case((came, 1), (went, -1), else_=0), Integer))
    query = select(day, moved).where(Decision.decided_at >= since).group_by(day)
    change = {row[0]: int(row[1] or 0) for row in db.session.execute(query)}
    left = int(db.session.scalar(select(func.coalesce(func.sum(Tally.held_count), 0))) or 0)
    found = []
    for each in reversed(days):
        found.append(max(0, left))
        left -= change.get(each, 0)
    return tuple(reversed(found))


def _ages(now: datetime) -> tuple[tuple[str, int], ...]:
    age = case(*((Comment.arrived_at > now - most, name) for name, most in _AGES), else_=_OLDER)
    query = select(age, func.count()).where(Comment.status == Status.HELD).group_by(age)
    counted: dict[str, int] = {row[0]: row[1] for row in db.session.execute(query)}
    return tuple((name, counted.get(name, 0)) for name in (*(name for name, _ in _AGES), _OLDER))


def _hours_to_decision(since: datetime) -> dict[str, list[float]]:
    verdict = aliased(Decision)
    first = (
        select(Decision.comment_id, func.min(Decision.decided_at).label("at"))
        .where(Decision.moderator_id.is_not(None), Decision.decided_at >= since)
        .group_by(Decision.comment_id)
        .subquery()
    )
    query = (
        select(Comment.arrived_at, first.c.at)
        .join(first, first.c.comment_id == Comment.id)
        .join(verdict, and_(verdict.comment_id == Comment.id, verdict.from_status.is_(None)))
        .where(Comment.arrived_at >= since, verdict.to_status == Status.HELD)
    )
    found: dict[str, list[float]] = defaultdict(list)
    for arrived_at, decided_at in db.session.execute(query):
        found[arrived_at.date().isoformat()].append((decided_at - arrived_at).total_seconds() / 3600)
    return found


def _alone(
    days: Sequence[str], since: datetime, arrivals: dict[str, tuple[int, ...]]
) -> tuple[float | None, ...]:
    day = _day(Comment.arrived_at)
    by_people = select(Decision.id).where(
        Decision.comment_id == Comment.id, Decision.moderator_id.is_not(None)
    )
    query = select(day, func.count()).where(
        Comment.arrived_at >= since,
        Comment.status.in_([Status.APPROVED, Status.SPAM]),
        ~by_people.exists(),
    )
    counted: dict[str, int] = {row[0]: row[1] for row in db.session.execute(query.group_by(day))}
    totals = [sum(counts[n] for counts in arrivals.values()) for n in range(len(days))]
    return tuple(
        counted.get(each, 0) / total if total else None for each, total in zip(days, totals, strict=True)
    )


def _overturned(since: datetime) -> tuple[int, int, int, int]:
    """Published and taken down, published; called spam and let through, called spam."""
    verdict, later = aliased(Decision), aliased(Decision)
    newest = (
        select(func.max(later.id))
        .where(later.comment_id == verdict.comment_id, later.moderator_id.is_not(None))
        .correlate(verdict)
        .scalar_subquery()
    )
    query = (
        select(verdict.to_status, Decision.to_status, func.count())
        .outerjoin(Decision, Decision.id == newest)
        .where(verdict.decided_at >= since, verdict.from_status.is_(None))
        .group_by(verdict.to_status, Decision.to_status)
    )
    counted = Counter({(row[0], row[1]): row[2] for row in db.session.execute(query)})

    def of(said: Status, *then: Status | None) -> int:
        return sum(n for (first, last), n in counted.items() if first is said and (not then or last in then))

    return (
        of(Status.APPROVED, Status.SPAM, Status.REJECTED),
        of(Status.APPROVED),
        of(Status.SPAM, Status.APPROVED),
        of(Status.SPAM),
    )


def _reasons(since: datetime) -> tuple[tuple[str, int], ...]:
    query = (
        select(DecisionReason.code, func.count())
        .join(Decision, Decision.id == DecisionReason.decision_id)
        .where(Decision.decided_at >= since, Decision.moderator_id.is_(None))
        .group_by(DecisionReason.code)
        .order_by(func.count().desc(), DecisionReason.code)
        .limit(_TOP)
    )
    return tuple((row[0], row[1]) for row in db.session.execute(query))


def _hosts(since: datetime) -> tuple[tuple[str, int], ...]:
    many = func.count(Comment.id.distinct())
    query = (
        select(Link.domain, many)
        .join(Comment, Comment.id == Link.comment_id)
        .where(Comment.arrived_at >= since, Comment.status == Status.SPAM, Link.stands())
        .group_by(Link.domain)
        .order_by(many.desc(), Link.domain)
        .limit(_TOP)
    )
    return tuple((row[0], row[1]) for row in db.session.execute(query))


def _hands(since: datetime) -> tuple[Hand, ...]:
    rows = db.session.execute(
        select(
            Decision.id,
            Decision.comment_id,
            Decision.to_status,
            Decision.moderator_id,
            Decision.decided_at,
            Decision.batch,
        )
        .where(Decision.decided_at >= since, Decision.moderator_id.is_not(None))
        .order_by(Decision.id)
    ).all()
    names: dict[int, str] = {
        row[0]: row[1] for row in db.session.execute(select(Moderator.id, Moderator.name))
    }
    mine: dict[int, list[Any]] = defaultdict(list)
    of_comment: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        mine[row.moderator_id].append(row)
        of_comment[row.comment_id].append(row)
    overturned = _by_others(of_comment.values())
    hands = [
        Hand(who, names.get(who, ""), len(made), _seconds(made), overturned[who])
        for who, made in mine.items()
    ]
    return tuple(sorted(hands, key=lambda hand: (-hand.decisions, hand.name)))


def _by_others(histories: Iterable[Sequence[Any]]) -> Counter[int]:
    """How many decisions of each person the next person turned into something else."""
    return Counter(
        one.moderator_id
        for history in histories
        for one, after in pairwise(history)
        if one.moderator_id != after.moderator_id and one.to_status is not after.to_status
    )


def _seconds(made: Sequence[Any]) -> float | None:
    """Between two decisions of one sitting; a bulk action is one."""
    moments: list[datetime] = []
    batches: set[str] = set()
    for row in made:
        if row.batch not in batches:
            moments.append(row.decided_at)
        if row.batch:
            batches.add(row.batch)
    gaps = [after - before for before, after in pairwise(sorted(moments))]
    short = [gap.total_seconds() for gap in gaps if gap <= _SITTING]
    return median(short) if len(short) >= _FEWEST_GAPS else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    """The value that a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
