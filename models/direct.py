"""SQLite's driver, asked without anything in between: each thread has a connection of its own for its questions.

SQLite answers within microseconds, so that what stands between a statement and the driver costs more than the answer.
Single questions, and the statements of a transaction that `writing` began, take this way. Objects of the tables take
the session's, and are in the same transaction: a session that is asked for one while its thread writes joins it.

All transactions that write are on one connection, whichever thread has its turn: what a connection keeps of the file
is void as soon as another one has written, and a comment looks at a hundred pages. So may several blocks of different
threads be one transaction, one after the other, which one COMMIT stores (`models.group`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Pool, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError

from models import group as groups
from models.group import Group
from models.troubles import storing

_ENDED = "The transaction was ended within its block."
_UNDONE = "It was undone with what others wrote in the same transaction."
_BLOCK = "block"
_REMEMBERED = 8
"""COMMITs that the time of one is a mean over."""

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

    is_left: bool = field(default=False, init=False)
    """Whether a session has undone its part of the block at work: the rest would be kept by itself."""

    commit_seconds: float = field(default=0.0, init=False)
    """What a COMMIT took of late."""

    group: Group | None = field(default=None, init=False)
    """The blocks of the transaction that is open."""

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
        self._must_be_open()
        return self.driver

    @contextmanager
    def block(
        self, seconds: float, goes_on: Callable[[int], bool] | None = None, committing: Any = nullcontext
    ) -> Iterator[Group]:
        """One block of a transaction that writes; what it wrote is stored when the group that it gives says so.

        Parameters
        ----------
        seconds
            So long others who write are waited for.
        goes_on
            Whether the transaction, of which so many blocks are done, waits for one more. Without it the block has a
            transaction of its own.
        committing
            The COMMIT, which is the disk's work, is done within it.

        Raises
        ------
        sqlalchemy.exc.OperationalError
        """
        group = self._joined(seconds, is_alone=goes_on is None, committing=committing)
        of_thread.writes, self.is_left = self, False
        try:
            yield group
            if self.is_left:
                raise RuntimeError(_ENDED)
            if group.size:
                self._say(f"RELEASE {_BLOCK}")
            group.size += 1
        except BaseException as error:
            self._take_back(error)
            raise
        finally:
            of_thread.writes = self.joined = None
            self._end_unless(goes_on, committing)

    def end(self, committing: Any = nullcontext) -> None:
        """Store what the open transaction holds, and tell whose blocks it was made of what came of it."""
        if self.group is None:
            return
        began = time.perf_counter()
        try:
            with committing():
                self._say("COMMIT")
                self._ended()
        except BaseException as error:
            if self.group is not None:
                self._give_up(error)
            if not isinstance(error, DBAPIError):
                raise
        self.commit_seconds += (time.perf_counter() - began - self.commit_seconds) / _REMEMBERED

    def end_of(self, group: Group, committing: Any = nullcontext) -> None:
        """Store this group, if nobody else has."""
        if self.group is group:
            self.end(committing)

    def connection(self) -> Connection:
        """The transaction at work, for a session; nobody closes it."""
        self._must_be_open()
        if (joined := self.joined) is None:
            self.joined = joined = Connection(self.engine, connection=self.pooled)
            joined.begin()
        return joined

    @property
    def _is_dear(self) -> bool:
        return self.commit_seconds >= groups.DEAR_SECONDS

    def _must_be_open(self) -> None:
        if self.is_left or not self.driver.in_transaction:
            raise RuntimeError(_ENDED)

    def is_good_for(self, engine: Engine) -> bool:
        """Whether it is open, of this engine, and not left in a transaction, which would refuse the next one."""
        is_open = self.pool is engine.pool and self.pooled.driver_connection is not None
        return is_open and (self.group is not None or not self.driver.in_transaction)

    def close(self) -> None:
        """Close it, if it is not closed already; a block that is at work is undone."""
        try:
            self.end()
        finally:
            if self.pooled.driver_connection is not None:
                self.pooled.invalidate()

    def _joined(self, seconds: float, is_alone: bool, committing: Any) -> Group:
        """The group of the block that begins: one that is open already, or a new one."""
        if is_alone:
            self.end(committing)
        if self.group is None:
            self._begin(seconds)
            self.group = Group()
        elif self.group.size:
            self._say(f"SAVEPOINT {_BLOCK}")
        return self.group

    def _end_unless(self, goes_on: Callable[[int], bool] | None, committing: Any) -> None:
        """End the transaction, unless it waits for one more; where that cannot be told it does not."""
        waits = False
        try:
            waits = self.group is not None and bool(goes_on and self._is_dear and goes_on(self.group.size))
        finally:
            if not waits:
                self.end(committing)

    def _take_back(self, error: BaseException) -> None:
        """Undo a block that failed, and no other one, unless SQLite has undone them all."""
        if self.group is not None and self.group.size and self.driver.in_transaction:
            with suppress(DBAPIError):
                self._say(f"ROLLBACK TO {_BLOCK}")
                self._say(f"RELEASE {_BLOCK}")
                return
        self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        """Undo the whole transaction."""
        try:
            if self.driver.in_transaction:
                self._say("ROLLBACK")
        finally:
            self._ended(error)

    def _ended(self, error: BaseException | None = None) -> None:
        group, self.group = self.group, None
        if group is None:
            return
        if error is None:
            group.end()
        else:
            own = self.dialect.loaded_dbapi.OperationalError(_UNDONE)
            cause = error.orig if isinstance(error, DBAPIError) and error.orig else own
            group.end(lambda: told("COMMIT", cause, self.dialect))

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


def told(statement: str, error: BaseException, dialect: Dialect) -> BaseException:
    """What the driver raised, as SQLAlchemy tells it, without the values."""
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(statement, None, error, base, hide_parameters=True, dialect=dialect)
