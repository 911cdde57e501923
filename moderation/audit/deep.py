"""What lies below the pages: every value of every table, classifiers unpacked, a copy of the database, every command.

A file read as it lies is not enough: a long value is cut between pages there, and an artefact is packed.
"""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from models import db
from moderation.audit.stage import Place, Stage

COMMANDS = (
    "article list",
    "moderator list",
    "queue list --view all",
    "queue list --view held --search ferry",
    "privacy export --comment 1",
    "privacy purge --dry-run",
    "privacy erase --comment 1 --dry-run",
    "spam versions",
    "spam explain --comment 1",
    "trail verify",
)
"""What an operator may run and show to others."""

DATABASE = "database"
"""Kinds that begin so may hold keyed fingerprints and seals: that is where they are kept."""


def look_below(set_up: Stage) -> None:
    """Keep all of it."""
    with set_up.app.app_context():
        for where, content in _values():
            set_up.places.append(Place(f"{DATABASE}, value by value", where, content))
        for where, content in _artefacts():
            set_up.places.append(Place("classifiers, unpacked", where, content))
        db.session.rollback()
    set_up.places.append(Place(f"{DATABASE}, a copy", "backup", _copy(set_up.folder)))
    for command in COMMANDS:
        _run(set_up, command)


def _values() -> Iterator[tuple[str, bytes]]:
    with db.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608 the table's own name
            yield table, b"\n".join(b"\x1f".join(map(_bytes, row)) for row in rows)


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else str(value).encode()


def _artefacts() -> Iterator[tuple[str, bytes]]:
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT version, artefact FROM classifier WHERE artefact IS NOT NULL"))
        for row in rows:
            with zipfile.ZipFile(io.BytesIO(row.artefact)) as arrays:
                for name in arrays.namelist():
                    yield f"{row.version}, {name}", arrays.read(name)


def _copy(folder: Path) -> bytes:
    """A copy as `backup` makes it, read as it lies."""
    target = folder.parent / "copy.sqlite3"
    database = folder / "gatepost.sqlite3"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    return target.read_bytes()


def _run(set_up: Stage, command: str) -> None:
    # in a context of the stage's own app: a command takes the one that it finds, and that may be the operator's
    with set_up.app.app_context():
        result = set_up.app.test_cli_runner().invoke(args=command.split())
    set_up.expect(f"flask {command}", 0, result.exit_code)
    set_up.places.append(Place("commands", f"flask {command}", result.output.encode()))
