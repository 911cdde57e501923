"""The feature map: groups of columns side by side, the same for training and serving.

Text, name, website and links are laid end to end and hashed in one go; where an n-gram begins says which of them it
is of. Each group of n-grams is binary and scaled by its own length; the named signals stand as they are measured.
`MAP_VERSION` changes with anything here, in the signals, or in the normal form.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.spam.hashing import Hashed, Hashes
from moderation.spam.reading import Reading
from moderation.spam.signals import SIGNALS, Measuring
from moderation.text.language import WORD

MAP_VERSION = 4
Indices = NDArray[np.int64]
Values = NDArray[np.float64]
Row = tuple[Indices, Values]

GROUPS = ("words", "characters", "name", "website", "links", "signals")
SIDE_GROUPS = ("name", "website", "links")
_BITS = (17, 17, 14, 14, 14)
SCALE = (1.0, 1.0, 1.5, 3.0, 2.0)
# An n-gram of a group of n weighs SCALE / √(n + FLOOR). Names and websites are short and say much; a name of one or
# two letters is kept from saying everything. Both were chosen on sources left out (docs/classifier.md).
FLOOR = (0, 0, 5, 5, 5)
WIDTHS = (*(1 << bits for bits in _BITS), len(SIGNALS))
FIRST_COLUMN = tuple(int(first) for first in np.cumsum([0, *WIDTHS[:-1]]))
COLUMNS = sum(WIDTHS)


def row(reading: Reading) -> Row:
    """The sparse row of a reading: columns, each once, and values; columns of signals last."""
    return rows([reading])[0]


def rows(readings: Sequence[Reading]) -> list[Row]:
    """A row of each reading; some dozens in one go take less time than one by one."""
    if not readings:
        return []
    text_of_parts = [part for reading in readings for part in _parts(reading)]
    laid_out = "".join(text_of_parts)
    hashed = Hashed(laid_out)
    begin, end = hashed.word_spans()
    part_at = np.arange(len(text_of_parts)).repeat([len(part) for part in text_of_parts])
    of_word, of_character = part_at[begin], hashed.at_characters(part_at)
    # Characters do not cross two spaces, but a pair of words may reach from one part into the next.
    in_one_part = of_word[:-1] == of_word[1:]
    of_word_or_pair = np.concatenate((of_word, of_word[:-1][in_one_part]))
    columns = _columns(
        np.concatenate((hashed.words(begin, end, in_one_part), hashed.characters())),
        np.concatenate(
            (_GROUP_OF_WORDS[of_word_or_pair % _PARTS], _GROUP_OF_CHARACTERS[of_character % _PARTS])
        ),
    )
    dealt = _dealt(columns, np.concatenate((of_word_or_pair, of_character)) // _PARTS, len(readings))
    spans = list(zip(begin.tolist(), end.tolist(), strict=True))
    texts = np.arange(len(readings)) * _PARTS
    bounds = zip(of_word.searchsorted(texts).tolist(), of_word.searchsorted(texts + 1).tolist(), strict=True)
    measuring = Measuring()
    return [
        _row(own, measuring.measure(reading, [laid_out[start:stop] for start, stop in spans[first:last]]))
        for reading, own, (first, last) in zip(readings, dealt, bounds, strict=True)
    ]


def _parts(reading: Reading) -> tuple[str, ...]:
    name = f" {reading.name} " if reading.name else ""
    return reading.normal, name, _website_text(reading), _links_text(reading)


def _dealt(columns: Indices, of_reading: Indices, count: int) -> list[Indices]:
    """The columns of each reading."""
    if count == 1:
        return [columns]
    order = np.argsort(of_reading, kind="stable")
    return np.split(columns[order], np.bincount(of_reading, minlength=count).cumsum()[:-1])


def _row(columns: Indices, signals: Values) -> Row:
    columns = _once(columns)
    return np.concatenate((columns, _SIGNAL_COLUMNS)), np.concatenate((values_of(columns), signals))


def values_of(columns: Indices) -> Values:
    """What a row's n-grams weigh, given the columns of all of them, each once."""
    group = group_of(columns)
    lengths = np.bincount(group, minlength=len(_BITS))
    values: Values = (_SCALES / np.sqrt(np.maximum(lengths + _FLOORS, 1)))[group]
    return values


