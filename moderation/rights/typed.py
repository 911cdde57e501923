"""What people typed and noted about a comment, forgotten class by class: reports, notes, reasons, rules, sketches.

What was done, by whom and when stays: the trail tells of it without the words.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, literal_column, select

from models import Comment, Decision, Event, Likeness, Note, ReaderReport, Rule, writing
from moderation import campaigns, pauses
from moderation.revealing import REVEALED
from moderation.rights.classes import BATCH, Class, counted, deleted, emptied
from moderation.settings import Settings
from moderation.trail.words import FREE_WORDS

_NOTHING: ColumnElement[str] = literal_column("''")
"""Written out: SQLite takes the index of what is not empty only where the statement itself says so."""


def classes(settings: Settings) -> tuple[Class, ...]:
    """These classes under these settings."""
    return (
        emptied(
            "networks of reports",
            settings.keep_network_days,
            ReaderReport.id,
            lambda now: ReaderReport.network_until <= now,
            network_fingerprint=None,
            network_until=None,
        ),
        _words_of_reports(settings.keep_reports_days),
        _notes(settings.keep_notes_days),
        *_reasons(settings.keep_reasons_days),
        emptied(
            "readers of rules",
            None,
            Rule.id,
            lambda now: and_(Rule.until <= now, Rule.fingerprint.is_not(None)),
            fingerprint=None,
        ),
        _sketches(settings.keep_sketches_days),
    )


def _words_of_reports(days: int) -> Class:
    def due(now: datetime) -> ColumnElement[bool]:
        return and_(ReaderReport.reported_at <= _before(now, days), ReaderReport.words != _NOTHING)

    return emptied("words of readers' reports", days, ReaderReport.id, due, words="")


def _notes(days: int) -> Class:
    return deleted("moderators' notes", days, Note.id, lambda now: Note.written_at <= _before(now, days))


def _reasons(days: int) -> tuple[Class, ...]:
    def of_decisions(now: datetime) -> ColumnElement[bool]:
        return and_(Decision.decided_at <= _before(now, days), Decision.note != _NOTHING)

    def of_rules(now: datetime) -> ColumnElement[bool]:
        return and_(Rule.until <= _before(now, days), Rule.reason != "")

    return (
        emptied("reasons of decisions", days, Decision.id, of_decisions, note=""),
        emptied("reasons of rules that ended", days, Rule.id, of_rules, reason="", comment_id=None),
        Class(
            "reasons of looks at addresses",
            days,
            lambda now: counted(_looks(_before(now, days))),
            lambda now: _forget_looks(_before(now, days)),
        ),
        Class(
            "reasons of pauses that ended",
            days,
            lambda now: pauses.count_reasons(_before(now, days)),
            lambda now: pauses.forget_reasons(_before(now, days)),
        ),
    )


def _sketches(days: int) -> Class:
    def due(now: datetime) -> Select[int]:
        sketched = select(Likeness.comment_id).join(Comment, Comment.id == Likeness.comment_id)
        return sketched.where(Likeness.sketch.is_not(None), Comment.arrived_at <= _before(now, days))

    return Class(
        "sketches of words",
        days,
        lambda now: counted(due(now)),
        lambda now: campaigns.forget_old(_before(now, days)),
    )


def _looks(before: datetime) -> Select[Event]:
    is_told = Event.detail["reason"].as_string().is_not(None)
    return select(Event).where(Event.kind == REVEALED, Event.happened_at <= before, is_told)


def _forget_looks(before: datetime) -> int:
    with writing() as session:
        rows = session.scalars(_looks(before).order_by(Event.id).limit(BATCH)).all()
        for row in rows:
            row.detail = {name: value for name, value in row.detail.items() if name not in FREE_WORDS}
        return len(rows)


def _before(now: datetime, days: int) -> datetime:
    """What is older than this is due; nothing is where the days are 0."""
    return now - timedelta(days=days or 36_500)
