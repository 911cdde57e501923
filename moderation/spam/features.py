"""The feature map: groups of columns side by side, the same for training and serving.

Text, name, website and links are laid end to end and hashed in one go; where an n-gram begins says which group it
is of. Each group of n-grams is binary and of Euclidean length `SCALE`, whatever the length of the text; the named
signals stand as they are measured. `MAP_VERSION` changes with anything here, in the signals, or in the normal form.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.spam.hashing import Grams, Hashed
from moderation.spam.reading import Reading
from moderation.spam.signals import SIGNALS, measure
from moderation.text.language import WORD

MAP_VERSION = 1
Indices = NDArray[np.int64]
Values = NDArray[np.float64]

GROUPS = ("words", "characters", "name", "website", "links", "signals")
SIDE_GROUPS = ("name", "website", "links")
_BITS = np.array([17, 17, 14, 14, 14])
SCALE = np.array([1.0, 1.0, 1.0, 1.0, 0.7])
WIDTHS = (*(1 << int(bits) for bits in _BITS), len(SIGNALS))
FIRST_COLUMN = tuple(int(first) for first in np.cumsum([0, *WIDTHS[:-1]]))
COLUMNS = sum(WIDTHS)


@dataclass(frozen=True, slots=True)
class Row:
    """The row of a reading, before each column is taken once.

    Attributes
    ----------
    columns, groups
        Of each n-gram: its column and its group, shape (n-grams,).
    starts, ends
        Offsets of each n-gram in the normal form (or behind it, for what is not text).
    signals
        Values of the named signals, shape (len(SIGNALS),).
    """

    columns: Indices
    groups: Indices
    starts: Indices
    ends: Indices
    signals: Values

    def sparse(self) -> tuple[Indices, Values]:
        """Columns, each once, and their values; columns of signals last."""
        kept = _first_of_each(self.columns)
        columns, groups = self.columns[kept], self.groups[kept]
        values = _value_in(groups)[groups]
        return np.concatenate((columns, _SIGNAL_COLUMNS)), np.concatenate((values, self.signals))


def row(reading: Reading) -> tuple[Indices, Values]:
    """The sparse row of a reading: columns, each once, and values."""
    return grams(reading).sparse()


def grams(reading: Reading) -> Row:
    """Every n-gram of a reading with its column, and the signals."""
    text, bounds = _laid_out(reading)
    hashed = Hashed(text)
    begin, end = hashed.word_spans()
    spans = zip(begin.tolist(), end.tolist(), strict=True)
    words = [text[a:b] for a, b in spans if b < bounds[1]]
    of_words, of_characters = hashed.words(begin, end), hashed.characters()
    found = Grams(
        np.concatenate((of_words.hashes, of_characters.hashes)),
        np.concatenate((of_words.starts, of_characters.starts)),
        np.concatenate((of_words.ends, of_characters.ends)),
    )
    text_group = np.ones(len(found.starts), dtype=np.int64)
    text_group[: len(of_words.starts)] = 0
    return _placed(found, text_group, bounds, measure(reading, words))


def _laid_out(reading: Reading) -> tuple[str, list[int]]:
    """Text, name, website and links end to end, and where each begins; the end of all is last."""
    parts = [reading.normal]
    if reading.name or reading.website_host or reading.hosts:
        parts += [f" {reading.name} " if reading.name else "", _website_text(reading), _links_text(reading)]
    bounds = [0]
    for part in parts:
        bounds.append(bounds[-1] + len(part))
    return "".join(parts), bounds


def _website_text(reading: Reading) -> str:
    return _address_text(reading.website_host, reading.website_path) if reading.website_host else ""


def _links_text(reading: Reading) -> str:
    pairs = dict.fromkeys(zip(reading.hosts, reading.paths, strict=True))
    return "".join(_address_text(host, path) for host, path in list(pairs)[:20])


def _address_text(host: str, path: str) -> str:
    front, _, ending = host.rpartition(".")
    words, more = (" ".join(WORD.findall(part.replace("_", " "))) for part in (front, path))
    return f" {words} .{ending} {more} "


def _placed(found: Grams, group: Indices, bounds: list[int], signals: Values) -> Row:
    """The row; an n-gram that reaches from one part into the next is left out."""
    hashes, starts, ends = found.hashes, found.starts, found.ends
    if len(bounds) > 2:
        inner = np.array(bounds[1:-1])
        part = inner.searchsorted(starts, side="right")
        whole = part == inner.searchsorted(ends, side="left")
        hashes, starts, ends, part, group = (
            hashes[whole],
            starts[whole],
            ends[whole],
            part[whole],
            group[whole],
        )
        group = np.where(part == 0, group, part + 1)
    columns = (hashes >> _SHIFT[group]).astype(np.int64) + _FIRST[group]
    return Row(columns, group, starts, ends, signals)


def _value_in(groups: Indices) -> Values:
    """Value of each column of a group: binary features scaled to the group's length."""
    return SCALE / np.sqrt(np.maximum(np.bincount(groups, minlength=len(SCALE)), 1))


def _first_of_each(columns: Indices) -> NDArray[np.bool_]:
    """True at one place per distinct column. Linear: a slate with one slot a column, one slate a thread."""
    slate: NDArray[np.int32] | None = getattr(_OF_THREAD, "slate", None)
    if slate is None:
        slate = _OF_THREAD.slate = np.zeros(COLUMNS, dtype=np.int32)
    order = np.arange(len(columns), dtype=np.int32)
    slate[columns] = order
    kept: NDArray[np.bool_] = slate[columns] == order
    return kept


_OF_THREAD = threading.local()
_FIRST = np.array(FIRST_COLUMN[:-1])
_SHIFT = (64 - _BITS).astype(np.uint64)
_SIGNAL_COLUMNS = np.arange(FIRST_COLUMN[-1], COLUMNS)
