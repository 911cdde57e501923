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

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import URL, make_url

_VARIABLE = "GATEPOST_TEST_DATABASE_URL"


def is_postgresql() -> bool:
    """Whether this run was told to use PostgreSQL."""
    return bool(os.environ.get(_VARIABLE))


@contextmanager
def database(worker: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database for this worker: `master` or `gw0`, `gw1` … as xdist names them.

    The SQLite file lies in `folder` and is left to pytest; the PostgreSQL database goes when the block ends.
    """
    if not is_postgresql():
        yield f"sqlite:///{folder / 'gatepost.sqlite3'}"
        return
    url = make_url(os.environ[_VARIABLE])
    name = f"gatepost_test_{worker}_{os.getpid()}"
    _say(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _say(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def emptied(engine: Engine, keep: frozenset[str] = frozenset({"alembic_version"})) -> None:
    """Empty every table but those to keep, and start their ids at 1 again."""
    tables = [name for name in inspect(engine).get_table_names() if name not in keep]
    with engine.connect().execution_options(write=True) as connection:
        if engine.dialect.name == "sqlite":
            _empty_sqlite(connection, tables)
        elif tables:
            names = ", ".join(f'"{name}"' for name in tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        connection.commit()


def copied(source: Path, target: Path) -> None:
    """A copy of a closed SQLite file, so that the tables are made once a run and not once a test."""
    shutil.copyfile(source, target)


def _empty_sqlite(connection: Connection, tables: list[str]) -> None:
    connection.execute(text("PRAGMA defer_foreign_keys=ON"))
    for name in tables:
        connection.execute(text(f'DELETE FROM "{name}"'))


def _say(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
