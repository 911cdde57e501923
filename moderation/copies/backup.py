"""A backup is one file: the database as it was at one moment, opened and checked, and encrypted where that is wanted.

The file is an SQLite database whatever the installation runs on, so that one file restores to either. Beside it lies
its SHA-256, as `sha256sum -c` reads it. Readers and writers go on meanwhile. The root key is in no backup; without it
the addresses in one are sealed for ever.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from tempfile import mkdtemp

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from models import prepare
from models.schema import Shape, revision, shape
from moderation.copies import encryption
from moderation.copies.copying import Copied, Progress, copy
from moderation.errors import Damaged, Misconfigured

_SQLITE = b"SQLite format 3\x00"
_PAGES = 2_000
_DATABASE_DAMAGED = "The database is damaged ({}). `flask restore --replace` puts a backup in its place."
_BACKUP_DAMAGED = "The backup is damaged ({}). It is not used."
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR}


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written: where, how many bytes, and how many comments are in it."""

    path: Path
    size: int
    comments: int
    is_encrypted: bool


def back_up(
    source: Engine,
    target: Path,
    make_tables: Callable[[str], None],
    recipient: str = "",
    progress: Progress = lambda _done, _all: None,
) -> Backup:
    """Write a backup of a running installation.

    Parameters
    ----------
    target
        A file that is not there yet; it appears whole, on the disk, or not at all.
    make_tables
        Makes the tables of this version at a database URL.
    recipient
        An age public key (`age1…`) to encrypt to; "" for none.

    Raises
    ------
    Damaged
        The database, and so the copy, is not whole.
    Misconfigured
        The file is there already or cannot be written, or the public key is none.
    """
    to = encryption.recipient(recipient) if recipient else None
    try:
        if target.exists():
            raise Misconfigured(f"{target} is there already. Nothing was written.")
        _checksum_of(target).exists()  # its name is the longer one
    except OSError as error:
        raise Misconfigured(f"{target} cannot be written: {error.strerror}.") from None
    with workshop(target.parent) as folder:
        plain = folder / "plain.sqlite3"
        if source.dialect.name == "sqlite":
            _copy_pages(Path(source.url.database or ""), plain, progress)
            comments = check(plain, _DATABASE_DAMAGED)  # pages are as they were there
        else:
            _copy_rows(source, plain, make_tables, progress)
            comments = check(plain)
        finished = plain
        if to is not None:
            finished = folder / "encrypted"
            encryption.encrypt(plain, finished, to)
        written = folder / "checksum"
        written.write_text(f"{_digest(finished)}  {target.name}\n")
        put(finished, target)
        put(written, _checksum_of(target))
    return Backup(target, target.stat().st_size, comments, to is not None)


def check(path: Path, damaged: str = _BACKUP_DAMAGED) -> int:
    """Open a backup and look through all of it; returns how many comments it holds.

    Parameters
    ----------
    damaged
        What to say where it is not whole, with a place for what was found.

    Raises
    ------
    Damaged
        It is not whole.
    Misconfigured
        It is no database of Gatepost, or made by a newer version.
    """
    if not _is_sqlite(path):
        raise Misconfigured("This is no backup of Gatepost.")
    engine = create_engine(_url(path))
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
            if found != "ok":
                raise Damaged(damaged.format(str(found).splitlines()[-1]))
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise Damaged(damaged.format("rows belong to others that are not there"))
            if revision(connection) is None:
                raise Misconfigured("This is no backup of Gatepost.")
            if shape(connection) is Shape.NEWER:
                raise Misconfigured("The backup was made by a newer Gatepost than this one.")
            return int(connection.exec_driver_sql("SELECT count(*) FROM comment").scalar() or 0)
    except Exception as error:
        if isinstance(error, Misconfigured):
            raise
        raise Damaged(damaged.format(type(error).__name__)) from None
    finally:
        engine.dispose()


