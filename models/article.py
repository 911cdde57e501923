"""Articles: the pages that comments belong to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment, only, word
from moderation.vocabulary import Mode


class Article(Base):
    """A page that readers comment on. It forgets nothing: what is unpublished stays, unseen.

    `revision` grows in the transaction of any change of the article's public page. The counts are kept by
    the transaction that changes a comment's status or answers a spot check, never counted. `holding_until` is
    the day on which an article that lets everything wait is open again; none until somebody says so.
    """

    __tablename__ = "article"
    __table_args__ = (
        Index(
            "ix_article_holding",
            "holding_until",
            **only("holding_until IS NOT NULL"),
        ),
        Index("ix_article_front", "published", "published_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    url: Mapped[str] = mapped_column(String(2000), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    published: Mapped[bool] = mapped_column(default=True)
    published_at: Mapped[datetime] = mapped_column(Moment)
    mode: Mapped[Mode] = mapped_column(word(Mode), default=Mode.OPEN)
    holding_until: Mapped[datetime | None] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(default=1)
    approved_count: Mapped[int] = mapped_column(default=0)
    held_count: Mapped[int] = mapped_column(default=0)
    spam_count: Mapped[int] = mapped_column(default=0)
    rejected_count: Mapped[int] = mapped_column(default=0)
    check_count: Mapped[int] = mapped_column(default=0)


class Tally(Base):
    """How many comments of each status there are under a share of all articles; the desk adds the shares up.

    Kept by the transaction that changes an article's own counts. There are a few shares and not one, so that those
    who write under different articles rarely wait for each other.
    """

    __tablename__ = "tally"

    share: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    approved_count: Mapped[int] = mapped_column(default=0)
    held_count: Mapped[int] = mapped_column(default=0)
    spam_count: Mapped[int] = mapped_column(default=0)
    rejected_count: Mapped[int] = mapped_column(default=0)
    check_count: Mapped[int] = mapped_column(default=0)
