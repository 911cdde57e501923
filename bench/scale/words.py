"""What nobody wrote: comments of everybody's words and of invented ones, drawn as words are used, a few often.

They are plain in the search's sense, so that they need not be cut and folded one by one. A comment says `COMMON` in
one of four cases, half of these `SECOND`, too; `RARE` stands in a handful, however many comments there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.spam.likeness import Sketch

COMMON, SECOND, RARE = "ferry", "timetable", "lighthouse"
SHORTEST, LONGEST = 40, 1_460
"""Characters of a text, without its links."""

_MEDIAN, _SPREAD = 150.0, 0.83
_INVENTED = 8_000
_MOST_OF_A_SKETCH = 128
_LISTED = """
    the and that was with this for you have not are but they from all were when there been would their what about
    which will more time only other some could people just into over also than then very after year good work much
    before again read town street morning market bridge harbour water paper answer question winter light school
"""
_EVERYBODYS = _LISTED.split()


@dataclass(frozen=True, slots=True)
class Said:
    """One text: as typed, and as the search keeps it; `words` are their numbers among all words."""

    typed: str
    folded: str
    words: list[int]


class Words:
    """Draws texts, names and hosts; the same seed draws the same ones."""

    def __init__(self, chance: np.random.Generator) -> None:
        self._chance = chance
        self._words = [*_EVERYBODYS, *_invented(chance, _INVENTED), COMMON, SECOND, RARE]
        chances = 1 / (np.arange(1, len(self._words) - 2) + 8.0)
        lengths = np.array([len(word) + 1 for word in self._words[:-3]])
        self._chances = np.cumsum(chances)
        self._usual_length = float((chances * lengths).sum() / chances.sum())
        self._hashes = [Sketch.of(word).hashes.tolist() for word in self._words]
        self.names = [
            f"{first.capitalize()} {last.capitalize()}"
            for first, last in zip(_invented(chance, 2_000), _invented(chance, 2_000), strict=True)
        ]
        self.hosts = [f"{word}.example" for word in _invented(chance, 3_000)]

    def texts(self, count: int, rare: NDArray[np.bool_]) -> Iterator[Said]:
        """So many texts; those marked hold the rare word."""
        chance, last = self._chance, len(self._words) - 1
        wanted = np.exp(chance.normal(np.log(_MEDIAN), _SPREAD, count)).clip(SHORTEST, LONGEST)
        fewest = (wanted / self._usual_length).astype(np.int64).clip(5)
        found = np.searchsorted(self._chances, chance.random(int(fewest.sum())) * self._chances[-1])
        ends = np.cumsum(fewest)
        common = chance.random(count)
        found[(ends - 1)[common < 0.25]] = last - 2
        found[(ends - 2)[common < 0.12]] = last - 1
        found[(ends - 3)[rare]] = last
        numbers, start = found.tolist(), 0
        for end in ends.tolist():
            yield self._said(numbers[start:end])
            start = end

    def sketch(self, said: Said) -> Sketch:
        """The sketch of a text, of the sketches of its words."""
        hashes = {each for number in said.words for each in self._hashes[number]}
        return Sketch(np.array(sorted(hashes)[:_MOST_OF_A_SKETCH], dtype=np.uint32))

    def _said(self, found: list[int]) -> Said:
        folded = " ".join([self._words[number] for number in found])
        while len(folded) < SHORTEST:
            folded += f" {_EVERYBODYS[len(folded)]}"
        if len(folded) > LONGEST - 1:
            folded = folded[: LONGEST - 1].rpartition(" ")[0]
        return Said(f"{folded.capitalize()}.", folded, found)


def _invented(chance: np.random.Generator, count: int) -> list[str]:
    """Different words of two to four syllables."""
    drawn = chance.integers(0, len(_SYLLABLES), (2 * count, 4)).tolist()
    lengths = chance.integers(2, 5, 2 * count).tolist()
    words = ("".join(_SYLLABLES[each] for each in row[:n]) for row, n in zip(drawn, lengths, strict=True))
    return list(dict.fromkeys(words))[:count]


_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvw" for vowel in ("a", "e", "i", "o", "u")]
