"""Articles: adding, changing, opening and closing the pages that readers comment on.

A body is cleaned when it is written, so that pages may print it as it is. Every change grows the article's
revision in its own transaction, and with it every kept page goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import defer

from models import Article, Comment, Event, db, writing
from moderation import markup, search
from moderation.errors import Fault, FormFaults, NotFound
from moderation.vocabulary import Mode

LONGEST = {"key": 120, "title": 300, "url": 2000, "body": 500_000}
"""Characters each part may have."""

MODE_SET = "article mode set"
"""Kind of event."""

_KEY = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def add(
    key: str,
    title: str,
    now: datetime,
    *,
    body: str = "",
    url: str = "",
    mode: Mode = Mode.OPEN,
    published_at: datetime | None = None,
) -> Article:
    """Publish a new article, now or as of the time given.

    Parameters
    ----------
    key
        What stands in the address: small letters and digits of any script, joined by single hyphens.
    body
        HTML; what an article has no use for is taken out.

    Raises
    ------
    FormFaults
        Naming what is wrong with which part, a key that is taken included.
    """
    key = unicodedata.normalize("NFC", key.strip())
    _check(key=key, title=title, url=url, body=body)
    with writing() as session:
        if session.scalar(select(Article.id).where(Article.key == key)):
            raise FormFaults([Fault("key", f"There is an article with the key {key} already.")])
        article = Article(key=key, title=title.strip(), url=_safe(url), body=markup.article_body(body))
        article.mode, article.published_at = mode, published_at or now
        session.add(article)
    return article


def edit(key: str, *, title: str | None = None, body: str | None = None, url: str | None = None) -> Article:
    """Change the parts that are given.

    Raises
    ------
    NotFound, FormFaults
    """
    _check(title=title, url=url, body=body)
    with writing():
        article = find(key)
        article.title = article.title if title is None else title.strip()
        article.url = article.url if url is None else _safe(url)
        article.body = article.body if body is None else markup.article_body(body)
        article.revision += 1
        if title is not None:
            search.follow(
                db.session.scalars(select(Comment.id).where(Comment.article_id == article.id)).all()
            )
    return article


def set_mode(key: str, mode: Mode, now: datetime, by: int | None = None) -> Article:
    """Open the article for comments, let them all wait, or close it; `by` is None for the command line.

    Raises
    ------
    NotFound
    """
    with writing() as session:
        article = find(key)
        article.mode, article.holding_until = mode, None
        article.revision += 1
        detail = {"article": article.id, "mode": mode.value}
        session.add(Event(happened_at=now, moderator_id=by, kind=MODE_SET, detail=detail))
    return article


def unpublish(key: str, *, published: bool = False) -> Article:
    """Take the article and its thread off the public pages, or put it back with `published`.

    Raises
    ------
    NotFound
    """
    with writing():
        article = find(key)
        article.published = published
        article.revision += 1
    return article


def find(key: str) -> Article:
    """The article of that key, published or not.

    Raises
    ------
    NotFound
    """
    article = db.session.scalar(select(Article).where(Article.key == key))
    if article is None:
        raise NotFound(f"There is no article with the key {key}.")
    return article


def everything() -> Sequence[Article]:
    """All articles, newest first, the unpublished among them."""
    return db.session.scalars(select(Article).order_by(Article.published_at.desc(), Article.id.desc())).all()


def page(before: int | None = None, limit: int = 100) -> Sequence[Article]:
    """Articles without their bodies, newest first, older than the article `before`; one more than `limit` if any."""
    query = select(Article).options(defer(Article.body, raiseload=True))
    if before is not None and (mark := db.session.get(Article, before)):
        query = query.where(tuple_(Article.published_at, Article.id) < (mark.published_at, mark.id))
    rows = db.session.scalars(query.order_by(Article.published_at.desc(), Article.id.desc()).limit(limit + 1))
    return rows.all()


def holding(most: int = 200) -> Sequence[Article]:
    """Articles that let every comment wait, without their bodies, the newest first."""
    query = select(Article).options(defer(Article.body, raiseload=True)).where(Article.mode == Mode.HOLDING)
    return db.session.scalars(query.order_by(Article.id.desc()).limit(most)).all()


def _check(**parts: str | None) -> None:
    faults = [
        Fault(name, sentence)
        for name, value in parts.items()
        if value is not None and (sentence := _fault(name, value))
    ]
    if faults:
        raise FormFaults(faults)


def _fault(name: str, value: str) -> str:
    """What is wrong with this part, in a sentence; empty when it is fine."""
    if len(value) > LONGEST[name]:
        return f"This is too long: {LONGEST[name]:,} characters are the most."
    if "\x00" in value or any("\ud800" <= each <= "\udfff" for each in value):
        return "This holds something that is not text."
    if name == "key" and (not _KEY.fullmatch(value) or value != value.lower()):
        return "A key is made of small letters and digits, joined by single hyphens, such as the-last-boat."
    if name == "title":
        return _fault_of_title(value.strip())
    if name == "url" and value.strip() and not markup.safe_url(value):
        return "This is not the address of a page, such as https://example.org/the-last-boat."
    return ""


def _fault_of_title(title: str) -> str:
    if any(unicodedata.category(each) == "Cc" for each in title):
        return "A title is one line, without control characters."
    return "" if title else "Please give a title."


def _safe(url: str) -> str:
    return (url.strip() and markup.safe_url(url)) or ""
