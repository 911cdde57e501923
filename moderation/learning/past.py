"""A site's own past, as figures are made of: what arrived, what was said of it, what was done, and what people said.

A site that has hardly any past borrows the examples that the base learned from, weighed to the prior; these flatter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from models import Comment, Decision, DecisionReason, Label, Scoring, db
from models.classifier import LabelClass
from moderation import policy
from moderation.learning.champion import Champion
from moderation.spam.correction import Floats, Mask
from moderation.spam.costs import Bar, probabilities
from moderation.spam.forecast import APPROVED, HELD, SPAM, Arrivals
from moderation.vocabulary import Action, Status, Thresholds

WINDOW = timedelta(days=28)
"""How far back figures look."""

MOST = 5000
"""Arrivals that are looked at, the latest."""

FEWEST = 20
"""Arrivals below which a site has no past to speak of."""

_MOST_DECIDED = 2000
_DONE = {Status.APPROVED: APPROVED, Status.HELD: HELD, Status.SPAM: SPAM}
_ASKED = {Action.APPROVE: APPROVED, Action.HOLD: HELD, Action.SPAM: SPAM}
_NEVER = Thresholds(hold=2.0, spam=2.0)  # what no score reaches


def arrivals(now: datetime, most: int = MOST) -> Arrivals:
    """The comments of the last four weeks, or the latest of them."""
    rows = _rows(now - WINDOW, most)
    besides = _besides([row.decision_id for row in rows])
    first = min((row.arrived_at for row in rows), default=now)
    days = max((now - first) / timedelta(days=1), 1.0)
    return Arrivals(
        np.array([np.nan if row.log_odds is None else row.log_odds for row in rows], dtype=np.float64),
        np.array([_ASKED[besides[row.decision_id]] for row in rows], dtype=np.int64),
        np.array([_DONE[row.to_status] for row in rows], dtype=np.int64),
        np.array([_said(row.label) for row in rows], dtype=np.int64),
        np.array([_chance(row) for row in rows], dtype=np.float64),
        np.ones(len(rows)),
        days,
    )


def borrowed(champion: Champion, prior: float) -> Arrivals:
    """A hundred comments a day as the base learned from, so many of them spam as the prior says."""
    anchors = champion.base.anchors
    is_spam = anchors.is_spam
    count, of_spam = len(anchors), int(is_spam.sum())
    share = np.where(is_spam, prior / max(of_spam, 1), (1 - prior) / max(count - of_spam, 1))
    return Arrivals(
        champion.says(anchors.kept),
        np.full(count, APPROVED),
        np.full(count, HELD),
        is_spam.astype(np.int64),
        np.ones(count),
        100.0 * share,
        1.0,
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """The latest decided comments, the oldest first: what was said on arrival, what people said, by which chance."""

    said: Floats
    is_spam: Mask
    chances: Floats


def decided(bar: Bar, most: int = _MOST_DECIDED) -> Decided:
    """The latest labels whose comments had been scored on arrival; what was said is at the prior."""
    query = (
        select(Label.label, Scoring.log_odds, Decision.sampling_probability)
        .join(Decision, Decision.id == Label.decision_id)
        .join(Comment, Comment.id == Label.comment_id)
        .join(Scoring, _on_arrival())
        .order_by(Label.decision_id.desc())
        .limit(most)
    )
    rows = db.session.execute(query).all()[::-1]
    return Decided(
        probabilities(np.array([row.log_odds for row in rows], dtype=np.float64) + bar.shift),
        np.array([row.label is LabelClass.SPAM for row in rows], dtype=bool),
        np.array([row.sampling_probability or 1.0 for row in rows], dtype=np.float64),
    )


def _rows(since: datetime, most: int) -> Sequence[Row[*tuple[Any, ...]]]:
    answer = aliased(Decision)
    return db.session.execute(
        select(
            Comment.arrived_at,
            Decision.id.label("decision_id"),
            Decision.to_status,
            Scoring.log_odds,
            Label.label,
            answer.sampling_probability,
        )
        .join(Decision, (Decision.comment_id == Comment.id) & (Decision.version == 1))
        .outerjoin(Scoring, _on_arrival())
        .outerjoin(Label, Label.comment_id == Comment.id)
        .outerjoin(answer, answer.id == Label.decision_id)
        .where(Comment.arrived_at > since)
        .order_by(Comment.arrived_at.desc(), Comment.id.desc())
        .limit(most)
    ).all()


def _on_arrival() -> Any:
    return (Scoring.comment_id == Comment.id) & (Scoring.scored_at == Comment.arrived_at)


def _besides(decision_ids: Sequence[int]) -> dict[int, Action]:
    """What the reasons but the score asked for, by decision."""
    codes: dict[int, list[str]] = defaultdict(list)
    if decision_ids:
        query = select(DecisionReason.decision_id, DecisionReason.code)
        between = DecisionReason.decision_id.between(min(decision_ids), max(decision_ids))
        for row in db.session.execute(query.where(between)):
            codes[row.decision_id].append(row.code)
    return {each: policy.again(0.0, codes[each], _NEVER) for each in decision_ids}


def _said(label: LabelClass | None) -> int:
    return -1 if label is None else int(label is LabelClass.SPAM)


def _chance(row: Row[*tuple[Any, ...]]) -> float:
    """Of what was held every comment is looked at; of the rest, what was asked for stands for the others."""
    if row.to_status is Status.HELD:
        return 1.0
    return np.nan if row.sampling_probability is None else float(row.sampling_probability)
