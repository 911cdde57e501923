"""All rows of one database into another, of the same kind or not, and the proof that they arrived.

Tables go in the order of their foreign keys, rows in the order of their primary keys. What is compared afterwards is
read back from the target: as many rows, and the same SHA-256 over all their values as Python sees them, so that it
does not matter how a database writes them down. The search's words are made anew by the sweeps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from models import Base, Comment, Figure
from moderation.indexing import NAME as TO_INDEX

BATCH = 2_000
"""Rows that are held in memory at once."""

Progress = Callable[[int, int], None]
"""Told rows done and rows in all, copying and reading back each counted once."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A table as it was read, and as it was read back.

    Attributes
    ----------
    rows
        Read from the source.
    digest
        SHA-256 over their values, in hexadecimal.
    is_same
        Whether rows and digest of the target are the same.
    """

    table: str
    rows: int
    digest: str
    is_same: bool


def copy(
    source: Connection, target: Connection, progress: Progress = lambda _done, _all: None
) -> list[Copied]:
    """Copy every row into tables that are there and hold nothing (`is_empty`); nothing is committed.

    Parameters
    ----------
    source
        In a transaction that sees one moment throughout.
    target
        In a transaction of its own; the caller commits it, or not.
    """
    tables = Base.metadata.sorted_tables
    counts = {table.name: source.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    total, done = 2 * sum(counts.values()), 0
    copied = []
    for name in _MADE_ALONE:
        target.execute(delete(Base.metadata.tables[name]))
    for table in tables:
        told = _Digest()
        for rows in _batches(source, table):
            told.add(rows)
            _insert(target, table, rows)
            progress(done := done + len(rows), total)
        _mend_references(source, target, table)
        _advance(target, table)
        again = _Digest()
        for rows in _batches(target, table):
            again.add(rows)
            progress(done := done + len(rows), total)
        copied.append(Copied(table.name, told.rows, told.hex, told == again))
    _index_anew(target)
    return copied


def is_empty(target: Connection) -> bool:
    """Whether nothing is there but what `flask init` and a server without readers put there by themselves."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in _MADE_ALONE]
    return all(target.execute(select(table).limit(1)).first() is None for table in tables)


_MADE_ALONE = ("classifier", "figure", "lease")


class _Digest:
    """Rows counted, and a hash over their values."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()

    def add(self, rows: Sequence[Row[Any]]) -> None:
        for row in rows:
            self._hash.update("\x1f".join(map(_written, row)).encode("utf-8", "surrogatepass") + b"\x1e")
        self.rows += len(rows)

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Digest) and (self.rows, self.hex) == (other.rows, other.hex)

    __hash__ = None  # type: ignore[assignment]


def _written(value: object) -> str:
    """One value in one way, whichever database it came from."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return repr(value)


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    exactly = "C" if connection.dialect.name == "postgresql" else "BINARY"
    keys = [
        column.collate(exactly) if isinstance(column.type, String) else column
        for column in table.primary_key.columns
    ]
    query = select(table).order_by(*keys).execution_options(yield_per=BATCH)
    yield from connection.execute(query).partitions()


def _insert(target: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    """Rows as they are, but for what points to a row of the same table that comes later."""
    own = _own_references(table)
    values = [dict(row._mapping) for row in rows]
    for column in own:
        for value in values:
            if (value[column.name] or 0) > value["id"]:
                value[column.name] = None
    target.execute(insert(table), values)


def _mend_references(source: Connection, target: Connection, table: Table) -> None:
    for column in _own_references(table):
        later = select(table.c.id, column).where(column > table.c.id)
        for row in source.execute(later).all():
            target.execute(update(table).where(table.c.id == row[0]).values({column.name: row[1]}))


def _own_references(table: Table) -> list[Column[Any]]:
    return [key.parent for key in table.foreign_keys if key.column.table is table]


def _advance(target: Connection, table: Table) -> None:
    """PostgreSQL hands out numbers from a sequence, which has to know those that came along."""
    column = table.c.get("id")
    if target.dialect.name != "postgresql" or column is None or not isinstance(column.type, Integer):
        return
    sequence = target.scalar(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name})
    highest = target.scalar(select(func.max(column)))
    if sequence and highest:
        target.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})


def _index_anew(target: Connection) -> None:
    """Leave the note by which the sweeps make the search's words of all that came along."""
    last = target.scalar(select(func.max(Comment.id)))
    if last is None:
        return
    figure = Base.metadata.tables[Figure.__tablename__]
    values = {"value": {"after": 0, "last": last}, "made_at": datetime(1970, 1, 1, tzinfo=UTC)}
    if target.execute(update(figure).where(figure.c.name == TO_INDEX).values(values)).rowcount == 0:
        target.execute(insert(figure).values(name=TO_INDEX, **values))
