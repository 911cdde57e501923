"""What lies where a backup is to lie, how it is kept beside it, and the backup in its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from shutil import copyfile

from sqlalchemy import URL, Connection, Engine, create_engine

from models.schema import Shape, shape
from moderation.copies.backup import back_up, fold, put
from moderation.errors import Misconfigured

_LOGS = ("-wal", "-shm", "-journal")


class Found(StrEnum):
    """What lies at a path: no table, an installation of this version, or a database of something else."""

    NOTHING = "nothing"
    OURS = "ours"
    FOREIGN = "foreign"


def look(database: Path) -> Found:
    """What lies there; a file that is looked at is not changed.

    Raises
    ------
    Misconfigured
        An installation of another version.
    """
    if not database.exists():
        return Found.NOTHING
    engine = create_engine(URL.create("sqlite", database=str(database)))
    try:
        with engine.connect() as connection:
            if connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").first() is None:
                return Found.NOTHING
            return Found.OURS if is_installation(connection) else Found.FOREIGN
    finally:
        engine.dispose()


def is_installation(connection: Connection) -> bool:
    """Whether there is an installation of this version.

    Raises
    ------
    Misconfigured
        There is one of another version.
    """
    found = shape(connection)
    if found in (Shape.OLDER, Shape.NEWER):
        raise Misconfigured("The installation here is of another version; see `flask init`.")
    return found is Shape.CURRENT


def keep(engine: Engine, found: Found, make_tables: Callable[[str], None]) -> Path:
    """Keep what lies there beside it, an installation as a backup and anything else byte by byte; returns where."""
    database = Path(engine.url.database or "")
    aside = database.with_name(f"{database.stem}-before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S}.sqlite3")
    if found is Found.OURS:
        return back_up(engine, aside, make_tables).path
    for suffix in ("", *_LOGS):
        if (source := _beside(database, suffix)).exists():
            copyfile(source, _beside(aside, suffix))
            put(_beside(aside, suffix), _beside(aside, suffix))
    return aside


def put_in_place(plain: Path, database: Path) -> None:
    """Let a checked copy that nobody has open be the database from now on; nobody has the old one open, either."""
    fold(plain)
    for suffix in _LOGS:
        _beside(database, suffix).unlink(missing_ok=True)
    put(plain, database)


def _beside(database: Path, suffix: str) -> Path:
    return database.with_name(database.name + suffix)
