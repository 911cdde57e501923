"""The database the tests run on: a file of SQLite each, or PostgreSQL where `GATEPOST_TEST_DATABASE_URL` names one.

On PostgreSQL every xdist worker makes a database of its own beside the named one and drops it at the end, so
that nothing of the named database is touched and workers never meet.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, MetaData, create_engine, inspect, text
from sqlalchemy.engine import URL, make_url

_VARIABLE = "GATEPOST_TEST_DATABASE_URL"


def is_postgresql() -> bool:
    """Whether this run was told to use PostgreSQL."""
    return bool(os.environ.get(_VARIABLE))


@contextmanager
def database(worker: str, folder: Path, encoding: str = "") -> Iterator[str]:
    """The URL of an empty database for this worker: `master` or `gw0`, `gw1` … as xdist names them.

    The SQLite file lies in `folder` and is left to pytest; the PostgreSQL database goes when the block ends. It
    has the server's usual encoding, unless another one is wanted.
    """
    if not is_postgresql():
        yield f"sqlite:///{folder / 'gatepost.sqlite3'}"
        return
    url = make_url(os.environ[_VARIABLE])
    name = f"gatepost_test_{worker}_{os.getpid()}"
    as_wanted = f" ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'" if encoding else ""
    _say(
        url,
        f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
        f'CREATE DATABASE "{name}"{as_wanted}',
        f'ALTER DATABASE "{name}" SET synchronous_commit = off',
    )
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _say(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def emptied(engine: Engine, keep: frozenset[str] = frozenset({"alembic_version"})) -> None:
    """Empty every table but those to keep, and start their ids at 1 again.

    On PostgreSQL by DELETE: a TRUNCATE gives every table and index a new file, which costs ten times as much as
    the few rows of a test.
    """
    tables = [name for name in inspect(engine).get_table_names() if name not in keep]
    is_postgresql = engine.dialect.name == "postgresql"
    unguarded = (
        "SET LOCAL session_replication_role = replica" if is_postgresql else "PRAGMA defer_foreign_keys=ON"
    )
    with engine.connect().execution_options(write=True) as connection:
        connection.execute(text(unguarded))
        for name in tables:
            connection.execute(text(f'DELETE FROM "{name}"'))
        if is_postgresql:
            connection.execute(
                text("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
            )
        connection.commit()


class Snapshot:
    """All rows of a PostgreSQL database and where its sequences stand: what took seconds to happen is put back."""

    def __init__(self, engine: Engine) -> None:
        self._tables = MetaData()
        with engine.connect() as connection:
            self._tables.reflect(connection)
            self._rows = {
                name: [dict(row) for row in connection.execute(table.select()).mappings()]
                for name, table in self._tables.tables.items()
            }
            sequences = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
            self._sequences = connection.execute(text(sequences)).all()

    def put_back(self, engine: Engine) -> None:
        """Make the database what it was."""
        with engine.connect() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for name, table in self._tables.tables.items():
                connection.execute(table.delete())
                if rows := self._rows[name]:
                    connection.execute(table.insert(), rows)
            for name, last in self._sequences:
                connection.execute(
                    text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": name, "last": last}
                )
            connection.commit()


def copied(source: Path, target: Path) -> None:
    """A copy of a closed SQLite file, so that the tables are made once a run and not once a test."""
    shutil.copyfile(source, target)


def _say(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
