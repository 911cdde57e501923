"""What would be done today with comments that wait, applied by a person: each as it was looked at, or not at all.

These stay the policy's own decisions, since nobody has read the comments one by one: they are no labels, chance may
draw them for a spot check, and the trail says who applied them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from models import Comment, DecisionReason, Event, Scoring, db, writing
from moderation.review.deciding import Change, Hand, seen_now, standings
from moderation.review.values import LARGEST_ID, Outcome, Target
from moderation.vocabulary import Action, ReasonCode, Status, probability

APPLIED = "proposals applied"
"""Kind of event."""


def apply(by: Hand, moderator_id: int, under: str, shift: float, targets: Sequence[Target]) -> Outcome:
    """See `Review.apply`; `under` names what is in force now, and `shift` is that of its prior."""
    by = replace(by, policy=under)
    wanted = {target.id: target.version for target in targets if 0 < target.id <= LARGEST_ID}
    with writing() as session:
        seen, proposed = seen_now(wanted), _proposed(list(wanted), under)
        change, done = Change(by), []
        for comment_id in sorted(seen):
            row, action = seen[comment_id], proposed.get(comment_id)
            is_as_seen = row.status is Status.HELD and row.version == wanted[comment_id]
            if is_as_seen and action is not None and change.make(row, action):
                done.append(comment_id)
        change.finish()
        session.flush()
        _give_reasons(change.decisions, done, under, shift)
        if done:
            detail = {"batch": by.batch, "comments": len(done), "under": under}
            session.add(Event(happened_at=by.now, moderator_id=moderator_id, kind=APPLIED, detail=detail))
        left = standings([comment_id for comment_id in sorted(seen) if comment_id not in set(done)])
        unknown = tuple(sorted({target.id for target in targets} - set(seen)))
        return Outcome(tuple(done), tuple(change.decisions), left, unknown)


def _proposed(ids: Sequence[int], under: str) -> dict[int, Action]:
    query = select(Comment.id, Comment.proposal).where(Comment.id.in_(ids), Comment.judged_under == under)
    return {row.id: row.proposal for row in db.session.execute(query) if row.proposal is not None}


def _give_reasons(decisions: Sequence[int], comments: Sequence[int], under: str, shift: float) -> None:
    version = under.partition(" ")[0]
    for decision_id, comment_id in zip(decisions, comments, strict=True):
        newest = select(Scoring.log_odds).where(Scoring.comment_id == comment_id).order_by(Scoring.id.desc())
        said = db.session.scalar(newest.limit(1))
        score = "not scored" if said is None else f"score {probability(said + shift):.2f} by {version}"
        code = ReasonCode.LOOKED_AT_AGAIN
        db.session.add(DecisionReason(decision_id=decision_id, position=0, code=code, detail=score))
