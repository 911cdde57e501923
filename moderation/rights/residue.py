"""What deleted rows leave behind in the database's files, and how it is cleaned.

SQLite overwrites what is deleted with zeros (`secure_delete`), but not within its full text index, and older pages
stay in the write-ahead log until it is emptied. So the index is written anew, the file is rewritten whole (VACUUM),
and the log is cut to nothing. On PostgreSQL dead rows are vacuumed: their space is free, yet not overwritten until it
is used again, and neither is what its own log and its backups hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from models import Figure, db, writing
from moderation import search

NAME = "file to clean"
"""The figure that stands while erased words may lie in the file's free pages."""

SMALL = 64 * 1024 * 1024
"""Bytes: a file up to this is rewritten by the sweeps, in about a second; a larger one when somebody says so."""


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What was done: whether nothing is left in the files, the database's size before and after, and a sentence."""

    is_whole: bool
    before: int
    after: int
    sentence: str


def mark(now: datetime) -> None:
    """Note that the file is to be cleaned; part of the caller's transaction."""
    db.session.merge(Figure(name=NAME, value=True, made_at=now))


def is_due() -> bool:
    """Whether something was erased since the file was cleaned."""
    return db.session.get(Figure, NAME) is not None


def scrub() -> Scrubbed:
    """Clean the database's files of what was erased. Writers wait meanwhile; readers do not."""
    if db.engine.dialect.name == "sqlite":
        return _scrub_sqlite()
    return _scrub_postgresql()


def scrub_small(_now: datetime) -> int:
    """The sweep: clean a small file by itself; what is left for a person stays marked. Returns 0."""
    if is_due() and _size() <= SMALL:
        scrub()
    return 0


def copies_beside() -> list[Path]:
    """Files beside the database that look like copies of it: an erasure does not reach into them."""
    if db.engine.dialect.name != "sqlite" or not db.engine.url.database:
        return []
    database = Path(db.engine.url.database)
    own = {database.name, f"{database.name}-wal", f"{database.name}-shm", f"{database.name}-journal"}
    return sorted(
        path for path in database.parent.iterdir() if _is_copy(path, database) and path.name not in own
    )


def _is_copy(path: Path, database: Path) -> bool:
    is_named_so = path.name.startswith(database.stem) or ".sqlite" in path.name
    return path.is_file() and is_named_so and path.suffix != ".sha256"


def _scrub_sqlite() -> Scrubbed:
    before = _size()
    with writing() as session:
        search.rewrite()
        session.query(Figure).filter_by(name=NAME).delete()
    db.session.rollback()
    is_emptied = _checkpointed() and _vacuumed() and _checkpointed()
    if not is_emptied:
        with writing():
            mark(datetime.now(UTC))
    sentence = (
        "The file was rewritten, the search index made anew, the write-ahead log emptied: nothing is left in them."
        if is_emptied
        else "Others were using the database: the file is not clean yet. Please run `flask privacy scrub` again."
    )
    return Scrubbed(is_emptied, before, _size(), sentence)


def _vacuumed() -> bool:
    connection = db.engine.raw_connection()
    try:
        connection.execute("VACUUM")
    except Exception as error:
        if "locked" in str(error) or "busy" in str(error):
            return False
        raise
    finally:
        connection.close()
    return True


def _checkpointed() -> bool:
    """Whether the write-ahead log could be brought home and cut to nothing."""
    connection = db.engine.raw_connection()
    try:
        row = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    return row is not None and row[0] == 0


def _scrub_postgresql() -> Scrubbed:
    before = _size()
    db.session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))
    with writing() as session:
        session.query(Figure).filter_by(name=NAME).delete()
    return Scrubbed(
        True,
        before,
        _size(),
        "Dead rows were vacuumed. PostgreSQL overwrites their space when it is used again and not before, and its"
        " write-ahead log, its archives and its backups hold what they held: they go with their own retention.",
    )


def _size() -> int:
    """Bytes of the database."""
    if db.engine.dialect.name == "sqlite":
        path = Path(db.engine.url.database or "")
        return path.stat().st_size if path.is_file() else 0
    with db.engine.connect() as connection:
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
