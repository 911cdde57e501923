"""What people have said about readers and links, and what readers have said about comments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment, only, word
from moderation.vocabulary import Complaint, RuleKind


class Rule(Base):
    """What is done with comments of one browser, one network, with one link host or one word, until a day.

    Kept for the trail. `fingerprint` is emptied on the day it ends, reason and comment some time after; a typed
    address is never among the subjects.

    Attributes
    ----------
    subject
        The host or the word; "" where the subject is a fingerprint.
    comment_id
        The comment that it was made at, if any: a browser and a network are known by nothing else.
    ended_at
        When a person took it back.
    """

    __tablename__ = "rule"
    __table_args__ = (
        Index("ix_rule_subject", "subject"),
        Index("ix_rule_fingerprint", "fingerprint"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RuleKind] = mapped_column(word(RuleKind, "rule_kind"))
    subject: Mapped[str] = mapped_column(String(255), default="")
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    reason: Mapped[str] = mapped_column(String(300))
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("moderator.id"))


class ReaderReport(Base):
    """What one network says of one public comment, once. The network is forgotten with its day, the words
    with another.

    `weight` is 2 for a known reader, 1 for anybody else.
    """

    __tablename__ = "reader_report"
    __table_args__ = (
        UniqueConstraint("comment_id", "network_fingerprint"),
        Index(
            "ix_reader_report_words",
            "reported_at",
            **only("words != ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"))
    complaint: Mapped[Complaint] = mapped_column(word(Complaint))
    words: Mapped[str] = mapped_column(String(500), default="")
    weight: Mapped[int] = mapped_column(default=1)
    network_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    reported_at: Mapped[datetime] = mapped_column(Moment)
    network_until: Mapped[datetime | None] = mapped_column(Moment, index=True)
