"""Rows of the feature map without their words: small enough to keep by the thousand, and enough to learn from again.

An n-gram's value follows from how many there are in its group, so columns are all that is kept of n-grams, as
differences, deflated; signals are kept in steps of 1 / 255. No text can be read back from either.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.spam.features import (
    COLUMNS,
    FIRST_COLUMN,
    FLOOR,
    SCALE,
    WIDTHS,
    Indices,
    Row,
    Values,
    group_of,
    values_of,
)

_SIGNALS, _FIRST_SIGNAL = WIDTHS[-1], FIRST_COLUMN[-1]
_STEPS = 255
_LARGEST = 1 << 20  # bytes that one row may take, inflated
_AT_ONCE = 2048


class BadRow(Exception):
    """Bytes that are no kept row."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows as they are kept.

    Attributes
    ----------
    lengths
        How many n-grams each row has, shape (rows,).
    steps
        The columns of all n-grams, row by row, ascending in each; every one as its distance from the one before,
        the first of a row from 0. Shape (sum of lengths,).
    signals
        Signals in steps of 1 / 255, shape (rows, signals).
    """

    lengths: NDArray[np.uint32]
    steps: NDArray[np.uint32]
    signals: NDArray[np.uint8]

    @classmethod
    def of(cls, rows: Sequence[tuple[Indices, Values]]) -> Self:
        """Keep rows as `features.row` makes them."""
        lengths, steps, signals = [], [], []
        for columns, values in rows:
            is_signal = columns >= _FIRST_SIGNAL
            n_grams = np.sort(columns[~is_signal])
            kept = np.zeros(_SIGNALS)
            kept[columns[is_signal] - _FIRST_SIGNAL] = values[is_signal]
            lengths.append(len(n_grams))
            steps.append(np.diff(n_grams, prepend=0))
            signals.append(np.rint(kept * _STEPS))
        return cls(
            np.array(lengths, dtype=np.uint32),
            np.concatenate(steps or [np.empty(0)]).astype(np.uint32),
            np.array(signals, dtype=np.uint8).reshape(-1, _SIGNALS),
        )

    @classmethod
    def of_matrix(cls, matrix: Any) -> Self:
        """Keep the rows of a sparse matrix, shape (rows, COLUMNS)."""
        bounds = zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
        return cls.of(
            [(matrix.indices[a:b].astype(np.int64), matrix.data[a:b].astype(np.float64)) for a, b in bounds]
        )

    @classmethod
    def joined(cls, parts: Sequence[Kept]) -> Self:
        """Many as one, in their order."""
        if not parts:
            return cls.of([])
        return cls(
            np.concatenate([part.lengths for part in parts]),
            np.concatenate([part.steps for part in parts]),
            np.concatenate([part.signals for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def chosen(self, which: NDArray[np.bool_]) -> Kept:
        """Only the rows where `which` is true."""
        return Kept(self.lengths[which], self.steps[which.repeat(self.lengths)], self.signals[which])

    def ordered(self, order: NDArray[np.int64]) -> Kept:
        """The rows in another order."""
        ends = np.cumsum(self.lengths, dtype=np.int64).tolist()
        lengths = self.lengths[order]
        steps, end = np.empty_like(self.steps), 0
        for row, length in zip(order.tolist(), lengths.tolist(), strict=True):
            steps[end : end + length] = self.steps[ends[row] - length : ends[row]]
            end += length
        return Kept(lengths, steps, self.signals[order])

    def check(self) -> None:
        """Raise `BadRow` for what cannot be rows of this feature map."""
        ends = np.cumsum(self.lengths, dtype=np.int64)
        if self.signals.shape != (len(self.lengths), _SIGNALS) or (ends[-1:] != len(self.steps)).any():
            raise BadRow("its parts do not fit together")
        up_to = np.concatenate(([0], np.cumsum(self.steps, dtype=np.int64)))
        if len(ends) and (np.diff(up_to[np.concatenate(([0], ends))]) >= _FIRST_SIGNAL).any():
            raise BadRow("it names columns that there are not")

    def rows(self) -> list[tuple[Indices, Values]]:
        """The rows as `features.row` makes them: columns, and values (those of signals rounded to the steps)."""
        found = []
        end = 0
        for length, signals in zip(self.lengths.tolist(), self.signals, strict=True):
            n_grams = np.cumsum(self.steps[end : end + length], dtype=np.int64)
            end += length
            present = np.flatnonzero(signals)
            found.append(
                (
                    np.concatenate((n_grams, present + _FIRST_SIGNAL)),
                    np.concatenate((values_of(n_grams), signals[present] / _STEPS)),
                )
            )
        return found

    def matrix(self) -> Any:
        """The rows as a sparse matrix, shape (rows, COLUMNS)."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415  needed for learning alone

        ends = np.concatenate(([0], np.cumsum(self._entries())))
        columns, values = np.empty(ends[-1], dtype=np.int32), np.empty(ends[-1])
        for first, part in self._parts():
            here = slice(ends[first], ends[first + len(part)])
            columns[here], values[here] = part._laid_out()
        return csr_matrix((values, columns, ends), shape=(len(self), COLUMNS))

    def products(self, weights: Values) -> Values:
        """Each row times the weights, shape (COLUMNS,); some rows at a time, so that many take little room."""
        found = np.empty(len(self))
        for first, part in self._parts():
            columns, values = part._laid_out()
            of_row = np.arange(len(part)).repeat(part._entries())
            found[first : first + len(part)] = np.bincount(of_row, values * weights[columns], len(part))
        return found

    def _entries(self) -> NDArray[np.int64]:
        """How many columns each row has."""
        entries: NDArray[np.int64] = self.lengths.astype(np.int64) + (self.signals > 0).sum(axis=1)
        return entries

    def _parts(self) -> Iterator[tuple[int, Kept]]:
        """Some rows at a time, with the number of the first."""
        ends = np.concatenate(([0], np.cumsum(self.lengths, dtype=np.int64)))
        for first in range(0, len(self), _AT_ONCE):
            last = min(first + _AT_ONCE, len(self))
            yield (
                first,
                Kept(
                    self.lengths[first:last],
                    self.steps[ends[first] : ends[last]],
                    self.signals[first:last],
                ),
            )

    def _laid_out(self) -> Row:
        """Columns and values of all rows, one after the other."""
        count = len(self.lengths)
        of_row = np.arange(count).repeat(self.lengths)
        so_far = np.cumsum(self.steps, dtype=np.int64)
        before = np.concatenate(([0], so_far))[np.cumsum(self.lengths, dtype=np.int64) - self.lengths]
        n_grams = so_far - before[of_row]
        which = of_row * len(_SCALES) + group_of(n_grams)
        lengths = np.bincount(which, minlength=count * len(_SCALES)).reshape(count, -1)
        scales = (_SCALES / np.sqrt(np.maximum(lengths + _FLOORS, 1))).ravel()
        signal_row, signal = np.nonzero(self.signals)
        order = np.argsort(np.concatenate((of_row, signal_row)), kind="stable")
        columns = np.concatenate((n_grams, signal + _FIRST_SIGNAL))
        values = np.concatenate((scales[which], self.signals[signal_row, signal] / _STEPS))
        return columns[order], values[order]

    def to_bytes(self) -> bytes:
        """One row as bytes: equal rows give equal bytes."""
        return zlib.compress(self.signals.tobytes() + self.steps.astype("<u4").tobytes(), 9)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """One row again; raises `BadRow` for anything that is none."""
        unpacker = zlib.decompressobj()
        try:
            plain = unpacker.decompress(content, _LARGEST)
        except zlib.error as error:
            raise BadRow("it does not inflate") from error
        if not unpacker.eof or (len(plain) - _SIGNALS) % 4 or len(plain) < _SIGNALS:
            raise BadRow("it has the wrong length")
        steps = np.frombuffer(plain[_SIGNALS:], dtype="<u4").astype(np.uint32)
        signals = np.frombuffer(plain[:_SIGNALS], dtype=np.uint8).reshape(1, _SIGNALS)
        row = cls(np.array([len(steps)], dtype=np.uint32), steps, signals)
        row.check()
        return row


_SCALES, _FLOORS = np.array(SCALE), np.array(FLOOR)
