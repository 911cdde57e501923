"""Decisions: every change of a comment's status, and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment, only, word
from moderation.vocabulary import Action, Status


class Decision(Base):
    """One change of a comment's status, by the policy (no moderator) or by a person.

    Append-only, never forgotten. Undo is a new decision that names the one it takes back. It holds no
    personal data of the reader.

    Attributes
    ----------
    version
        The comment's version that this decision made.
    policy
        Digest of the settings and the classifier version the policy judged under; empty for a person.
    batch
        The same for all decisions of one bulk action.
    sampling_probability
        With which chance the comment was chosen, where the decision answers a spot check.
    """

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_history", "comment_id", "id"),
        Index("ix_decision_decided_at", "decided_at"),
        Index(
            "ix_decision_noted",
            "decided_at",
            **only("note != ''"),
        ),
        Index(
            "ix_decision_batch",
            "batch",
            **only("batch IS NOT NULL"),
        ),
        Index("ix_decision_whose", "moderator_id", "decided_at", "id"),
        Index(
            "ix_decision_by",
            "moderator_id",
            "comment_id",
            **only("moderator_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"))
    text_n: Mapped[int]
    version: Mapped[int]
    from_status: Mapped[Status | None] = mapped_column(word(Status, "from_status"))
    to_status: Mapped[Status] = mapped_column(word(Status, "to_status"))
    action: Mapped[Action] = mapped_column(word(Action))
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderator.id"))
    decided_at: Mapped[datetime] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text, default="")
    policy: Mapped[str] = mapped_column(String(64), default="")
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"), unique=True)
    batch: Mapped[str | None] = mapped_column(String(32))
    sampling_probability: Mapped[float | None]


class DecisionReason(Base):
    """One reason of a decision, in the order of the policy's checks. Lives as long as its decision."""

    __tablename__ = "reason"

    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(String(300), default="")
