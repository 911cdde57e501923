"""What waits is looked at again: under a new version or new thresholds, what would be done with it today.

The sweep goes through held comments that were judged under anything else, scores them anew where the version is
another, and notes what the policy would say. Nothing is done with it: a person applies it, or nobody. What people
decided to hold is left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Row, case, func, select, update

from models import Article, Comment, CommentText, Decision, DecisionReason, Scoring, db, writing
from moderation import policy, spam
from moderation.learning.scorer import Scorer
from moderation.vocabulary import Action, Score, Status

BATCH = 100
"""Comments that are looked at in one transaction."""

_Waiting = Row[*tuple[Any, ...]]


def look_again(scorer: Scorer, now: datetime, batch: int = BATCH) -> int:
    """Look at some comments that wait; returns how many, 0 when all were judged under what is in force."""
    under = scorer.under
    waiting = _waiting(under, batch) if under else []
    if not waiting:
        return 0
    looked = list(_looked_at(scorer, waiting, under))
    with writing():
        return sum(_noted(each, under, now) for each in looked)


@dataclass(frozen=True, slots=True)
class _Looked:
    """A comment that waits, its score where that is a new one, and what the policy would say now."""

    row: _Waiting
    score: Score | None
    proposal: Action | None


def _looked_at(scorer: Scorer, waiting: Sequence[_Waiting], under: str) -> Iterator[_Looked]:
    ids = [row.id for row in waiting]
    by_people, last, reasons = _decided_by_people(ids), _scored_by(ids), _reasons(ids)
    for row in waiting:
        if row.id in by_people or not row.text:
            yield _Looked(row, None, None)
            continue
        is_current = row.id in last and _is_of(last[row.id], under)
        score = (
            replace(last[row.id], shift=scorer.shift)
            if is_current
            else scorer.score(spam.Candidate(row.text, row.name, row.website, row.title))
        )
        if score is not None:  # one that cannot be scored now will be at a later pass
            said = policy.again(score.probability, reasons[row.id], scorer.thresholds)
            yield _Looked(row, None if is_current else score, None if said is Action.HOLD else said)


def _is_of(score: Score, under: str) -> bool:
    """Whether the version in force gave it, the latest decisions aside."""
    return score.version.partition("+")[0] == under.partition(" ")[0]


def _noted(looked: _Looked, under: str, now: datetime) -> bool:
    """Keep what was found, if the comment still waits as it did."""
    row, score = looked.row, looked.score
    values: dict[str, Any] = {"judged_under": under, "proposal": looked.proposal}
    if score is not None:
        values["risk"] = score.log_odds
    ours = update(Comment).where(
        Comment.id == row.id, Comment.version == row.version, Comment.status == Status.HELD
    )
    result = db.session.execute(ours.values(values).execution_options(synchronize_session=False))
    if cast("CursorResult[Any]", result).rowcount != 1:
        return False
    if score is not None:
        said = {"classifier_version": score.version, "log_odds": score.log_odds}
        db.session.add(Scoring(comment_id=row.id, text_n=row.text_n, scored_at=now, **said))
    return True


def proposals() -> dict[Action, int]:
    """How many comments that wait would now be approved, and how many called spam."""
    counted = select(Comment.proposal, func.count()).where(Comment.proposal.is_not(None))
    rows = db.session.execute(counted.group_by(Comment.proposal))
    return {action: count for action, count in rows if action is not None}


def _waiting(under: str, batch: int) -> Sequence[_Waiting]:
    return db.session.execute(
        select(
            Comment.id,
            Comment.version,
            Comment.text_n,
            CommentText.text,
            Comment.name,
            Comment.website,
            Article.title,
        )
        .join(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .join(Article, Article.id == Comment.article_id)
        .where(Comment.status == Status.HELD, Comment.judged_under != under)
        .order_by(Comment.id)
        .limit(batch)
    ).all()


def _decided_by_people(ids: Sequence[int]) -> set[int]:
    newest = select(func.max(Decision.id)).where(Decision.comment_id.in_(ids)).group_by(Decision.comment_id)
    query = select(Decision.comment_id).where(Decision.id.in_(newest.scalar_subquery()))
    return set(db.session.scalars(query.where(Decision.moderator_id.is_not(None))))


def _scored_by(ids: Sequence[int]) -> dict[int, Score]:
    """What was said of each comment at last."""
    newest = select(func.max(Scoring.id)).where(Scoring.comment_id.in_(ids)).group_by(Scoring.comment_id)
    rows = db.session.scalars(select(Scoring).where(Scoring.id.in_(newest.scalar_subquery())))
    return {row.comment_id: Score(row.log_odds, 0.0, row.classifier_version) for row in rows}


def _reasons(ids: Sequence[int]) -> dict[int, list[str]]:
    """What the policy's newest word on each comment was for."""
    by_the_policy = case((Decision.moderator_id.is_(None), Decision.id))
    words = select(func.max(by_the_policy)).where(Decision.comment_id.in_(ids)).group_by(Decision.comment_id)
    found: dict[int, list[str]] = defaultdict(list)
    query = select(Decision.comment_id, DecisionReason.code).join(
        Decision, Decision.id == DecisionReason.decision_id
    )
    for row in db.session.execute(query.where(Decision.id.in_(words.scalar_subquery()))):
        found[row.comment_id].append(row.code)
    return found
