"""Which shape the database has, beside the one that this code wants."""

from __future__ import annotations

import logging
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, inspect, text

from models.db import db

MIGRATIONS = Path(__file__).parent / "migrations"

logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every look at the revision


class Shape(StrEnum):
    """How the database's tables compare with the code's."""

    CURRENT = "current"
    MISSING = "missing"
    OLDER = "older"
    NEWER = "newer"


def shape(connection: Connection) -> Shape:
    """What an installation's tables are to this code; `NEWER` is any revision that it has never heard of."""
    found, known = revision(connection), _revisions()
    if found is None:
        return Shape.MISSING
    if found == known[0]:
        return Shape.CURRENT
    return Shape.OLDER if found in known else Shape.NEWER


def revision(connection: Connection) -> str | None:
    """The last migration that the database went through, None where there was none.

    Raises
    ------
    sqlalchemy.exc.MultipleResultsFound
        The table that says so is broken.
    """
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalars(text("SELECT version_num FROM alembic_version")).one_or_none()
    return None if found is None else str(found)


def migrator(app: Any) -> ModuleType:
    """`flask_migrate`, told of the Flask app at work: its `upgrade` brings the tables up to date.

    It and alembic are loaded here, for those alone who change tables: they take a tenth of a start.
    """
    import flask_migrate  # noqa: PLC0415

    flask_migrate.Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)
    module: ModuleType = flask_migrate
    return module


@cache
def _revisions() -> tuple[str, ...]:
    """Every revision this code knows, the newest first: each file's name begins with its own."""
    names = [path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")]
    return tuple(sorted(names, reverse=True))
