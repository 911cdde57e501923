"""What came in: words and link domains that are much more frequent this week than in the four weeks before.

Read from the texts that are there, so that nothing outlives its comment by more than the figures' hour; only what
stands in several comments is named, and never an address.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from models import Comment, CommentText, Link, db
from moderation import privacy
from moderation.text.language import WORD
from moderation.vocabulary import Status

RECENT, BEFORE = timedelta(days=7), timedelta(days=28)
MOST_TEXTS = 400
"""Texts of either time that are looked at, the latest."""

FEWEST = 3
"""Comments that something must stand in to be named."""

SHOWN = 10
_SHORTEST, _LONGEST = 4, 40


def came_in(now: datetime) -> dict[str, Any]:
    """Words and domains by how much oftener they come than they did, each with its counts."""
    recent, before = now - RECENT, now - RECENT - BEFORE
    return {
        "words": _risen(_words(recent, now), _words(before, recent)),
        "domains": _risen(_domains(recent, now), _domains(before, recent)),
    }


def _risen(
    recent: tuple[Counter[str], int, Counter[str]], before: tuple[Counter[str], int, Counter[str]]
) -> list[dict[str, Any]]:
    (counts, total, spam), (counts_before, total_before, _) = recent, before
    found = []
    for name, count in counts.items():
        share, share_before = (count + 0.5) / (total + 1), (counts_before[name] + 0.5) / (total_before + 1)
        rise = math.log(share / share_before)
        if count >= FEWEST and rise > math.log(2):
            told = {"name": name, "count": count, "before": counts_before[name], "spam": spam[name]}
            found.append((count * rise, told))
    found.sort(key=lambda each: (-each[0], each[1]["name"]))
    return [told for _, told in found[:SHOWN]]


def _words(first: datetime, last: datetime) -> tuple[Counter[str], int, Counter[str]]:
    """In how many comments each word stands, of how many, and in how many that are spam by now."""
    query = (
        select(CommentText.text, Comment.status)
        .join(Comment, (Comment.id == CommentText.comment_id) & (Comment.text_n == CommentText.n))
        .where(Comment.arrived_at > first, Comment.arrived_at <= last, Comment.status != Status.ERASED)
        .order_by(Comment.arrived_at.desc())
        .limit(MOST_TEXTS)
    )
    rows = db.session.execute(query).all()
    counts, spam = Counter[str](), Counter[str]()
    for text, status in rows:
        words = set(_of(text))
        counts.update(words)
        if status is Status.SPAM:
            spam.update(words)
    return counts, len(rows), spam


def _of(text: str) -> Iterable[str]:
    for word in WORD.findall(privacy.mask_addresses(text[:5000])):
        if _SHORTEST <= len(word) <= _LONGEST and word.isalpha():
            yield word.casefold()


def _domains(first: datetime, last: datetime) -> tuple[Counter[str], int, Counter[str]]:
    counts, spam = Counter[str](), Counter[str]()
    query = (
        select(Link.domain, Comment.status, func.count(Comment.id.distinct()))
        .join(Comment, Comment.id == Link.comment_id)
        .where(Comment.arrived_at > first, Comment.arrived_at <= last, Comment.status != Status.ERASED)
        .where(Link.stands())
        .group_by(Link.domain, Comment.status)
    )
    for domain, status, count in db.session.execute(query):
        counts[domain] += count
        if status is Status.SPAM:
            spam[domain] += count
    came = select(func.count()).where(Comment.arrived_at > first, Comment.arrived_at <= last)
    return counts, db.session.scalar(came) or 0, spam
