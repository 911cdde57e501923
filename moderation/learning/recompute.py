"""Every stored score can be said again: by the version that it names, from the labels that stood at that time.

A version with a fast layer ends with the number of the latest decision it knew; which labels stood then is told by
the histories of decisions, since those are never changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from models import Article, ClassifierVersion, Comment, CommentText, Decision, Label, Scoring, db
from models.classifier import Kind, LabelClass
from moderation import spam
from moderation.errors import NotFound
from moderation.learning import labels
from moderation.learning.known import Entry, Known, put_together
from moderation.learning.scorer import Loaded
from moderation.learning.terms import Given, as_of
from moderation.spam.fast import MOST_LABELS
from moderation.spam.features import MAP_VERSION
from moderation.spam.kept import Kept
from moderation.vocabulary import Explanation

_NEAR = 1e-4
"""Log-odds; a two hundredth of what is shown. Earlier versions of the fast layer stopped up to 1e-5 from the end."""

_REACH = 1000  # decisions that are looked through for the latest labels


@dataclass(frozen=True, slots=True)
class Again:
    """A stored score, said again.

    Attributes
    ----------
    explanation
        What the same version says now; None where it cannot be asked any more, and `why` says why not.
    """

    version: str
    scored_at: datetime
    log_odds: float
    explanation: Explanation | None
    why: str = ""

    @property
    def is_same(self) -> bool:
        """Whether it is still the same number."""
        return self.explanation is not None and abs(self.explanation.score.log_odds - self.log_odds) <= _NEAR


class CannotBeSaidAgain(Exception):
    """What was needed for it is gone; the message says what."""


def again(comment_id: int, given: Given) -> list[Again]:
    """All scorings of a comment, the oldest first, each said again by the version it names.

    Raises
    ------
    NotFound
        There is no such comment.
    """
    if not 0 < comment_id < 2**31 or db.session.get(Comment, comment_id) is None:
        raise NotFound("There is no such comment.")
    scorings = db.session.scalars(
        select(Scoring).where(Scoring.comment_id == comment_id).order_by(Scoring.id)
    ).all()
    return [_again(scoring, given) for scoring in scorings]


def _again(scoring: Scoring, given: Given) -> Again:
    told = (scoring.classifier_version, scoring.scored_at, scoring.log_odds)
    try:
        candidate = _candidate(scoring)
        return Again(*told, _classifier(scoring, given).explain(candidate))
    except CannotBeSaidAgain as error:
        return Again(*told, None, str(error))


def _candidate(scoring: Scoring) -> spam.Candidate:
    row = db.session.execute(
        select(CommentText.text, Comment.name, Comment.website, Article.title)
        .join(Comment, Comment.id == CommentText.comment_id)
        .join(Article, Article.id == Comment.article_id)
        .where(Comment.id == scoring.comment_id, CommentText.n == scoring.text_n)
    ).one_or_none()
    if row is None or not row.text:
        raise CannotBeSaidAgain("The text that was scored has been forgotten.")
    return spam.Candidate(row.text, row.name, row.website, row.title)


def _classifier(scoring: Scoring, given: Given) -> spam.Classifier:
    name, _, sequence = scoring.classifier_version.partition("+")
    version = _row(name)
    base = version if version.kind is Kind.BASE else _row(str(version.metrics.get("base")))
    site = version if version.kind is Kind.SITE else None
    try:
        loaded = Loaded((base.sha256, site.sha256 if site else ""))
    except spam.BadArtefact as error:
        raise CannotBeSaidAgain(f"The version {name} cannot be read any more: {error}") from None
    if not sequence:
        return loaded.plain
    bar = as_of(scoring.scored_at, given, loaded.prior).bar
    return loaded.with_labels(standing_at(int(sequence)), int(sequence), bar)


def _row(version: str) -> ClassifierVersion:
    row = db.session.scalars(select(ClassifierVersion).where(ClassifierVersion.version == version)).first()
    if row is None:
        raise CannotBeSaidAgain(f"The version {version} is not here any more.")
    if row.withdrawn_at is not None:
        raise CannotBeSaidAgain(
            f"The version {version} had learned from a comment that was erased since: its arrays are gone."
        )
    return row


def standing_at(sequence: int) -> Known:
    """The latest labels of decisions, as they stood when `sequence` was the latest decision of all.

    Raises
    ------
    CannotBeSaidAgain
        One of them was of a comment that has been forgotten since.
    """
    standing = sorted(_stood(sequence), key=lambda each: -each.id)[:MOST_LABELS]
    entries = [
        Entry(
            decision.id,
            0,
            decision.moderator_id or 0,
            1.0,
            decision.decided_at.timestamp(),
            labels.CLASS_OF[decision.action] is LabelClass.SPAM,
        )
        for decision in standing
    ]
    return put_together(entries, Kept.joined(_features(standing)))


def _stood(sequence: int) -> list[Decision]:
    concerned = (
        select(Decision.comment_id)
        .join(Comment, Comment.id == Decision.comment_id)
        .where(Decision.id <= sequence, Decision.moderator_id.is_not(None))
        .where(Comment.is_ours.is_(False))
        .order_by(Decision.id.desc())
        .limit(_REACH)
    )
    histories: dict[int, list[Decision]] = defaultdict(list)
    query = select(Decision).where(Decision.comment_id.in_(concerned), Decision.id <= sequence)
    for decision in db.session.scalars(query.order_by(Decision.id)):
        histories[decision.comment_id].append(decision)
    stood = [labels.stands(history) for history in histories.values()]
    return [each for each in stood if each is not None and labels.teaches(each)]


def _features(standing: Sequence[Decision]) -> list[Kept]:
    """The rows of labels that are there, and those of labels taken back since, made again from their texts."""
    ids = [decision.id for decision in standing]
    kept = select(Label.decision_id, Label.features).where(
        Label.decision_id.in_(ids), Label.feature_map == MAP_VERSION
    )
    there = {row.decision_id: row.features for row in db.session.execute(kept)}
    gone = [decision.comment_id for decision in standing if decision.id not in there]
    made = labels.prepare(spam.base(), gone).rows if gone else {}
    found = []
    for decision in standing:
        row = there.get(decision.id) or made.get((decision.comment_id, decision.text_n))
        if row is None:
            raise CannotBeSaidAgain("A comment that the latest decisions were about has been forgotten.")
        found.append(Kept.from_bytes(row))
    return found
