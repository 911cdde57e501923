"""The database: one declarative base, one session a request, and one way to write.

SQLite's own defaults lose concurrent updates silently, so every connection speaks WAL with full syncs, and a
story that writes says BEGIN IMMEDIATE as its first statement (`writing`), when its turn has come (`turns`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import (
    Connection,
    CursorResult,
    DateTime,
    Engine,
    Enum,
    Executable,
    MetaData,
    event,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as WaitedTooLong
from sqlalchemy.orm import DeclarativeBase, scoped_session
from sqlalchemy.types import TypeDecorator

from models import direct
from models import group as groups
from models.troubles import is_passing, storing
from models.turns import WAIT_SECONDS, Turns

_PRAGMAS = (
    "journal_mode=WAL",
    f"busy_timeout={WAIT_SECONDS * 1000:.0f}",
    "foreign_keys=ON",
    "synchronous=FULL",
    "secure_delete=ON",
    "cache_size=-512",  # KiB of each connection; what the system keeps of the file serves all of them
    "wal_autocheckpoint=4000",  # pages: what every comment changes is copied into the file a quarter as often
)
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
turns = Turns()


class Base(DeclarativeBase):
    """What every table class inherits; names constraints so that migrations can find them."""

    metadata = MetaData(naming_convention=_NAMING)


class _Session(Session):
    """A session that joins what its thread writes."""

    def get_bind(self, *asked: Any, **more: Any) -> Engine | Connection:
        """The transaction at work, where there is one on the same database."""
        bind = super().get_bind(*asked, **more)
        writes = direct.of_thread.writes
        return writes.connection() if writes is not None and writes.engine is bind else bind

    def rollback(self) -> None:
        """Undo what the session has begun; the block that its thread writes is not stored either then."""
        super().rollback()
        writes = direct.of_thread.writes
        if writes is not None and writes.joined is not None:
            writes.is_left = True


# A session that joins what its thread writes undoes its own part alone: the rest may be others'.
_JOINING = {"join_transaction_mode": "create_savepoint"}
db = SQLAlchemy(model_class=Base, session_options={"class_": _Session, "expire_on_commit": False, **_JOINING})


def read(statement: Executable, **values: Any) -> CursorResult[Any]:
    """Rows of a statement that stands in its module, put together once: no object of any class is made of them."""
    return db.session.connection().execute(statement, values)


def give_up() -> None:
    """End what the session began and did not store; a connection that cannot even do that its pool throws away."""
    with suppress(DBAPIError):
        db.session.rollback()


def leave(*_: object) -> None:
    """Let go of the session at the end of a request; a connection that broke after the last question harms nobody."""
    if db.session.registry.has():
        db.session.expunge_all()  # whoever still holds one of its objects may read what it has loaded
        if direct.of_thread.writes is None:  # what the thread writes is not this session's to end
            give_up()  # a session that is closed while its transaction cannot be ended keeps the connection
        db.session.remove()


@contextmanager
def writing(*, together: bool = False) -> Iterator[scoped_session[Session]]:
    """One durable transaction: all of the block is stored when it ends, or nothing is.

    The block neither ends the session's transaction nor begins another one. Whatever the session had read before is
    forgotten first, so that the block decides on what is true now.

    Parameters
    ----------
    together
        Whether the transaction may be one with that of others who write at the same time (`models.group`). A block
        that fails is undone by itself even so.

    Raises
    ------
    sqlalchemy.exc.TimeoutError, sqlalchemy.exc.OperationalError
        The database stayed busy for `WAIT_SECONDS`, or is away. Nothing was stored.
    RuntimeError
        There is one at work in this thread already.
    """
    if direct.of_thread.writes is not None:
        raise RuntimeError("A transaction was begun within another one.")
    session = db.session
    if session.registry.has():
        session.rollback()
    try:
        with _transaction(session, together):
            yield session
    except (DBAPIError, WaitedTooLong) as error:
        if is_passing(error):
            storing.failed(error)
        if storing.is_refused:
            db.engine.dispose()
        raise
    storing.trouble = None


@contextmanager
def _transaction(session: scoped_session[Session], together: bool) -> Iterator[None]:
    if db.engine.dialect.name != "sqlite":
        with _through_session(session, WAIT_SECONDS):
            yield
        return
    with turns.taken() as seconds:
        if (writer := direct.of_writers.connection(db.engine)) is None:
            with _through_session(session, seconds):
                yield
            return
        goes_on = turns.goes_on if together else None
        with writer.block(seconds, goes_on, turns.committing) as group, _handing_over(session):
            yield
    try:
        turns.wait_for(group.ended, groups.WAIT_SECONDS, lambda: writer.end_of(group, turns.committing))
        group.tell()
    except BaseException:
        if session.registry.has():
            session.expire_all()  # what it took for stored
        raise


@contextmanager
def _handing_over(session: scoped_session[Session]) -> Iterator[None]:
    """What the session holds at the end is part of the transaction at work, which goes on."""
    try:
        yield
        if session.registry.has():
            session.commit()
    except BaseException:
        if session.registry.has():
            give_up()
            session.expire_all()
        raise


@contextmanager
def _through_session(session: scoped_session[Session], seconds: float) -> Iterator[None]:
    try:
        session.connection(execution_options={"write": True, "patience": seconds})
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise


def connect_options(url: str, threads: int = 4) -> dict[str, Any]:
    """Engine options for a database URL: bounded waits, dead connections noticed, no parameters in errors.

    Every thread may hold one connection for itself, and a session another one; all of them write by one more.
    """
    options: dict[str, Any] = {"hide_parameters": True, "pool_size": threads + 2, "max_overflow": threads + 4}
    if not url.startswith("sqlite"):
        options |= {
            "pool_pre_ping": True,
            "pool_timeout": WAIT_SECONDS,
            "connect_args": {
                "connect_timeout": 3,
                "client_encoding": "utf8",
                "options": f"-c lock_timeout={WAIT_SECONDS:.0f}s -c timezone=UTC",
            },
        }
    return options


def prepare(engine: Engine, threads: int = 4) -> None:
    """Teach an SQLite engine our manners; other databases have them. One of the threads is kept for readers."""
    if engine.dialect.name == "sqlite":
        turns.places = max(1, threads - 1)
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _be_patient)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "engine_disposed", _close_directly)
        event.listen(engine, "checkin", _keep_none_that_only_reads)


def _close_directly(engine: Engine) -> None:
    direct.of_thread.own.close(engine)
    with turns.unless_taken() as is_free:  # else whoever writes just now closes it at the next turn
        if is_free:
            direct.of_writers.close(engine)


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _keep_none_that_only_reads(_connection: Any, record: Any) -> None:
    """SQLite's connections share what they know of the file; all have to be closed once for one to write again."""
    if storing.is_refused:
        record.invalidate()


def _be_patient(connection: Connection) -> None:
    seconds = connection.get_execution_options().get("patience")
    if seconds is not None and (driver := connection.connection.driver_connection):
        driver.execute(f"PRAGMA busy_timeout={seconds * 1000:.0f}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("write")
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:  # a session that joins what its thread writes finds it begun
        connection.exec_driver_sql(begin)


class Moment(TypeDecorator[datetime]):
    """A point in time, always UTC and aware, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def only(condition: str) -> dict[str, Any]:
    """What makes an index one of the few rows that meet a condition."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def word(kind: type[StrEnum], name: str = "") -> Enum:
    """A column of one of our words, kept as text and checked by the database; `name` is the check's."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=name or kind.__name__.lower(),
        length=16,
        values_callable=lambda words: [each.value for each in words],
    )
