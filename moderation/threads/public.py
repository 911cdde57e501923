"""The public's articles: what their pages show of them, and which there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import bindparam, select, tuple_

from models import Article, Comment, CommentText, Statement, db
from moderation.errors import NotFound
from moderation.settings import Settings
from moderation.vocabulary import Mode, Status


@dataclass(frozen=True, slots=True)
class PublicArticle:
    """An article as its page shows it; `count` is its approved comments, `is_open` whether it takes more."""

    id: int
    key: str
    title: str
    url: str
    body: Markup
    published_at: datetime
    mode: Mode
    revision: int
    count: int
    is_open: bool


_SHOWN = select(
    Article.id,
    Article.key,
    Article.title,
    Article.url,
    Article.body,
    Article.published_at,
    Article.mode,
    Article.revision,
    Article.approved_count,
).where(Article.published)
_BY_KEY = Statement(_SHOWN.where(Article.key == bindparam("its_key")))
_BY_ID = Statement(_SHOWN.where(Article.id == bindparam("its_id")))


def front(
    settings: Settings, now: datetime, before: int | None = None, limit: int = 20
) -> list[PublicArticle]:
    """Published articles, newest first, those older than the article `before`; one more than `limit` if any."""
    query = _SHOWN
    if before is not None and (mark := db.session.get(Article, before)):
        query = query.where(tuple_(Article.published_at, Article.id) < (mark.published_at, mark.id))
    rows: Any = db.session.execute(
        query.order_by(Article.published_at.desc(), Article.id.desc()).limit(limit + 1)
    )
    return [_public(row, settings, now) for row in rows]


def article(key: str, settings: Settings, now: datetime) -> PublicArticle:
    """The published article of that key.

    Raises
    ------
    NotFound
        There is none, or it is not published.
    """
    row = _BY_KEY.first(its_key=key)
    if row is None:
        raise NotFound("There is no article at this address.")
    return _public(row, settings, now)


def article_of(article_id: int, settings: Settings, now: datetime) -> PublicArticle:
    """The published article of that number.

    Raises
    ------
    NotFound
        There is none, or it is not published.
    """
    row = _BY_ID.first(its_id=article_id) if 0 < article_id < 2**31 else None
    if row is None:
        raise NotFound("There is no article at this address.")
    return _public(row, settings, now)


@dataclass(frozen=True, slots=True)
class PublicWords:
    """Name and text of a public comment, as typed."""

    name: str
    text: str


def public_words(comment_id: int) -> PublicWords | None:
    """What a public comment says; None where there is none."""
    if not 0 < comment_id < 2**31:
        return None
    row = db.session.execute(
        select(Comment.name, CommentText.text)
        .join(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .join(Article, Article.id == Comment.article_id)
        .where(Comment.id == comment_id, Comment.status == Status.APPROVED, Article.published)
    ).first()
    return PublicWords(row.name, row.text) if row else None


def is_open(mode: Mode, published_at: datetime, settings: Settings, now: datetime) -> bool:
    """Whether an article takes comments now."""
    days = settings.close_after_days
    return mode is not Mode.CLOSED and not (days and now > published_at + timedelta(days=days))


def _public(row: Any, settings: Settings, now: datetime) -> PublicArticle:
    return PublicArticle(
        id=row.id,
        key=row.key,
        title=row.title,
        url=row.url,
        body=Markup(row.body),  # noqa: S704 cleaned when it was stored
        published_at=row.published_at,
        mode=row.mode,
        revision=row.revision,
        count=row.approved_count,
        is_open=is_open(row.mode, row.published_at, settings, now),
    )
