"""SQLite's driver, asked without anything in between: each thread has a connection of its own for its questions.

SQLite answers within microseconds, so that what stands between a statement and the driver costs more than the answer.
Single questions, and the statements of a transaction that `writing` began, take this way. Objects of the tables take
the session's, and are in the same transaction: a session that is asked for one while its thread writes joins it.

All transactions that write are on one connection, whichever thread has its turn: what a connection keeps of the file
is void as soon as another one has written, and a comment looks at a hundred pages.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Pool, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError

from models.troubles import storing

_ENDED = "The transaction was ended within its block."
_OLD_SNAPSHOT = "SQLITE_BUSY_SNAPSHOT"
"""Somebody holds a result that was not read to its end: the connection sees what was, and may not write any more."""


@dataclass(slots=True)
class Direct:
    """A connection to one database, in the hands of one thread at a time."""

    engine: Engine
    pool: Pool
    pooled: PoolProxiedConnection
    driver: Any
    patience: str = ""
    joined: Connection | None = field(default=None, init=False)
    """The transaction at work as SQLAlchemy knows it, once a session has asked for it."""

    @property
    def dialect(self) -> Dialect:
        """How the driver's values and errors are read."""
        return self.engine.dialect

    @property
    def at_work(self) -> Any:
        """The driver, within its transaction.

        Raises
        ------
        RuntimeError
            Somebody has ended it from within: what is written now would be kept by itself.
        """
        if not self.driver.in_transaction:
            raise RuntimeError(_ENDED)
        return self.driver

    @contextmanager
    def transaction(self, seconds: float, committing: Any = nullcontext) -> Iterator[None]:
        """One transaction that writes, begun at once; waits so long for others who write.

        The COMMIT, which is the disk's work, is done within `committing`.

        Raises
        ------
        sqlalchemy.exc.OperationalError
        """
        self._begin(seconds)
        of_thread.writes = self
        try:
            yield
            with committing():
                self._say("COMMIT")
        finally:
            of_thread.writes = self.joined = None
            if self.driver.in_transaction:
                self._say("ROLLBACK")

    def connection(self) -> Connection:
        """The transaction at work, for a session; nobody closes it."""
        if not self.driver.in_transaction or (self.joined and not self.joined.in_transaction()):
            raise RuntimeError(_ENDED)
        if (joined := self.joined) is None:
            self.joined = joined = Connection(self.engine, connection=self.pooled)
            joined.begin()
        return joined

    def is_good_for(self, engine: Engine) -> bool:
        """Whether it is open, of this engine, and not left in a transaction, which would refuse the next one."""
        is_open = self.pool is engine.pool and self.pooled.driver_connection is not None
        return is_open and not self.driver.in_transaction

    def close(self) -> None:
        """Close it, if it is not closed already; what was not stored is undone."""
        if self.pooled.driver_connection is not None:
            self.pooled.invalidate()

    def _begin(self, seconds: float) -> None:
        if self.patience != (patience := f"{seconds:.1f}"):
            self.driver.execute(f"PRAGMA busy_timeout={float(patience) * 1000:.0f}")
            self.patience = patience
        self._say("BEGIN IMMEDIATE")

    def _say(self, word: str) -> None:
        try:
            self.driver.execute(word)
        except self.dialect.loaded_dbapi.Error as error:
            if getattr(error, "sqlite_errorname", "") == _OLD_SNAPSHOT:
                self.close()
            raise told(word, error, self.dialect) from error


KEPT_TO_WRITE = 4096
"""KiB of the file that the connection that writes keeps; one comment changes a quarter of a megabyte."""


class _Kept:
    """A connection that is made when it is first wanted, and anew when it is of no more use."""

    def __init__(self, *pragmas: str) -> None:
        self._pragmas = pragmas
        self._connection: Direct | None = None

    def connection(self, engine: Engine) -> Direct | None:
        """The one to this engine's database; None where the driver may not be asked."""
        kept = self._connection
        if kept is not None and (storing.is_refused or not kept.is_good_for(engine)):
            self.close(kept.engine)
        if engine.dialect.name != "sqlite" or engine.dispatch.before_cursor_execute or storing.is_refused:
            return None
        if self._connection is None:
            self._connection = self._made(engine)
        return self._connection

    def close(self, engine: Engine) -> None:
        """Close it: an engine that is disposed of knows only of those that lie in its pool."""
        if (kept := self._connection) is not None and kept.engine is engine:
            self._connection = None
            kept.close()

    def _made(self, engine: Engine) -> Direct:
        try:
            pooled = engine.raw_connection()
            made = Direct(engine, engine.pool, pooled, pooled.driver_connection)
            for pragma in self._pragmas:
                made.driver.execute(pragma)
        except engine.dialect.loaded_dbapi.Error as error:
            raise told("connect", error, engine.dialect) from error
        return made


class _OfThread(threading.local):
    """What a thread asks directly, and what it writes to just now."""

    writes: Direct | None = None

    def __init__(self) -> None:
        self.own = _Kept()


of_thread = _OfThread()
of_writers = _Kept(f"PRAGMA cache_size=-{KEPT_TO_WRITE}")
"""What all threads write by; in the hands of whoever has the turn."""


def told(statement: str, error: Exception, dialect: Dialect) -> BaseException:
    """What the driver raised, as SQLAlchemy tells it, without the values."""
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(statement, None, error, base, hide_parameters=True, dialect=dialect)
