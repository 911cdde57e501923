"""What was learnt and what it said: classifier versions, scorings, labels, and figures about them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment, only, word


class Kind(StrEnum):
    """Trained before shipping, or from this installation's own decisions."""

    BASE = "base"
    SITE = "site"


class LabelClass(StrEnum):
    """The classifier's two classes."""

    HAM = "ham"
    SPAM = "spam"


class ClassifierVersion(Base):
    """One version of the classifier. Rows stay; the arrays of a version trained on an erased label go.

    `artefact` is a plain array file, `sha256` its digest; one row of each kind is active at a time. A version
    that was refused never had arrays; one that had learned from a label that was erased since has `withdrawn_at`.
    """

    __tablename__ = "classifier"
    __table_args__ = (
        Index(
            "uq_classifier_active",
            "kind",
            unique=True,
            **only("active"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[Kind] = mapped_column(word(Kind))
    artefact: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    hold_threshold: Mapped[float]
    spam_threshold: Mapped[float]
    active: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class Scoring(Base):
    """What a classifier version said of one text of a comment: raw log-odds. Append-only, never forgotten."""

    __tablename__ = "scoring"
    __table_args__ = (Index("ix_scoring_comment", "comment_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"))
    text_n: Mapped[int]
    classifier_version: Mapped[str] = mapped_column(String(64))
    log_odds: Mapped[float]
    scored_at: Mapped[datetime] = mapped_column(Moment)


class Label(Base):
    """A person's standing decision as training data. Goes when the decision is undone or the comment erased.

    It keeps the hashed features it was decided on, so that the text may be forgotten while the label stays.
    """

    __tablename__ = "label"

    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), index=True)
    label: Mapped[LabelClass] = mapped_column(word(LabelClass))
    feature_map: Mapped[int]
    features: Mapped[bytes] = mapped_column(LargeBinary)
    labelled_at: Mapped[datetime] = mapped_column(Moment)


class ImportedLabel(Base):
    """A verdict that a site already had, as training data: no comment of ours, hashed features alone.

    `event_id` is the import it came with, which can be taken back as a whole; by `digest` the same row is known.
    """

    __tablename__ = "imported_label"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    label: Mapped[LabelClass] = mapped_column(word(LabelClass, "imported_class"))
    feature_map: Mapped[int]
    features: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    decided_at: Mapped[datetime] = mapped_column(Moment)


class Figure(Base):
    """Figures that the sweeps keep for the pages, by name: made again whenever what they tell of has changed."""

    __tablename__ = "figure"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(Moment)
