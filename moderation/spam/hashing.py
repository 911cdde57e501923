"""N-grams as numbers, without a loop over them: polynomial hashes of all substrings of a text from one running sum.

With c the code points and p odd, S(i) = Σ_{k<i} c_k p^k (mod 2^64), the hash of the substring i…j is
(S(j) − S(i)) · p^(−i): equal substrings have equal hashes wherever they stand (Karp and Rabin 1987, with the inverse
of p in place of a rolling update). Multiplications and shifts at the end spread them evenly over all 64 bits.
"""

from __future__ import annotations

import re
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
_ASCII_WORD = re.compile(r"\w+")


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
        spaces = np.zeros(len(self.text) + 1, dtype=np.int32)
        (self._codes == _SPACE).cumsum(out=spaces[1:])
        sums, hashes, starts, ends = self._sums, [], [], []
        for n in range(shortest, min(longest, len(self.text)) + 1):
            last = len(self.text) - n + 1
            begin = (spaces[n - 1 : n - 1 + last] == spaces[1 : 1 + last]).nonzero()[0]
            end = begin + n
            hashes.append((sums[end] - sums[begin]) * self._inverse[begin] + _SALTS[n])
            starts.append(begin)
            ends.append(end)
        if not hashes:
            return NO_GRAMS
        return Grams(_mixed(np.concatenate(hashes)), np.concatenate(starts), np.concatenate(ends))

    def word_spans(self) -> list[tuple[int, int]]:
        """Where the words begin and end."""
        pattern = _ASCII_WORD if self.text.isascii() else WORD
        return [match.span() for match in pattern.finditer(self.text)]

    def words(self, spans: list[tuple[int, int]]) -> Grams:
        """Words and pairs of neighbouring words, given where the words are."""
        if not spans:
            return NO_GRAMS
        begin, end = np.array(spans, dtype=np.int64).T
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
