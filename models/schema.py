"""Which shape the database has, beside the one that this code wants."""

from __future__ import annotations

import logging
from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

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
    """The last migration that the database went through, None where there was none."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def _revisions() -> tuple[str, ...]:
    """Every revision this code knows, the newest first."""
    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
