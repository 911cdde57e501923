"""A class of data that is forgotten by itself: how long it is kept, what of it is due, and how some of it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, Select, delete, func, select, update

from models import db, writing

BATCH = 500
"""Rows that one transaction forgets, so that readers who post meanwhile do not wait for long."""

When = Callable[[datetime], ColumnElement[bool]]
"""Which rows are due, at a time."""


@dataclass(frozen=True, slots=True)
class Class:
    """One class of data: its name, for how many days it is kept, what is due, and how a batch goes.

    0 days are as long as the comment; None is where each row has a day of its own.
    """

    name: str
    days: int | None
    due: Callable[[datetime], int]
    forget: Callable[[datetime], int]


def emptied(name: str, days: int | None, key: Any, when: When, **values: Any) -> Class:
    """A class whose rows stay, without what was in some of their columns."""
    return _changed(name, days, key, when, lambda rows: update(key.class_).where(rows).values(**values))


def deleted(name: str, days: int | None, key: Any, when: When) -> Class:
    """A class whose rows go."""
    return _changed(name, days, key, when, lambda rows: delete(key.class_).where(rows))


def counted(query: Select[Any]) -> int:
    """How many rows a query finds."""
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0


def changed_by(statement: Executable) -> int:
    """Run it; how many rows it changed or deleted."""
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", done).rowcount


def _changed(
    name: str, days: int | None, key: Any, when: When, statement: Callable[[ColumnElement[bool]], Executable]
) -> Class:
    def forget(now: datetime) -> int:
        with writing():
            return changed_by(statement(key.in_(select(key).where(when(now)).limit(BATCH))))

    return Class(name, days, lambda now: counted(select(key).where(when(now))), forget)
