"""Nothing is kept for longer than the settings say: one class of data after the other, counted first or forgotten.

Every part of a contact carries its own day of forgetting; when it has come, the part is emptied and the comment
stays. The day of an approved or waiting comment's address is set by a sweep, so that another setting reaches the
comments that are there already.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, literal_column, or_, select, update

from models import Comment, Contact, Event, Figure, Session, db, writing
from moderation import trail
from moderation.rights import typed
from moderation.rights.classes import BATCH, Class, changed_by, counted
from moderation.rights.erasing import erase
from moderation.settings import Settings
from moderation.trail.words import COMINGS_AND_GOINGS
from moderation.vocabulary import Status

DATED = "addresses dated"
"""The figure that says under which setting the addresses got their day, and how far that is."""

_WELCOME = (Status.APPROVED, Status.HELD)
_IS_SPAM = Comment.status == literal_column("'spam'")
"""Written out: SQLite takes the index of old spam only where the statement itself says so."""

_PARTS = {
    Contact.address_until: ("sealed_address", "key_id", "address_fingerprint", "address_until"),
    Contact.network_until: ("network_fingerprint", "network_until"),
    Contact.token_until: ("token_fingerprint", "token_until"),
}


def classes(settings: Settings) -> tuple[Class, ...]:
    """All classes that are forgotten by themselves, under these settings."""
    welcome, unwelcome = settings.keep_address_days, settings.keep_unwelcome_days
    spam, sessions, sign_ins = (
        settings.keep_spam_text_days,
        settings.keep_sessions_days,
        settings.keep_sign_ins_days,
    )
    return (
        _part("addresses of approved and waiting comments", welcome, Contact.address_until, _WELCOME),
        _part(
            "addresses of spam and rejected comments",
            unwelcome,
            Contact.address_until,
            (Status.SPAM, Status.REJECTED),
        ),
        _part("fingerprints of networks", settings.keep_network_days, Contact.network_until),
        _part("tokens of known readers", settings.keep_token_days, Contact.token_until),
        Class(
            "texts of spam",
            spam,
            lambda now: counted(select(Comment.id).where(_is_old_spam(now, spam))),
            lambda now: _forget_spam(now, spam),
        ),
        Class(
            "ended sessions",
            sessions,
            lambda now: counted(select(Session.id).where(_over(now, sessions))),
            lambda now: forget_sessions(now, sessions),
        ),
        Class(
            "comings and goings in the trail",
            sign_ins,
            lambda now: counted(_old_sign_ins(now, sign_ins)),
            lambda now: trail.forget_sign_ins(now, sign_ins),
        ),
        *typed.classes(settings),
    )


def forget_due(now: datetime, batch: int = BATCH) -> int:
    """Empty the parts of contacts whose day has come, at most `batch` of each kind; returns how many."""
    return sum(_emptied(until <= now, columns, batch) for until, columns in _PARTS.items())


def forget_sessions(now: datetime, days: int = 1, batch: int = BATCH) -> int:
    """Delete sessions that ended more than `days` ago, at most `batch`; returns how many."""
    with writing():
        due = select(Session.id).where(_over(now, days)).limit(batch)
        return changed_by(delete(Session).where(Session.id.in_(due)))


def date_addresses(now: datetime, settings: Settings, batch: int = BATCH) -> int:
    """Give addresses of approved and waiting comments their day; returns how many were looked at, 0 when all have it.

    When a setting is another than before, all of them are gone through again; those of spam and rejected comments
    are then kept no longer than it says, and no longer than they were to be kept before.
    """
    asked = {"days": settings.keep_address_days, "unwelcome": settings.keep_unwelcome_days}
    if not _is_dated_under(asked):
        return _date_again(now, asked, batch)
    if not (days := asked["days"]):
        return 0
    undated = (
        select(Contact.comment_id, Comment.arrived_at)
        .join(Comment, Comment.id == Contact.comment_id)
        .where(Contact.address_until.is_(None), Contact.sealed_address.is_not(None))
    )
    with writing() as session:
        rows = session.execute(undated.limit(batch).with_for_update(of=Comment, key_share=True)).all()
        for row in rows:
            # Who decided while we waited for the row has dated it.
            _date(row.comment_id, row.arrived_at + timedelta(days=days), Contact.address_until.is_(None))
        return len(rows)


def _part(name: str, days: int, until: Any, statuses: tuple[Status, ...] = ()) -> Class:
    columns = _PARTS[until]

    def due(now: datetime) -> int:
        query = select(Contact.comment_id).where(until <= now)
        if statuses:
            query = query.join(Comment, Comment.id == Contact.comment_id).where(Comment.status.in_(statuses))
        return counted(query)

    return Class(name, days, due, lambda now: _emptied(until <= now, columns, BATCH))


def _emptied(is_due: ColumnElement[bool], columns: tuple[str, ...], batch: int) -> int:
    with writing():
        due = select(Contact.comment_id).where(is_due).limit(batch)
        return changed_by(update(Contact).where(Contact.comment_id.in_(due)).values(dict.fromkeys(columns)))


def _over(now: datetime, days: int) -> ColumnElement[bool]:
    ended = now - timedelta(days=days)
    return or_(Session.ended_at <= ended, Session.expires_at <= ended)


def _is_old_spam(now: datetime, days: int) -> ColumnElement[bool]:
    """Spam that nothing was done about for so long; for ever where the setting is 0."""
    return and_(_IS_SPAM, Comment.changed_at <= now - timedelta(days=days or 36_500))


def _forget_spam(now: datetime, days: int) -> int:
    is_due = _is_old_spam(now, days)
    ids = list(db.session.scalars(select(Comment.id).where(is_due).order_by(Comment.changed_at).limit(100)))
    return len(erase(ids, now, "retention", keep_labels=True, only=is_due).comments)


def _old_sign_ins(now: datetime, days: int) -> Select[Any]:
    too_old = Event.happened_at <= now - timedelta(days=days)
    return select(Event.id).where(too_old, Event.kind.in_(COMINGS_AND_GOINGS))


def _is_dated_under(asked: dict[str, int]) -> bool:
    row = db.session.get(Figure, DATED)
    return row is not None and row.value == asked


def _date_again(now: datetime, asked: dict[str, int], batch: int) -> int:
    welcome, unwelcome = timedelta(days=asked["days"]), timedelta(days=asked["unwelcome"])
    with writing() as session:
        row = session.get(Figure, DATED)
        begun = row.value if row is not None and row.value.get("to") == asked else {"to": asked, "after": 0}
        rows = session.execute(
            select(Comment.id, Comment.status, Comment.arrived_at, Comment.changed_at)
            .join(Contact, Contact.comment_id == Comment.id)
            .where(Comment.id > begun["after"], Contact.sealed_address.is_not(None))
            .order_by(Comment.id)
            .limit(batch)
            .with_for_update(of=Comment, key_share=True)  # nobody decides on them meanwhile; replies may come
        ).all()
        for each in rows:
            if each.status in _WELCOME:
                _date(each.id, each.arrived_at + welcome if welcome else None)
            else:
                _date(each.id, Contact.address_no_later_than(each.changed_at + unwelcome))
        value = {"to": asked, "after": rows[-1].id} if len(rows) == batch else asked
        session.merge(Figure(name=DATED, value=value, made_at=now))
        return len(rows)


def _date(comment_id: int, until: Any, *more: ColumnElement[bool]) -> None:
    has_one = (Contact.comment_id == comment_id) & Contact.sealed_address.is_not(None)
    dating = update(Contact).where(has_one, *more).values(address_until=until)
    db.session.execute(dating.execution_options(synchronize_session=False))