@contextmanager
def opened(source: Path, folder: Path, identity: str = "") -> Iterator[Path]:
    """A backup, decrypted where it has to be, checked, as a database in `folder` that goes when the block ends.

    Raises
    ------
    Misconfigured
        It is damaged, or the secret key is missing or another one.
    """
    with workshop(folder) as place:
        plain = place / "plain.sqlite3"
        try:
            _compare(source)
            is_encrypted = encryption.is_encrypted(source)
        except OSError as error:
            raise Misconfigured(f"{source} cannot be read: {error.strerror}.") from None
        if is_encrypted:
            encryption.decrypt(source, plain, identity)
        else:
            copyfile(source, plain)
        plain.chmod(0o600)
        check(plain)
        yield plain


@contextmanager
def damage_told() -> Iterator[None]:
    """Tell what SQLite finds broken in a file, and nothing else that it says, as an error of ours.

    Raises
    ------
    Damaged
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        said = getattr(error, "orig", error)
        if getattr(said, "sqlite_errorcode", 0) & 0xFF not in _BROKEN:
            raise
        raise Damaged(_DATABASE_DAMAGED.format(said)) from None


def _copy_pages(database: Path, plain: Path, progress: Progress) -> None:
    """SQLite's own online backup, within one reading transaction: writers do not make it begin anew."""
    with (
        damage_told(),
        closing(sqlite3.connect(database, isolation_level=None)) as source,
        closing(sqlite3.connect(plain)) as copy_,
    ):
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM article").fetchone()
        source.backup(
            copy_, pages=_PAGES, progress=lambda _status, left, total: progress(total - left, total)
        )
    fold(plain)
    plain.chmod(0o600)


def _copy_rows(source: Engine, plain: Path, make_tables: Callable[[str], None], progress: Progress) -> None:
    make_tables(_url(plain).render_as_string())
    plain.chmod(0o600)
    target = create_engine(_url(plain))
    prepare(target)
    try:
        refuse_differences(copy_between(source, target, progress))
    finally:
        target.dispose()
    fold(plain)


def fold(plain: Path) -> None:
    """Let all of a database be in the one file: what is moved leaves its log behind."""
    with closing(sqlite3.connect(plain)) as database:
        database.execute("PRAGMA journal_mode=DELETE")


def copy_between(source: Engine, target: Engine, progress: Progress) -> list[Copied]:
    """All rows from one engine's database into another's, of one moment, committed if they arrived as they were."""
    reading = {"isolation_level": "REPEATABLE READ"} if source.dialect.name == "postgresql" else {}
    writing = {"write": True} if target.dialect.name == "sqlite" else {}
    with (
        source.connect().execution_options(**reading) as from_,
        target.connect().execution_options(**writing) as to,
    ):
        copied = copy(from_, to, progress)
        if all(each.is_same for each in copied):
            to.commit()
    return copied


def refuse_differences(copied: list[Copied]) -> None:
    """Stop where a table did not arrive as it was.

    Raises
    ------
    Misconfigured
    """
    if differing := [each.table for each in copied if not each.is_same]:
        raise Misconfigured(f"Not copied as they were: {', '.join(differing)}. Nothing was kept of the copy.")


@contextmanager
def workshop(parent: Path) -> Iterator[Path]:
    """A folder of nobody else's beside where the file will lie, so that it can be moved there in one step."""
    try:
        folder = Path(mkdtemp(prefix=".gatepost-", dir=parent))
    except OSError as error:
        raise Misconfigured(f"Nothing can be written in {parent}: {error.strerror}.") from None
    try:
        yield folder
    except OSError as error:
        raise Misconfigured(f"The disk did not take it: {error.strerror}. Nothing was kept.") from None
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def _compare(source: Path) -> None:
    """Where a checksum lies beside the backup, it has to be that of the backup."""
    beside = _checksum_of(source)
    if beside.exists() and beside.read_text(errors="replace").split()[:1] != [_digest(source)]:
        raise Misconfigured(f"The backup is not what {beside.name} says: it is damaged, or another one.")


def _checksum_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def put(finished: Path, target: Path) -> None:
    """Move a file where it belongs once it is on the disk, and the folder's entry after it."""
    finished.chmod(0o600)
    with finished.open("rb+") as file:
        os.fsync(file.fileno())
    finished.replace(target)
    with suppress(OSError):  # some file systems have no folders to sync
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
