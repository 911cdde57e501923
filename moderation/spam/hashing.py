"""N-grams as numbers, without a loop over them: polynomial hashes of all substrings of a text from one running sum.

With c the code points and p odd, S(i) = Σ_{k<i} c_k p^k (mod 2^64), the hash of the substring i…j is
(S(j) − S(i)) · p^(−i): equal substrings have equal hashes wherever they stand (Karp and Rabin 1987, with the inverse
of p in place of a rolling update). Multiplications and shifts at the end spread them evenly over all 64 bits.
"""

from __future__ import annotations

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
_ALL = slice(None)
SIZES = (3, 4, 5)
"""Lengths of the character n-grams."""
_IS_ASCII_WORD = np.array([chr(code).isalnum() or chr(code) == "_" for code in range(128)])


class Hashed:
    """A text made ready for hashing: one running sum serves every n-gram of it.

    The text begins and ends with a space.
    """

    __slots__ = ("_codes", "_counts", "_inside", "_inverse", "_sums", "text")

    def __init__(self, text: str) -> None:
        length = len(text)
        self.text = text
        self._codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        powers, self._inverse = _powers(_room(length))
        self._sums = np.zeros(length + 1, dtype=np.uint64)
        (self._codes * powers[:length]).cumsum(out=self._sums[1:])
        self._counts = [max(0, length - n + 1) for n in SIZES]
        of_three = self._codes[1:-1] != _SPACE
        of_four = of_three[:-1] & of_three[1:]
        of_five = of_four[:-1] & of_three[2:]
        self._inside = np.concatenate((of_three, of_four, of_five)).nonzero()[0]

    def characters(self) -> Hashes:
        """Hashes of the character n-grams, n = 3, 4, 5, that cross no space: one may only be their first or last."""
        sums, inverse = self._sums, self._inverse
        hashes = np.empty(sum(self._counts), dtype=np.uint64)
        at = 0
        for n, count in zip(SIZES, self._counts, strict=True):
            part = hashes[at : at + count]
            np.subtract(sums[n : n + count], sums[:count], out=part)
            part *= inverse[:count]
            part += _SALTS[n]
            at += count
        return _mixed(hashes[self._inside])

    def at_characters(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of the n-grams of `characters`, what `values` has where each begins."""
        return np.concatenate([values[:count] for count in self._counts])[self._inside]

    def character_places(self) -> tuple[Offsets, Offsets]:
        """Where the n-grams of `characters` begin, and where they end."""
        starts = self.at_characters(np.arange(len(self.text)))
        return starts, starts + np.repeat(SIZES, self._counts)[self._inside]

    def word_spans(self) -> tuple[Offsets, Offsets]:
        """Where the words begin, and where they end, as `moderation.text.language.WORD` finds them."""
        if self.text.isascii():
            in_word = _IS_ASCII_WORD[self._codes]
            turns = (in_word[1:] != in_word[:-1]).nonzero()[0] + 1
            return turns[::2], turns[1::2]
        if self._codes.max() >= _KNOWN:
            spans = np.array([match.span() for match in WORD.finditer(self.text)], dtype=np.int64).reshape(
                -1, 2
            )
            return spans[:, 0], spans[:, 1]
        kinds = _kinds_of_characters()[self._codes]
        before, after = kinds[:-1], kinds[1:]
        turns = (before != after) | (after == _A_WORD_ALONE)
        begin = (turns & (after != _NO_WORD)).nonzero()[0] + 1
        end = (turns & (before != _NO_WORD)).nonzero()[0] + 1
        return begin, end

    def words(self, begin: Offsets, end: Offsets, paired: NDArray[np.bool_] | slice = _ALL) -> Hashes:
        """Hashes of the words, and then of neighbouring pairs, given where the words are and which are paired."""
        single = (self._sums[end] - self._sums[begin]) * self._inverse[begin] * _PAIR + _SALTS[1]
        pairs = single[:-1] * _SPREAD + (single[1:] ^ (single[1:] >> _FOLD))
        return _mixed(np.concatenate((single, pairs[paired])))


_KNOWN = 0x20000  # the characters that have a place in the table: a tenth of a second to make, once
_NO_WORD, _IN_A_WORD, _A_WORD_ALONE = 0, 1, 2


@cache
def _kinds_of_characters() -> NDArray[np.uint8]:
    """Of every character: no part of a word, part of one, or (Chinese, kana) a word by itself."""
    kinds = np.full(_KNOWN, _NO_WORD, dtype=np.uint8)
    twice_each = "".join([f"{character}{character} " for character in map(chr, range(len(kinds)))])
    for match in WORD.finditer(twice_each):
        kinds[match.start() // 3] = _IN_A_WORD if match.end() - match.start() == 2 else _A_WORD_ALONE
    return kinds


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
    return base.cumprod(dtype=np.uint64), inverse.cumprod(dtype=np.uint64)
