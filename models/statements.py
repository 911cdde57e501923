"""Statements that stand in their modules and are put together once; what a request asks often is asked by them.

SQLAlchemy builds the SQL and knows the types. On SQLite, whose answers come within microseconds, the compiled text
and the converters of its columns are kept, and the driver is asked without anything in between: that costs a tenth of
what the way through SQLAlchemy costs. On other databases the statement goes the usual way.
"""

from __future__ import annotations

import time
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Executable
from sqlalchemy.dialects import sqlite

from models.db import Moment, db
from models.direct import Direct, of_thread, told

_Converter = Callable[[Any], Any] | None


class SlowOnes:
    """Who is told of statements that the driver was asked directly, and that took long."""

    seconds = float("inf")
    tell: Callable[[str, float], None] = staticmethod(lambda _sql, _seconds: None)


class Statement:
    """One statement with named parameters, run in the transaction of `writing` or of the session, where there is one.

    Outside of any, a question on SQLite is answered by itself: each sees what is true at its own moment.

    Parameters
    ----------
    clause
        A select, insert, update or text with bound parameters; lists of unknown length (`IN`) it cannot have.
    names
        Of an insert, the columns that are given.
    """

    def __init__(self, clause: Executable, names: Sequence[str] | None = None) -> None:
        self._clause, self._names = clause, names
        self._on_sqlite: _OnSqlite | None = None

    def all(self, **values: Any) -> list[Any]:
        """All rows."""
        if (way := of_thread.writes or self._beside()) is not None:
            return self._ready(way.dialect).rows(way.driver, values)
        return list(db.session.connection().execute(self._clause, values).all())

    def first(self, **values: Any) -> Any | None:
        """The first row, None where there is none."""
        rows = self.all(**values)
        return rows[0] if rows else None

    def scalar(self, **values: Any) -> Any | None:
        """The first column of the first row, None where there is none."""
        rows = self.all(**values)
        return rows[0][0] if rows else None

    def run(self, values: Mapping[str, Any]) -> int:
        """Write, as part of `writing`; returns the id of a row that was inserted."""
        if (way := of_thread.writes) is not None:
            return self._ready(way.dialect).written(way.at_work, values)
        result = db.session.connection().execute(self._clause, values)
        made = result.inserted_primary_key if result.context.isinsert else None
        return int(made[0]) if made else 0

    def run_each(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write once for each of these, as part of `writing`; none writes nothing."""
        if not rows:
            return
        if (way := of_thread.writes) is not None:
            self._ready(way.dialect).written_each(way.at_work, rows)
        else:
            db.session.connection().execute(self._clause, rows)

    @staticmethod
    def _beside() -> Direct | None:
        """The thread's own way, for a question outside of any transaction."""
        is_in_transaction = db.session.registry.has() and db.session().in_transaction()
        return None if is_in_transaction else of_thread.own.connection(db.engine)

    def _ready(self, dialect: Dialect) -> _OnSqlite:
        if self._on_sqlite is None:
            self._on_sqlite = _OnSqlite(self._clause, self._names, dialect)
        return self._on_sqlite


class _OnSqlite:
    """The statement as the driver takes it."""

    def __init__(self, clause: Any, names: Sequence[str] | None, dialect: Dialect) -> None:
        compiled = clause.compile(dialect=dialect, column_keys=names)
        if getattr(compiled, "insert_prefetch", ()):
            raise TypeError("An insert names every column that has a default.")
        self._sql, self._dialect = compiled.string, dialect
        binds = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
        self._own = {name: bind.value for name, bind in binds if bind.unique}
        self._take = _taking([name for name, _ in binds])
        self._given = _converters(_bound(bind.type, dialect) for _, bind in binds)
        columns = list(getattr(clause, "selected_columns", ()))
        self._found = _converters(
            each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns
        )
        self._row: Any = namedtuple("_row", [each.key for each in columns], rename=True) if columns else None

    def rows(self, driver: Any, values: Mapping[str, Any]) -> list[Any]:
        found: Iterable[Any] = self._executed(driver, values, lambda cursor: cursor.fetchall())
        if self._row is None:
            return list(found)
        return [self._row._make(_converted(row, self._found) if self._found else row) for row in found]

    def written(self, driver: Any, values: Mapping[str, Any]) -> int:
        return int(self._executed(driver, values, lambda cursor: cursor.lastrowid) or 0)

    def written_each(self, driver: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        try:
            driver.executemany(self._sql, [self._positional(values) for values in rows])
        except self._dialect.loaded_dbapi.Error as error:
            raise told(self._sql, error, self._dialect) from error

    def _executed(self, driver: Any, values: Mapping[str, Any], taken: Callable[[Any], Any]) -> Any:
        begin = time.perf_counter()
        try:
            return taken(driver.execute(self._sql, self._positional(values)))
        except self._dialect.loaded_dbapi.Error as error:
            raise told(self._sql, error, self._dialect) from error
        finally:
            if (took := time.perf_counter() - begin) >= SlowOnes.seconds:
                SlowOnes.tell(self._sql, took)

    def _positional(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the statement's order; those that stand in the statement itself are its own."""
        return _converted(self._take({**self._own, **values} if self._own else values), self._given)


def _taking(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]


def _bound(kind: Any, dialect: Dialect) -> _Converter:
    """How a value is given to the driver."""
    if isinstance(kind, Moment):
        return _moment
    convert: _Converter = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


@lru_cache(maxsize=16)  # what one comment becomes names the same moment many times
def _moment(value: datetime) -> Any:
    return _written(value)


_SQLITE = sqlite.dialect()
_written: Any = Moment().dialect_impl(_SQLITE).bind_processor(_SQLITE)


def _converters(of_all: Iterable[_Converter]) -> list[tuple[int, Callable[[Any], Any]]]:
    """The places at which a value has to be converted: most have none."""
    return [(place, convert) for place, convert in enumerate(of_all) if convert is not None]


def _converted(values: Iterable[Any], converters: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    found = list(values)
    for place, convert in converters:
        if (value := found[place]) is not None:
            found[place] = convert(value)
    return found
