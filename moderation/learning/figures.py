"""What the pages show of the classifier at work, kept by a sweep so that no page has to count.

One row, `standing`, tells of now: drift, calibration, errors, what came in. One row a week tells of what arrived and
what was overturned; past weeks do not change any more. All is made again when anything was decided or arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import aliased

from models import Comment, Decision, Event, Figure, Scoring, db, writing
from moderation.learning import newcomers, past
from moderation.learning.progress import keep
from moderation.learning.scorer import Scorer
from moderation.spam import drift
from moderation.spam.costs import Bar, log_odds_of
from moderation.spam.forecast import forecast, share_of_spam
from moderation.vocabulary import Status

log = structlog.get_logger("gatepost.learning")

STANDING = "standing"
ALARM = "classifier drifts"
"""Kind of event."""

WEEKS = 26
"""Weeks that are shown."""

BANDS = (0.01, 0.1, 0.5, 0.9)
"""Probabilities that part the bands of the weekly distribution."""

_AT_LEAST_EVERY = timedelta(hours=1)
_WEEK = timedelta(days=7)


def keep_figures(scorer: Scorer, now: datetime) -> int:
    """Make the figures again if anything has changed; returns 1 if so, else 0."""
    made_of = _made_of(scorer)
    if _is_fresh(db.session.get(Figure, STANDING), made_of, now):
        return 0
    bar = scorer.terms.bar
    for monday in _to_make(now):
        keep(_name(monday), week(monday, bar), now)
    made = {"made_of": made_of, **_standing(bar, now)}
    if made["drift"]["is_alarming"] and not is_alarming():
        _sound_alarm(made["drift"], now)
    keep(STANDING, made, now)
    return 1


def standing() -> tuple[dict[str, Any], datetime] | None:
    """How the classifier stands, and as of when; None before the first pass."""
    row = db.session.get(Figure, STANDING)
    return (row.value, row.made_at) if row else None


def weeks() -> list[dict[str, Any]]:
    """The weeks that are kept, the oldest first."""
    query = select(Figure).where(Figure.name.like("week %")).order_by(Figure.name.desc()).limit(WEEKS)
    return [row.value for row in db.session.scalars(query)][::-1]


def is_alarming() -> bool:
    """Whether the latest decisions disagree with the classifier far more than it promised."""
    found = standing()
    return found is not None and bool(found[0]["drift"]["is_alarming"])


def week(monday: date, bar: Bar) -> dict[str, Any]:
    """What arrived in a week, in bands of what was said of it, what was done with it, and what people overturned."""
    first = datetime.combine(monday, time(), UTC)
    is_then = and_(Comment.arrived_at >= first, Comment.arrived_at < first + _WEEK)
    query = (
        select(_band(bar).label("band"), Decision.to_status, func.count())
        .select_from(Comment)
        .join(Decision, (Decision.comment_id == Comment.id) & (Decision.version == 1))
        .outerjoin(Scoring, (Scoring.comment_id == Comment.id) & (Scoring.scored_at == Comment.arrived_at))
        .where(is_then)
        .group_by("band", Decision.to_status)
    )
    rows = db.session.execute(query).all()
    bands = [sum(count for band, _, count in rows if band == number) for number in range(len(BANDS) + 1)]
    done = {status: sum(count for _, was, count in rows if was is status) for status in Status}
    decided, overturned = _overturned(first)
    return {
        "monday": monday.isoformat(),
        "arrived": sum(done.values()),
        "bands": bands,
        "not_scored": sum(count for band, _, count in rows if band is None),
        "held": done[Status.HELD],
        "published": done[Status.APPROVED],
        "called": done[Status.SPAM],
        "decided": decided,
        "overturned": overturned,
    }


def _is_fresh(row: Figure | None, made_of: list[Any], now: datetime) -> bool:
    return row is not None and row.value["made_of"] == made_of and now - row.made_at < _AT_LEAST_EVERY


def _standing(bar: Bar, now: datetime) -> dict[str, Any]:
    came, decided = past.arrivals(now), past.decided(bar)
    disagreement = drift.disagreement(decided.said, decided.is_spam, 1 / decided.chances)
    gathered = drift.calibration(decided.said, decided.is_spam, 1 / decided.chances)
    return {
        "drift": asdict(disagreement) | {"is_alarming": disagreement.is_alarming},
        "calibration": [asdict(each) for each in gathered],
        "arrived": len(came),
        "days": came.days,
        "prior": asdict(share_of_spam(came, bar)),
        "errors": asdict(forecast(came, came.done, bar)),
        "came_in": newcomers.came_in(now),
    }


def _sound_alarm(told: dict[str, Any], now: datetime) -> None:
    log.warning("decisions disagree with the classifier more than it promised", disagreed=told["disagreed"])
    with writing() as session:
        session.add(Event(happened_at=now, moderator_id=None, kind=ALARM, detail=told))


def _made_of(scorer: Scorer) -> list[Any]:
    newest = select(func.max(Comment.id)).scalar_subquery(), select(func.max(Decision.id)).scalar_subquery()
    row = db.session.execute(select(*newest)).one()
    return [row[0] or 0, row[1] or 0, scorer.under]


def _to_make(now: datetime) -> Sequence[date]:
    """Mondays of the weeks that are not kept yet, and of the last two, which may have changed."""
    this = now.date() - timedelta(days=now.weekday())
    first = db.session.scalar(select(func.min(Comment.arrived_at)))
    oldest = (
        max(first.date() - timedelta(days=first.weekday()), this - (WEEKS - 1) * _WEEK) if first else this
    )
    there = set(db.session.scalars(select(Figure.name).where(Figure.name.like("week %"))))
    every = [oldest + n * _WEEK for n in range((this - oldest).days // 7 + 1)]
    return [monday for monday in every if _name(monday) not in there or monday >= this - _WEEK]


def _name(monday: date) -> str:
    return f"week {monday.isoformat()}"


def _band(bar: Bar) -> ColumnElement[int | None]:
    """Number of the band that a score lies in, None where there is none."""
    levels = [log_odds_of(each) - bar.shift for each in BANDS]
    below = [(Scoring.log_odds < level, number) for number, level in enumerate(levels)]
    return case((Scoring.log_odds.is_(None), None), *below, else_=len(BANDS))


def _overturned(first: datetime) -> tuple[int, int]:
    """How many comments people decided on in a week, and of how many they said the opposite of the policy."""
    arrival, undoing = aliased(Decision), aliased(Decision)
    is_opposite = case(
        (
            and_(
                arrival.to_status == Status.APPROVED, Decision.to_status.in_((Status.SPAM, Status.REJECTED))
            ),
            1,
        ),
        (and_(arrival.to_status == Status.SPAM, Decision.to_status == Status.APPROVED), 1),
        else_=0,
    )
    row = db.session.execute(
        select(func.count(), func.coalesce(func.sum(is_opposite), 0))
        .select_from(Decision)
        .join(arrival, (arrival.comment_id == Decision.comment_id) & (arrival.version == 1))
        .outerjoin(undoing, undoing.undoes_id == Decision.id)
        .where(Decision.decided_at >= first, Decision.decided_at < first + _WEEK)
        .where(Decision.moderator_id.is_not(None), Decision.undoes_id.is_(None), undoing.id.is_(None))
    ).one()
    return int(row[0]), int(row[1])
