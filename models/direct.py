"""SQLite's driver, asked without anything in between: each thread has a connection of its own for that.

SQLite answers within microseconds, so that what stands between a statement and the driver costs more than the answer.
Single questions, and the statements of a transaction that `writing` began, take this way. Objects of the tables take
the session's, and are in the same transaction: a session that is asked for one while its thread writes joins it.
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


@dataclass(slots=True)
class Direct:
    """A thread's own connection to one database."""

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
    def transaction(self, seconds: float, storing: Any = nullcontext) -> Iterator[None]:
        """One transaction that writes, begun at once; waits so long for others who write.

        The COMMIT, which is the disk's work, is done within `storing`.

        Raises
        ------
        sqlalchemy.exc.OperationalError
        """
        self._begin(seconds)
        of_thread.writes = self
        try:
            yield
            with storing():
                self._end("COMMIT")
        finally:
            of_thread.writes = self.joined = None
            if self.driver.in_transaction:
                self._end("ROLLBACK")

    def connection(self) -> Connection:
        """The transaction at work, for a session; nobody closes it."""
        if not self.driver.in_transaction or (self.joined and not self.joined.in_transaction()):
            raise RuntimeError(_ENDED)
        if (joined := self.joined) is None:
            self.joined = joined = Connection(self.engine, connection=self.pooled)
            joined.begin()
        return joined

    def _begin(self, seconds: float) -> None:
        if self.patience != (patience := f"{seconds:.1f}"):
            self.driver.execute(f"PRAGMA busy_timeout={float(patience) * 1000:.0f}")
            self.patience = patience
        self._end("BEGIN IMMEDIATE")

    def _end(self, word: str) -> None:
        try:
            self.driver.execute(word)
        except self.dialect.loaded_dbapi.Error as error:
            raise told(word, error, self.dialect) from error


class _OfThread(threading.local):
    """What a thread asks directly, and what it writes to just now."""

    own: Direct | None = None
    writes: Direct | None = None


of_thread = _OfThread()


def own(engine: Engine) -> Direct | None:
    """The connection of this thread, made at its first question; None where the driver may not be asked."""
    if engine.dialect.name != "sqlite" or engine.dispatch.before_cursor_execute:
        return None
    if storing.is_refused:
        close(engine)
        return None
    kept = of_thread.own
    if kept is None or kept.pool is not engine.pool or kept.pooled.driver_connection is None:
        pooled = engine.raw_connection()
        kept = of_thread.own = Direct(engine, engine.pool, pooled, pooled.driver_connection)
    return kept


def close(engine: Engine) -> None:
    """Close the connection of this thread: an engine that is disposed of knows only of those that lie in its pool."""
    if (kept := of_thread.own) is not None and kept.engine is engine:
        of_thread.own = None
        kept.pooled.invalidate()


def told(statement: str, error: Exception, dialect: Dialect) -> BaseException:
    """What the driver raised, as SQLAlchemy tells it, without the values."""
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(statement, None, error, base, hide_parameters=True, dialect=dialect)
