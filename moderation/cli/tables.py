"""Which tables a command finds, and what it says where they are not those of this version."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError, MultipleResultsFound

from models import db, why_not
from models.schema import Shape, shape
from moderation.copies import damage_told
from moderation.errors import Misconfigured
from moderation.parts import parts

MISSING = "There is no installation yet. `flask init` makes one."
OLDER = "The database is older than this Gatepost. `flask init` brings it up to date."
NEWER = "The database was made by a newer Gatepost than this one. Please run that one, or restore a copy."

_SAID = {Shape.MISSING: MISSING, Shape.OLDER: OLDER, Shape.NEWER: NEWER}


def on_current_tables(callback: Callable[..., Any]) -> Callable[..., Any]:
    """The callback of a command, which is run on tables of this version alone."""

    @with_appcontext
    @functools.wraps(callback)
    def asked_first(*arguments: Any, **options: Any) -> Any:
        refuse_unless_current()
        return callback(*arguments, **options)

    return asked_first


def refuse_unless_current() -> None:
    """Stop with what to do, before anything is read from tables of another version or written into them.

    Raises
    ------
    Misconfigured
    """
    if said := _SAID.get(found()):
        raise Misconfigured(said)


def found() -> Shape:
    """What the tables at hand are to this version; no file is made by looking.

    Raises
    ------
    Misconfigured
        The database is damaged, does not answer, or does not know what it is.
    """
    if has_no_file():
        return Shape.MISSING
    try:
        with damage_told(), db.engine.connect() as connection:
            return shape(connection)
    except MultipleResultsFound:
        raise Misconfigured(
            "The table alembic_version is broken: it names several migrations. Please restore a backup."
        ) from None
    except DBAPIError as error:
        if db.engine.dialect.name == "sqlite" and not Path(db.engine.url.database or "").exists():
            return Shape.MISSING
        why = why_not(error, type(error.orig).__name__)
        raise Misconfigured(f"The database {where()} does not answer ({why}).") from None


def has_no_file() -> bool:
    """Whether SQLite would make an empty database just because it is looked at, or `flask init` its folder."""
    file, instance = Path(db.engine.url.database or ""), parts().settings.instance.resolve()
    may_be_made = db.engine.dialect.name == "sqlite" and (file.parent.is_dir() or file.parent == instance)
    return may_be_made and not file.exists()


def where() -> str:
    """Where the database is, for people to read: a password may stand in the query, too."""
    return db.engine.url.set(query={}).render_as_string(hide_password=True)
