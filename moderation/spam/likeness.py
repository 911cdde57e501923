"""How alike two texts are, told from small sketches: the words they have in common, of all that either has.

A sketch is the set of a text's telling words, hashed; of many words the smallest hashes stand for all (bottom-k,
Cohen & Kaplan 2007), so that the share of common words (Jaccard) can be told from sketches alone. `places` are where
texts that may be alike meet: pairs of smallest hashes under several orders (MinHash in bands, Broder 1997). Words and
not runs of letters: spun text keeps its frame, and changes every third word whole.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from moderation.spam.lexicon import TOPIC_OF, listed
from moderation.text import LINK, words

_ALONE = (7, 0.32, 4)
_WITH_NETWORK = (8, 0.2, 4)
_WITH_LINK = ((3, 0.2, 0), (2, 0.6, 0))
_A_LITTLE = (5, 0.2, 4)
# Words in common, their share of all that either text has, and how many of them are not everybody's.

BANDS = 24
"""Places a text is kept at. Two with a third of their words in common meet at one of them in 94 of 100 cases."""

_FEWEST = 2
_MOST_KEPT = 128
_LONGEST = 20_000
_MOST_WORDS = 3_000
_LONG_RUN = 14
_SPACED = re.compile("[\u0000-\u058f\u1e00-\u1fff]")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_ORDERS = np.random.default_rng(1).integers(1, 1 << 63, size=(2 * BANDS, 1), dtype=np.uint64) * 2 + 1
_EVERYBODYS = listed(
    "this that these those there here with without from your yours have been were will would could should much many"
    " very really just more most some such them they their what when where which while than then also about into over"
    " after before because every always never only even well like know think time people make made want need find"
    " read look looking come came going thanx sharing share shared everyone hello dear sir"
    " the and for are but not you all can had her was one our out has him his how its may new now old see two way who"
    " did get let put say she too use any day got own why"
    " der die das und ist ein mit von auf ich les des une est qui pas que los las una por con del"
    " как что это все для или его она они"
    " nicht auch noch sehr habe haben wird sind eine einen dass aber über mehr vielen dank beitrag artikel toller"
    " pour dans avec cette vous nous plus très bien beaucoup article sont mais tout comme"
    " para como pero este esta muy más todo artículo porque cuando desde"
    " очень большое это как что так для статья статью было есть если когда только вам"
) | {word for word, topic in TOPIC_OF.items() if topic in {"praise", "page", "you", "self"}}
_MARK = 1


@dataclass(frozen=True)  # no slots: its places are kept once they are asked for
class Sketch:
    """A text's telling words, hashed.

    Attributes
    ----------
    hashes
        Ascending and each once: all of them, or the smallest 128. Odd ones are of words that everybody uses: they
        count, and prove nothing by themselves.
    """

    hashes: NDArray[np.uint32]

    @classmethod
    def of(cls, canonical: str) -> Sketch:
        """The sketch of a text with its disguises undone; links in it do not count.

        >>> len(Sketch.of("Thank you so much for this!").hashes)
        5
        """
        told = {_hashed(word) for word in telling_words(canonical)}
        return cls(np.array(sorted(told)[:_MOST_KEPT], dtype=np.uint32))

    @classmethod
    def from_bytes(cls, stored: bytes) -> Sketch:
        """The sketch that `to_bytes` wrote."""
        return cls(np.frombuffer(stored, dtype="<u4").astype(np.uint32))

    def to_bytes(self) -> bytes:
        """The sketch as it is stored, four bytes a word."""
        return self.hashes.astype("<u4").tobytes()

    @cached_property
    def places(self) -> tuple[int, ...]:
        """Where texts like this one are met: signed 63-bit numbers, ascending; none for a text of too few words."""
        if len(self.hashes) < _FEWEST:
            return ()
        ordered = (self.hashes.astype(np.uint64) * _ORDERS) >> np.uint64(32)
        smallest = ordered.min(axis=1).reshape(BANDS, 2)
        number = np.arange(BANDS, dtype=np.uint64)
        mixed = (
            (smallest[:, 0] << np.uint64(31))
            ^ (smallest[:, 1] * np.uint64(0x9E37_79B1))
            ^ (number << np.uint64(57))
        )
        return tuple(sorted({int(each) & (sys.maxsize >> 1) for each in mixed}))

    def likeness(self, other: Sketch) -> Likeness:
        """How alike this text and another are."""
        one, two = self._known, other._known
        if len(one) == _MOST_KEPT or len(two) == _MOST_KEPT:  # what one text kept the other may have left out
            most = min(max(each) for each in (one, two) if len(each) == _MOST_KEPT)
            one, two = ({number for number in each if number <= most} for each in (one, two))
        both = one & two
        either = len(one) + len(two) - len(both)
        telling = sum(not number & _MARK for number in both)
        return Likeness(len(both), len(both) / either if either else 0.0, telling)

    @cached_property
    def _known(self) -> Set[int]:
        """The hashes as a set: of so few, Python's own finds the common ones several times faster than numpy."""
        return frozenset(self.hashes.tolist())


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two texts have in common: how many words, which share of all that either has, and how many that tell.

    Attributes
    ----------
    share
        0…1.
    telling
        Those of the words that are not everybody's.
    """

    common: int
    share: float
    telling: int

    def is_enough(self, *, shares_link: bool = False, shares_network: bool = False) -> bool:
        """Whether they are by one hand; a shared link host or network supports what the words say.

        Short praise is never enough by itself, nor from one network: many readers say "Thank you!", and mean it.
        """
        bars = [_ALONE]
        bars += _WITH_LINK if shares_link else ()
        bars += [_WITH_NETWORK] if shares_network else ()
        return any(self._reaches(*bar) for bar in bars)

    @property
    def is_a_little(self) -> bool:
        """Whether they may be by one hand, if others of that hand are as like."""
        return self._reaches(*_A_LITTLE)

    def _reaches(self, common: int, share: float, telling: int) -> bool:
        return self.common >= common and self.share >= share and self.telling >= telling


def _hashed(word: str) -> int:
    number = zlib.crc32(word.encode("utf-8", "replace"))
    return number | 1 if word in _EVERYBODYS else number & ~1


def telling_words(canonical: str) -> Iterator[str]:
    """The words of a text that tell it from others: no links, no short words.

    Scripts that do not part words are cut into pairs and threes of their signs.
    """
    before = ""
    for word in words(LINK.sub(" ", canonical[:_LONGEST]))[:_MOST_WORDS]:
        if _HAN.match(word):
            if before:
                yield before + word
            before = word
            continue
        before = ""
        if len(word) >= _LONG_RUN and _UNSPACED.match(word):
            yield from (word[i : i + 4] for i in range(len(word) - 3))
        elif len(word) >= (3 if _SPACED.match(word) else 2):
            yield word
