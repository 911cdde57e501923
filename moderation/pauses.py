"""Pauses: the whole site, or one article, lets every comment wait until a day, and goes on by itself after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from models import Article, Event, Setting, db, writing
from moderation import articles, privacy, versioned
from moderation.errors import Fault, FormFaults, Refused
from moderation.vocabulary import Mode

NAME = "pause"
"""The setting's name: {"until": moment or null, "reason": words}."""

PAUSED, GOES_ON, ARTICLE_HELD = "site paused", "site goes on", "article held"
"""Kinds of event."""

_LONGEST_REASON = 300
NEWEST = select(Setting.value).where(Setting.name == NAME).order_by(Setting.version.desc()).limit(1)
"""What was set last, for queries that ask for more than this."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The site lets every comment wait."""

    until: datetime
    reason: str


def read(value: Any, now: datetime) -> Pause | None:
    """The pause that a value of the setting makes, while it lasts."""
    if not value or not value["until"]:
        return None
    until = datetime.fromisoformat(value["until"])
    return Pause(until, value["reason"]) if now < until else None


def pause_site(until: datetime | None, reason: str, by: int, now: datetime) -> None:
    """Let every comment wait from now on.

    Raises
    ------
    FormFaults
        The day is not to come, or the reason holds an address or too much.
    """
    faults = [] if until and until > now else [Fault("until", "Please choose a day that is to come.")]
    if privacy.has_address(reason) or len(reason) > _LONGEST_REASON:
        sentence = f"Please give a reason of {_LONGEST_REASON} characters at most, without an email address."
        faults.append(Fault("reason", sentence))
    if faults or until is None:
        raise FormFaults(faults)
    value = {"until": until.isoformat(), "reason": " ".join(reason.split())}
    versioned.store(NAME, value, PAUSED, by, now)


def go_on(by: int, now: datetime) -> None:
    """End the pause before its day."""
    versioned.store(NAME, {"until": None, "reason": ""}, GOES_ON, by, now)


def hold_article(key: str, until: datetime | None, by: int, now: datetime) -> Article:
    """Let every comment on the article wait until a day.

    Raises
    ------
    NotFound, FormFaults, Refused
    """
    if until is None or until <= now:
        raise FormFaults([Fault("until", "Please choose a day that is to come.")])
    with writing() as session:
        article = articles.find(key)
        if article.mode is Mode.CLOSED:
            raise Refused("This article is closed. Open it first. Nothing was changed.")
        article.mode, article.holding_until = Mode.HOLDING, until
        article.revision += 1
        detail = {"article": article.id, "until": until.isoformat()}
        session.add(Event(happened_at=now, moderator_id=by, kind=ARTICLE_HELD, detail=detail))
    return article


def mode_of(article: Any, now: datetime) -> Mode:
    """How the article takes comments: one whose day has come is open, whether or not a sweep has passed."""
    is_over = article.mode is Mode.HOLDING and article.holding_until is not None
    return Mode.OPEN if is_over and article.holding_until <= now else article.mode


def reopen_due(now: datetime, batch: int = 100) -> int:
    """Open the articles whose day has come, at most `batch`; returns how many."""
    with writing() as session:
        due = select(Article).where(Article.holding_until <= now).limit(batch)
        rows = session.scalars(due).all()
        for article in rows:
            article.mode = Mode.OPEN if article.mode is Mode.HOLDING else article.mode
            article.holding_until = None
            article.revision += 1
        return len(rows)


def count_reasons(before: datetime) -> int:
    """How many pauses that were over before that still have their reason."""
    return len(_with_reasons(before))


def forget_reasons(before: datetime) -> int:
    """Forget the reasons of pauses that were over before that; returns how many."""
    with writing():
        rows = _with_reasons(before)
        for row in rows:
            row.value = {**row.value, "reason": ""}
        return len(rows)


def _with_reasons(before: datetime) -> list[Setting]:
    rows = db.session.scalars(select(Setting).where(Setting.name == NAME, Setting.set_at <= before))
    return [
        row for row in rows if row.value["reason"] and datetime.fromisoformat(row.value["until"]) <= before
    ]
