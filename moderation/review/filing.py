"""One comment's file: its history, every text it ever had, every scoring, and what weighed in its score."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from models import Comment, CommentText, Decision, DecisionReason, Moderator, Scoring, db
from moderation import privacy
from moderation.errors import NotFound
from moderation.learning import Scorer
from moderation.review import listing
from moderation.review.bench import Bench, bench
from moderation.review.values import (
    LARGEST_ID,
    THE_POLICY,
    HistoryEntry,
    ScoringEntry,
    TextVersion,
    Waiting,
)
from moderation.vocabulary import probability


@dataclass(frozen=True, slots=True)
class CommentFile:
    """All that is known of a comment, but for its reader's address.

    Attributes
    ----------
    bench
        The comment as it lies in focus at the desk.
    history, texts, scorings
        Oldest first.
    replies
        How many comments answer it, whatever their status.
    """

    bench: Bench
    history: tuple[HistoryEntry, ...]
    texts: tuple[TextVersion, ...]
    scorings: tuple[ScoringEntry, ...]
    replies: int

    @property
    def comment(self) -> Waiting:
        """The comment as the queue shows it, with all of its text."""
        return self.bench.comment


def file(scorer: Scorer, comment_id: int, now: datetime) -> CommentFile:
    """See `Review.file`."""
    comment = listing.whole(scorer, comment_id, now) if 0 < comment_id <= LARGEST_ID else None
    if comment is None:
        raise NotFound("There is no such comment.")
    return CommentFile(
        bench=bench(scorer, comment),
        history=_history(comment_id),
        texts=_texts(comment_id),
        scorings=_scorings(comment_id, scorer.shift),
        replies=db.session.scalar(select(func.count()).where(Comment.parent_id == comment_id)) or 0,
    )


def _history(comment_id: int) -> tuple[HistoryEntry, ...]:
    rows = db.session.execute(
        select(Decision, Moderator.name)
        .outerjoin(Moderator, Moderator.id == Decision.moderator_id)
        .where(Decision.comment_id == comment_id)
        .order_by(Decision.id)
    ).all()
    reasons = _reasons(comment_id)
    undone_by = {decision.undoes_id: decision.id for decision, _ in rows if decision.undoes_id}
    return tuple(
        HistoryEntry(
            id=decision.id,
            at=decision.decided_at,
            who=name or THE_POLICY,
            action=decision.action,
            from_status=decision.from_status,
            to_status=decision.to_status,
            note=decision.note,
            reasons=tuple(reasons[decision.id]),
            undoes=decision.undoes_id,
            undone_by=undone_by.get(decision.id),
        )
        for decision, name in rows
    )


def _reasons(comment_id: int) -> dict[int, list[str]]:
    rows = db.session.execute(
        select(DecisionReason.decision_id, DecisionReason.code, DecisionReason.detail)
        .join(Decision, Decision.id == DecisionReason.decision_id)
        .where(Decision.comment_id == comment_id)
        .order_by(DecisionReason.decision_id, DecisionReason.position)
    )
    reasons: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        reasons[row.decision_id].append(listing.sentence(row.code, row.detail))
    return reasons


def _texts(comment_id: int) -> tuple[TextVersion, ...]:
    rows = db.session.execute(
        select(CommentText.n, CommentText.text, CommentText.written_at, Moderator.name)
        .outerjoin(Moderator, Moderator.id == CommentText.moderator_id)
        .where(CommentText.comment_id == comment_id)
        .order_by(CommentText.n)
    )
    return tuple(
        TextVersion(row.n, privacy.mask_addresses(row.text), row.name or "", row.written_at) for row in rows
    )


def _scorings(comment_id: int, shift: float) -> tuple[ScoringEntry, ...]:
    rows = db.session.execute(
        select(Scoring.scored_at, Scoring.text_n, Scoring.classifier_version, Scoring.log_odds)
        .where(Scoring.comment_id == comment_id)
        .order_by(Scoring.id)
    )
    return tuple(
        ScoringEntry(
            row.scored_at,
            row.text_n,
            row.classifier_version,
            row.log_odds,
            probability(row.log_odds + shift),
        )
        for row in rows
    )
