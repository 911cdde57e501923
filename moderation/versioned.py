"""Settings that change while running: a version more and its event in one transaction; two at once are told apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from models import Event, Setting, db, writing
from moderation.errors import Refused

_MEANWHILE = (
    "Somebody else changed this at the same moment. Nothing was changed by you. Please look at it again."
)


def newest(name: str) -> Setting | None:
    """What is in force; None where nobody has set it."""
    query = select(Setting).where(Setting.name == name).order_by(Setting.version.desc()).limit(1)
    return db.session.scalars(query).first()


def before(name: str, version: int, what: str) -> Setting | None:
    """What was in force before this version, which must be the newest; None where nobody had set it.

    Parameters
    ----------
    what
        Its name for people.

    Raises
    ------
    Refused
        It was changed since, or never set.
    """
    found = newest(name)
    if found is None or found.version != version:
        raise Refused(f"The {what} were changed since. Nothing was taken back.")
    return db.session.get(Setting, (name, version - 1))


def store(
    name: str,
    value: Any,
    kind: str,
    by: int | None,
    now: datetime,
    *,
    latest: int | None = None,
    **detail: Any,
) -> int:
    """Set `value` from now on; returns the version.

    Parameters
    ----------
    kind, detail
        Of the event; the version is added.
    latest
        The version that is taken to be the newest; None for whichever is.

    Raises
    ------
    Refused
        Another version came in between.
    """
    try:
        with writing() as session:
            found = session.scalar(select(func.max(Setting.version)).where(Setting.name == name)) or 0
            if latest is not None and found != latest:
                raise Refused(_MEANWHILE)
            version = found + 1
            session.add(Setting(name=name, version=version, value=value, moderator_id=by, set_at=now))
            told = {"version": version, **detail}
            session.add(Event(happened_at=now, moderator_id=by, kind=kind, detail=told))
    except IntegrityError as error:
        raise Refused(_MEANWHILE) from error
    return version
