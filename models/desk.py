"""What moderators tell each other: who is looking at a comment, and notes that no reader sees."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment


class Claim(Base):
    """Who is looking at a comment just now. It locks nothing, and is nobody's after `until`.

    Goes with the decision, when its person moves on, and by the sweep.
    """

    __tablename__ = "claim"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id"), index=True)
    until: Mapped[datetime] = mapped_column(Moment, index=True)


class Note(Base):
    """What a moderator wrote on a comment for the others. Taken back, it is not shown, and goes with the comment
    or with its day.

    Addresses in it are masked as it is written, as they are in comments.
    """

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), index=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id"))
    words: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(Moment, index=True)
    taken_back_at: Mapped[datetime | None] = mapped_column(Moment)