@dataclass(frozen=True, slots=True)
class Places:
    """Where the n-grams of a text stand, for explanations.

    Attributes
    ----------
    columns
        Of each n-gram, as often as it stands there, shape (n-grams,).
    starts, ends
        Its offsets in the normal form, shape (n-grams,).
    """

    columns: Indices
    starts: Indices
    ends: Indices

    @classmethod
    def of(cls, normal: str) -> Self:
        """All n-grams of a normal form."""
        hashed = Hashed(normal)
        begin, end = hashed.word_spans()
        starts, ends = hashed.character_places()
        hashes = hashed.words(begin, end), hashed.characters()
        return cls(
            np.concatenate((_columns(hashes[0], _WORDS), _columns(hashes[1], _CHARACTERS))),
            np.concatenate((begin, begin[:-1], starts)),
            np.concatenate((end, end[1:], ends)),
        )


def group_of(columns: Indices) -> Indices:
    """The number of the group that each column is of."""
    group: Indices = _GROUP_OF_BLOCK[columns >> _BLOCK]
    return group


def _website_text(reading: Reading) -> str:
    return _address_text(reading.website_host, reading.website_path) if reading.website_host else ""


def _links_text(reading: Reading) -> str:
    if not reading.hosts:
        return ""
    pairs = dict.fromkeys(zip(reading.hosts, reading.paths, strict=True))
    return "".join(_address_text(host, path) for host, path in list(pairs)[:20])


def _address_text(host: str, path: str) -> str:
    front, _, ending = host.rpartition(".")
    words, more = (" ".join(WORD.findall(part.replace("_", " "))) for part in (front, path))
    return f" {words} .{ending} {more} "


def _columns(hashes: Hashes, group: Indices | int) -> Indices:
    columns: Indices = (hashes >> _SHIFTS[group]).view(np.int64) + _FIRST[group]
    return columns


def _once(columns: Indices) -> Indices:
    """Each column once. Linear: a slate with one slot a column, one slate a thread."""
    slate = _slate() if len(columns) <= _MOST_ON_SLATE else np.zeros(COLUMNS, dtype=np.int32)
    order = np.arange(len(columns), dtype=slate.dtype)
    slate[columns] = order
    once: Indices = columns[slate[columns] == order]
    return once


def _slate() -> NDArray[Any]:
    slate: NDArray[np.int16] | None = getattr(_OF_THREAD, "slate", None)
    if slate is None:
        slate = _OF_THREAD.slate = np.zeros(COLUMNS, dtype=np.int16)
    return slate


_MOST_ON_SLATE = np.iinfo(np.int16).max
_OF_THREAD = threading.local()
_WORDS, _CHARACTERS = GROUPS.index("words"), GROUPS.index("characters")
# Text, name, website, links: the text's words have a group of their own, those of the others share one.
_GROUP_OF_WORDS = np.array([_WORDS, *range(_CHARACTERS + 1, len(_BITS))])
_GROUP_OF_CHARACTERS = np.arange(_CHARACTERS, len(_BITS))
_PARTS = len(_GROUP_OF_WORDS)
_BLOCK = min(_BITS)
_GROUP_OF_BLOCK = np.repeat(np.arange(len(WIDTHS)), [-(-width >> _BLOCK) for width in WIDTHS])
_FIRST = np.array(FIRST_COLUMN)
_SHIFTS = np.array([64 - bits for bits in _BITS], dtype=np.uint64)
_SCALES, _FLOORS = np.array(SCALE), np.array(FLOOR)
_SIGNAL_COLUMNS = np.arange(FIRST_COLUMN[-1], COLUMNS)
