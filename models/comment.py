"""Comments: what readers post, every text they ever had, and the links in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment, only, word
from moderation.vocabulary import Action, Status


class Comment(Base):
    """One comment. It holds nothing of the reader's address; see `Contact`.

    It is never deleted: erasure empties name, website and texts and leaves a tombstone, so that replies keep
    their place. `mark` (the idempotency mark) goes with erasure too.

    Attributes
    ----------
    path
        The ids from the thread's root down to this comment, ten digits each: sorting by it reads a thread in
        order, replies below what they answer. At the deepest level replies stand beside each other.
    version
        Grows with every change; a decision names the version it saw.
    text_n
        Which of its texts is the current one.
    risk
        Log-odds of the newest scoring, 0 where there is none: the queue's order.
    mark
        Keyed digest of article, parent, name and text: the same words again are the same comment.
    check_chance
        With which chance it was chosen for a spot check, as long as nobody has answered that.
    judged_under
        Name of the classifier and thresholds that it was last looked at under.
    proposal
        What would be done with it today, where that is not what was done: a person applies it, or nobody.
    is_ours
        Whether the publication wrote it: a moderator, from the desk.
    """

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_thread", "article_id", "status", "root_id", "path"),
        Index("ix_comment_arrivals", "article_id", "arrived_at"),
        Index("ix_comment_age", "status", "id"),
        Index("ix_comment_risk", "status", "risk", "id"),
        Index("ix_comment_of_article", "article_id", "status", "id"),
        Index("ix_comment_arrived_at", "arrived_at"),
        Index("ix_comment_parent_id", "parent_id", **only("parent_id IS NOT NULL")),
        Index("ix_comment_check", "id", **only("check_chance IS NOT NULL")),
        Index("ix_comment_old_spam", "status", "changed_at", **only("status = 'spam'")),
        Index("ix_comment_proposal", "id", "proposal", **only("proposal IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    root_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    depth: Mapped[int] = mapped_column(default=1)
    path: Mapped[str] = mapped_column(String(110), default="")
    name: Mapped[str] = mapped_column(String(245))
    website: Mapped[str] = mapped_column(String(400), default="")
    status: Mapped[Status] = mapped_column(word(Status))
    version: Mapped[int] = mapped_column(default=1)
    text_n: Mapped[int] = mapped_column(default=1)
    script: Mapped[str] = mapped_column(String(24), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    risk: Mapped[float] = mapped_column(default=0.0)
    arrived_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    check_chance: Mapped[float | None]
    judged_under: Mapped[str] = mapped_column(String(32), default="")
    proposal: Mapped[Action | None] = mapped_column(word(Action, "proposal"))
    is_ours: Mapped[bool] = mapped_column(default=False)


class CommentText(Base):
    """A text a comment has or had, as typed. An edit adds a row; decisions and scorings name the n they saw.

    Emptied by erasure, and by retention for spam.
    """

    __tablename__ = "comment_text"

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderator.id"))
    written_at: Mapped[datetime] = mapped_column(Moment)


WEBSITE = 0
"""Stands for the number of the text where a link is the website field's."""


class Link(Base):
    """A host that a comment links to, one row a link. Goes with the text it stood in, or with the website."""

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_domain", "domain", "comment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), index=True)
    text_n: Mapped[int] = mapped_column(default=1)
    host: Mapped[str] = mapped_column(String(255))
    domain: Mapped[str] = mapped_column(String(255))

    @classmethod
    def stands(cls) -> ColumnElement[bool]:
        """Of a link beside its comment: whether it is in the text that the comment has now, or is its website."""
        return cls.text_n.in_((Comment.text_n, WEBSITE))
