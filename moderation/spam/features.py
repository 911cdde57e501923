"""The feature map: groups of columns side by side, the same for training and serving.

Text, name, website and links are laid end to end and hashed in one go; where an n-gram begins says which of them it
is of. Each group of n-grams is binary and scaled by its own length; the named signals stand as they are measured.
`MAP_VERSION` changes with anything here, in the signals, or in the normal form.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from moderation.spam.hashing import Hashed, Hashes
from moderation.spam.reading import Reading
from moderation.spam.signals import SIGNALS, measure
from moderation.text.language import WORD

MAP_VERSION = 2
Indices = NDArray[np.int64]
Values = NDArray[np.float64]

GROUPS = ("words", "characters", "name", "website", "links", "signals")
SIDE_GROUPS = ("name", "website", "links")
_BITS = (17, 17, 14, 14, 14)
SCALE = (1.0, 1.0, 3.0, 3.0, 2.0)
# An n-gram of a group of n weighs SCALE / √(n + FLOOR). Names and websites are short and say much; a name of one or
# two letters is kept from saying everything. Both were chosen on sources left out (docs/classifier.md).
FLOOR = (0, 0, 5, 5, 5)
WIDTHS = (*(1 << bits for bits in _BITS), len(SIGNALS))
FIRST_COLUMN = tuple(int(first) for first in np.cumsum([0, *WIDTHS[:-1]]))
COLUMNS = sum(WIDTHS)


def row(reading: Reading) -> tuple[Indices, Values]:
    """The sparse row of a reading: columns, each once, and values; columns of signals last."""
    parts = (
        reading.normal,
        f" {reading.name} " if reading.name else "",
        _website_text(reading),
        _links_text(reading),
    )
    hashed = Hashed("".join(parts))
    begin, end = hashed.word_spans()
    group_at = _GROUP_OF_PART.repeat([len(part) for part in parts])
    of_word = group_at[begin]
    of_character = hashed.at_characters(group_at)
    # Characters do not cross two spaces, but a pair of words may reach from one part into the next.
    in_one_part = of_word[:-1] == of_word[1:]
    of_word -= of_word == _CHARACTERS
    group = np.concatenate((of_word, of_word[:-1][in_one_part], of_character))
    hashes = np.concatenate((hashed.words(begin, end, in_one_part), hashed.characters()))
    columns = _columns(hashes, group)
    once = _once(columns)
    columns, group = columns[once], group[once]
    values = _values(np.bincount(group, minlength=len(_BITS)))[group]
    signals = measure(reading, _words_of(reading.normal, begin, end))
    return np.concatenate((columns, _SIGNAL_COLUMNS)), np.concatenate((values, signals))


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
    return np.searchsorted(_FIRST, columns, side="right") - 1


def _words_of(normal: str, begin: Indices, end: Indices) -> list[str]:
    """The words of the text itself, given where all words are."""
    count = begin.searchsorted(len(normal))
    return [normal[a:b] for a, b in zip(begin[:count].tolist(), end[:count].tolist(), strict=True)]


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


def _values(lengths: Indices) -> Values:
    """What an n-gram weighs in each group, by how many the group has, shape (n-gram groups,)."""
    values: Values = _SCALES / np.sqrt(np.maximum(lengths + _FLOORS, 1))
    return values


def _once(columns: Indices) -> NDArray[np.bool_]:
    """Where each column stands for the last time. Linear: a slate with one slot a column, one slate a thread."""
    slate: NDArray[np.int32] | None = getattr(_OF_THREAD, "slate", None)
    if slate is None:
        slate = _OF_THREAD.slate = np.zeros(COLUMNS, dtype=np.int32)
    order = np.arange(len(columns), dtype=np.int32)
    slate[columns] = order
    is_last: NDArray[np.bool_] = slate[columns] == order
    return is_last


_OF_THREAD = threading.local()
_WORDS, _CHARACTERS = GROUPS.index("words"), GROUPS.index("characters")
_GROUP_OF_PART = np.arange(
    _CHARACTERS, len(_BITS)
)  # of its characters; what a text's words are is told apart later
_FIRST = np.array(FIRST_COLUMN)
_SHIFTS = np.array([64 - bits for bits in _BITS], dtype=np.uint64)
_SCALES, _FLOORS = np.array(SCALE), np.array(FLOOR)
_SIGNAL_COLUMNS = np.arange(FIRST_COLUMN[-1], COLUMNS)
