"""What lies where a backup is to lie, how it is kept beside it, and the backup in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from shutil import copyfile

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import MultipleResultsFound

from models.schema import Shape, shape
from moderation.copies.backup import back_up, damage_told, fold, put, workshop
from moderation.errors import Damaged, Misconfigured

_LOGS = ("-wal", "-shm", "-journal")


class Found(StrEnum):
    """What lies at a path: no table, an installation of this version, somebody else's, or what cannot be read."""

    NOTHING = "nothing"
    OURS = "ours"
    FOREIGN = "foreign"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where lies what was in a backup's place before, and whether that is a whole database."""

    path: Path
    is_whole: bool


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
        with damage_told(), engine.connect() as connection:
            if connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").first() is None:
                return Found.NOTHING
            return Found.OURS if is_installation(connection) else Found.FOREIGN
    except (Damaged, MultipleResultsFound):
        return Found.BROKEN
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


def keep(engine: Engine, found: Found, make_tables: Callable[[str], None]) -> Kept:
    """Keep what lies there beside it: an installation as a backup, anything else byte by byte."""
    database = Path(engine.url.database or "")
    aside = database.with_name(f"{database.stem}-before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S}.sqlite3")
    if found is Found.OURS:
        try:
            return Kept(back_up(engine, aside, make_tables).path, is_whole=True)
        except Damaged:
            found = Found.BROKEN
    engine.dispose()
    for suffix in (*_LOGS, ""):
        if (source := _beside(database, suffix)).exists():
            _keep_bytes(source, _beside(aside, suffix), found)
    return Kept(aside, is_whole=found is Found.FOREIGN)


def _keep_bytes(source: Path, aside: Path, found: Found) -> None:
    if found is Found.BROKEN:  # a disk that gives way may not let it be read once more
        put(source, aside)
        return
    with workshop(aside.parent) as folder:
        put(copyfile(source, folder / "copy"), aside)


def put_in_place(plain: Path, database: Path) -> None:
    """Let a checked copy that nobody has open be the database from now on; nobody has the old one open, either."""
    fold(plain)
    for suffix in _LOGS:
        _beside(database, suffix).unlink(missing_ok=True)
    put(plain, database)


def _beside(database: Path, suffix: str) -> Path:
    return database.with_name(database.name + suffix)
