"""Labels: a person's standing decision as training data. The policy's own decisions never are, nor is a rejection,
nor anything about what the publication wrote itself.

Whatever changes whose decision stands calls `follow` in the same transaction: it makes the labels of these comments
what their histories say. An undone decision's label goes, and the one that then stands again comes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import CursorResult, Row, delete, func, select

from models import Article, Comment, CommentText, Decision, ImportedLabel, Label, db, writing
from models.classifier import LabelClass
from moderation.spam import Candidate, Classifier
from moderation.spam.features import MAP_VERSION
from moderation.vocabulary import Action, Status

CLASS_OF = {Action.APPROVE: LabelClass.HAM, Action.SPAM: LabelClass.SPAM}
BATCH = 500
"""Comments whose labels are made in one go."""

_Text = Row[int, int, str, str, str, str]  # comment, number of the text, text, name, website, title


@dataclass(frozen=True, slots=True)
class Prepared:
    """The rows of comments that are about to be decided on, made before the transaction: (comment, text) → bytes."""

    rows: Mapping[tuple[int, int], bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """How many labels were made that were missing, and how many had to go because their text is gone."""

    made: int = 0
    dropped: int = 0


def prepare(classifier: Classifier | None, comment_ids: Collection[int]) -> Prepared:
    """Read the comments for the machine, as they are now. Without a classifier their labels are made later."""
    if classifier is None:
        return Prepared()
    return Prepared(
        {
            (row.id, row.n): classifier.kept(Candidate(row.text, row.name, row.website, row.title)).to_bytes()
            for row in _texts(comment_ids)
            if row.text
        }
    )


def follow(comment_ids: Collection[int], prepared: Prepared) -> None:
    """Make the labels of these comments what their histories say; part of the caller's transaction."""
    standing = {decision.id: decision for decision in _standing(comment_ids)}
    db.session.execute(
        delete(Label)
        .where(Label.comment_id.in_(comment_ids), Label.decision_id.not_in(standing))
        .execution_options(synchronize_session=False)
    )
    there = set(db.session.scalars(select(Label.decision_id).where(Label.decision_id.in_(standing))))
    for number, decision in standing.items():
        features = prepared.rows.get((decision.comment_id, decision.text_n))
        if number not in there and features is not None:
            db.session.add(
                Label(
                    decision_id=number,
                    comment_id=decision.comment_id,
                    label=CLASS_OF[decision.action],
                    feature_map=MAP_VERSION,
                    features=features,
                    labelled_at=decision.decided_at,
                )
            )


def catch_up(classifier: Classifier) -> CaughtUp:
    """Make labels that are missing, or made for another feature map, from the texts that are still there."""
    outdated = set(db.session.scalars(select(Label.decision_id).where(Label.feature_map < MAP_VERSION)))
    before = _count() - len(outdated)
    last = 0
    while ids := _without_label(last):
        last = ids[-1]
        prepared = prepare(classifier, ids)
        with writing() as session:
            # Who is being erased just now is waited for: a label that was made meanwhile would stay.
            ours = select(Comment.id).where(Comment.id.in_(ids)).order_by(Comment.id)
            session.execute(ours.with_for_update(key_share=True)).all()
            old = delete(Label).where(Label.comment_id.in_(ids), Label.feature_map < MAP_VERSION)
            session.execute(old.execution_options(synchronize_session=False))
            follow(ids, prepared)
    there = set(db.session.scalars(select(Label.decision_id).where(Label.decision_id.in_(outdated))))
    return CaughtUp(_count() - before, len(outdated - there) + _dropped_imports())


def latest_ids(most: int) -> tuple[int, ...]:
    """The latest decisions that are labels, the newest first."""
    query = select(Label.decision_id).where(Label.feature_map == MAP_VERSION)
    return tuple(db.session.scalars(query.order_by(Label.decision_id.desc()).limit(most)))


def stands(history: Sequence[Decision]) -> Decision | None:
    """The newest decision that was not taken back; an undoing that was itself undone takes nothing back."""
    taken_back = set()
    for decision in reversed(history):
        if decision.id in taken_back:
            continue
        if decision.undoes_id is None:
            return decision
        taken_back.add(decision.undoes_id)
    return None


def teaches(decision: Decision | None) -> bool:
    """Whether a standing decision is one to learn from: a person's, and not a rejection."""
    return decision is not None and decision.moderator_id is not None and decision.action in CLASS_OF


def _standing(comment_ids: Collection[int]) -> list[Decision]:
    """Of each comment the decision that stands, where it is a person's and one to learn from."""
    histories: dict[int, list[Decision]] = defaultdict(list)
    rows = db.session.scalars(
        select(Decision)
        .join(Comment, Comment.id == Decision.comment_id)
        .where(
            Decision.comment_id.in_(comment_ids), Comment.status != Status.ERASED, Comment.is_ours.is_(False)
        )
        .order_by(Decision.id)
    )
    for decision in rows:
        histories[decision.comment_id].append(decision)
    return [each for each in map(stands, histories.values()) if each is not None and teaches(each)]


def _texts(comment_ids: Collection[int]) -> Iterable[_Text]:
    return db.session.execute(
        select(Comment.id, CommentText.n, CommentText.text, Comment.name, Comment.website, Article.title)
        .join(CommentText, CommentText.comment_id == Comment.id)
        .join(Article, Article.id == Comment.article_id)
        .where(Comment.id.in_(comment_ids))
    ).all()


def _without_label(after: int) -> list[int]:
    """Comments that a person decided on and that have no label of this feature map, in their order."""
    has_one = select(Label.comment_id).where(Label.feature_map >= MAP_VERSION)
    return list(
        db.session.scalars(
            select(Decision.comment_id)
            .join(Comment, Comment.id == Decision.comment_id)
            .where(Decision.moderator_id.is_not(None), Decision.action.in_(CLASS_OF))
            .where(Comment.is_ours.is_(False))
            .where(Decision.comment_id > after)
            .where(Decision.comment_id.not_in(has_one))
            .distinct()
            .order_by(Decision.comment_id)
            .limit(BATCH)
        )
    )


def _count() -> int:
    return db.session.scalar(select(func.count(Label.decision_id))) or 0


def _dropped_imports() -> int:
    """An imported label came without its text, so that it cannot be made anew."""
    with writing() as session:
        old = delete(ImportedLabel).where(ImportedLabel.feature_map < MAP_VERSION)
        return cast("CursorResult[Any]", session.execute(old)).rowcount
