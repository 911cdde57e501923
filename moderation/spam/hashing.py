"""N-grams as numbers, without a loop over them: polynomial hashes of all substrings of a text from one running sum.

With c the code points and p odd, S(i) = Σ_{k<i} c_k p^k (mod 2^64), the hash of the substring i…j is
(S(j) − S(i)) · p^(−i): equal substrings have equal hashes wherever they stand (Karp and Rabin 1987, with the inverse
of p in place of a rolling update). Multiplications and shifts at the end spread them evenly over all 64 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from moderation.text.language import WORD

Offsets = NDArray[np.int64]
Hashes = NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_SALT = 0xD1B54A32D192ED03
_SALTS = tuple(np.array([_SALT * n % (1 << 64)], dtype=np.uint64) for n in range(9))
_SPREAD = np.array([0xBF58476D1CE4E5B9], dtype=np.uint64)
_PAIR = np.array([0x94D049BB133111EB], dtype=np.uint64)
_FOLD = np.array([31], dtype=np.uint64)
_SPACE = 32
_IS_ASCII_WORD = np.array([chr(code).isalnum() or chr(code) == "_" for code in range(128)])


@dataclass(frozen=True, slots=True)
class Grams:
    """N-grams of a text, not unique: their hashes, and the offsets each begins and ends at."""

    hashes: Hashes
    starts: Offsets
    ends: Offsets


class Hashed:
    """A text made ready for hashing: one running sum serves every n-gram of it."""

    __slots__ = ("_codes", "_inverse", "_sums", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        powers, self._inverse = _powers(_room(len(text)))
        self._sums = np.zeros(len(text) + 1, dtype=np.uint64)
        (self._codes * powers[: len(text)]).cumsum(out=self._sums[1:])

    def characters(self, shortest: int = 3, longest: int = 5) -> Grams:
        """Character n-grams that do not cross a space: it may be only their first or last character."""
        length, sums = len(self.text), self._sums
        spaces = np.zeros(length + 1, dtype=np.int32)
        (self._codes == _SPACE).cumsum(out=spaces[1:])
        sizes = range(shortest, min(longest, length) + 1)
        if not sizes:
            return NO_GRAMS
        hashes = np.concatenate(
            [(sums[n:] - sums[:-n]) * self._inverse[: length - n + 1] + _SALTS[n] for n in sizes]
        )
        is_inside = np.concatenate([spaces[n - 1 : length] == spaces[1 : length - n + 2] for n in sizes])
        counting = np.arange(length + 1)
        starts = np.concatenate([counting[: length - n + 1] for n in sizes])
        ends = np.concatenate([counting[n:] for n in sizes])
        return Grams(_mixed(hashes[is_inside]), starts[is_inside], ends[is_inside])

    def word_spans(self) -> tuple[Offsets, Offsets]:
        """Where the words begin, and where they end."""
        if self.text.isascii():
            turns = np.diff(_IS_ASCII_WORD[self._codes], prepend=False, append=False).nonzero()[0]
            return turns[::2], turns[1::2]
        spans = np.array([match.span() for match in WORD.finditer(self.text)], dtype=np.int64).reshape(-1, 2)
        return spans[:, 0], spans[:, 1]

    def words(self, begin: Offsets, end: Offsets) -> Grams:
        """Words and pairs of neighbouring words, given where the words are."""
        single = (self._sums[end] - self._sums[begin]) * self._inverse[begin] * _PAIR + _SALTS[1]
        pairs = single[:-1] * _SPREAD + (single[1:] ^ (single[1:] >> _FOLD))
        return Grams(
            _mixed(np.concatenate((single, pairs))),
            np.concatenate((begin, begin[:-1])),
            np.concatenate((end, end[1:])),
        )


NO_GRAMS = Grams(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64))


def _mixed(hashes: Hashes) -> Hashes:
    hashes ^= hashes >> _FOLD
    hashes *= _SPREAD
    hashes ^= hashes >> _FOLD
    hashes *= _PAIR
    return hashes


def _room(length: int) -> int:
    return max(4096, 1 << (length - 1).bit_length())


@cache
def _powers(room: int) -> tuple[Hashes, Hashes]:
    """The powers of the base and of its inverse, 0 … room − 1."""
    base = np.full(room, _BASE, dtype=np.uint64)
    inverse = np.full(room, _INVERSE, dtype=np.uint64)
    base[0] = inverse[0] = 1
    return np.cumprod(base), np.cumprod(inverse)
