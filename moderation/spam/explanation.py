"""Why a score is what it is: the row's contributions, gathered onto what a person can see.

The hashed columns are found again by hashing the comment's own n-grams. What a column adds is shared by the places
where its n-gram stands; a place in the normal form leads back to the text as typed. Nothing is left out, so bias and
contributions add up to the log-odds.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from moderation.spam.features import GROUPS, Indices, Places, Values, group_of
from moderation.spam.nearness import nearness
from moderation.spam.reading import Candidate, Reading, windows_with_origins
from moderation.spam.signals import SIGNALS
from moderation.text import EMAIL, canonical
from moderation.vocabulary import Contribution, Explanation

OF_THE_TEXT = "the text as a whole"
OF_SIDE_GROUP = {
    "name": "the words of the name",
    "website": "the words of the website",
    "links": "the words of its links",
}
AN_ADDRESS = "an e-mail address as typed"
NEARNESS = "it speaks of the article"
_TYPED_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\\s<>\u3040-\u30ff\u3400-\u9fff]+")
_EDGES = ".,;:!?…\"'“”„«»‘’()[]{}<>*_—–-"
_OF_TEXT, _OF_SIGNALS = GROUPS.index("name"), GROUPS.index("signals")
# What a terminal obeys, what turns a line around, and what no encoding can write.
_NOT_FOR_SHOW = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MEANINGS = frozenset(signal.meaning for signal in SIGNALS)


def contributions(
    candidate: Candidate, reading: Reading, window: int, columns: Indices, added: Values
) -> tuple[Contribution, ...]:
    """All that the row of one window adds to the log-odds, the weightiest first.

    Parameters
    ----------
    candidate, reading, window
        The candidate, its window to explain, and the number of that window.
    columns, added
        The columns of the window's row, and what each adds.
    """
    group = group_of(columns)
    found = [
        *_of_words(candidate, reading, window, columns[group < _OF_TEXT], added[group < _OF_TEXT]),
        *_of_side_groups(group, added),
        *_of_signals(added[group == _OF_SIGNALS]),
    ]
    if near := nearness(reading):
        found.append(Contribution(NEARNESS, near))
    return tuple(sorted(found, key=lambda contribution: (-abs(contribution.log_odds), contribution.name)))


def in_words(explanation: Explanation, *, is_held: bool = False) -> str:
    """One plain sentence on what weighs most towards spam.

    Parameters
    ----------
    explanation
        What to say in words.
    is_held
        Whether the comment waits because of its score: then something does weigh, even where ham is likelier.
    """
    weighty = [c for c in explanation.contributions if c.log_odds >= 0.15]
    facts = [c.name for c in weighty if c.name in _MEANINGS][:3]
    facts += [c.name for c in weighty if c.name in OF_SIDE_GROUP.values() and c.log_odds >= 0.5][:1]
    quoted = [f"“{c.name}”" for c in weighty if c.spans and len(c.name) > 2 and c.name != AN_ADDRESS][:3]
    if explanation.score.log_odds + explanation.score.shift < 0 and not (facts or is_held):
        return "Nothing in it weighs towards spam."
    parts = facts + (
        [f"the words {', '.join(quoted)}" if len(quoted) > 1 else f"the word {quoted[0]}"] if quoted else []
    )
    if not parts:
        return "Its wording as a whole is that of spam."
    return f"It has {parts[0]}." if len(parts) == 1 else f"It has {', '.join(parts[:-1])} and {parts[-1]}."


def _of_words(
    candidate: Candidate,
    reading: Reading,
    window: int,
    columns: NDArray[np.int64],
    added: NDArray[np.float64],
) -> Iterator[Contribution]:
    """N-grams on the words they stand on: in equal parts, half at the first letter of each, half at the last."""
    at = np.zeros(len(reading.normal))
    places = Places.of(reading.normal)
    order = np.argsort(columns)
    which = order[np.searchsorted(columns, places.columns, sorter=order)]
    times = np.bincount(which, minlength=len(columns))
    halves = (added / np.maximum(times, 1))[which] / 2
    starts, ends = places.starts, places.ends
    np.add.at(at, np.minimum(starts + _is_space(reading, starts), ends - 1), halves)
    np.add.at(at, np.maximum(ends - 1 - _is_space(reading, ends - 1), starts), halves)
    yield from _gathered(candidate.text, at, windows_with_origins(candidate.text)[window][1])


def _is_space(reading: Reading, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 where a place in the normal form is a space."""
    codes = np.frombuffer(reading.normal.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    is_space: NDArray[np.int64] = (codes[places] == ord(" ")).astype(np.int64)
    return is_space


def _gathered(typed: str, at: NDArray[np.float64], origins: array[int]) -> Iterator[Contribution]:
    spans = [match.span() for match in _TYPED_WORD.finditer(typed)]
    if not spans:
        if total := float(at.sum()):
            yield Contribution(OF_THE_TEXT, total)
        return
    starts = np.array([start for start, _ in spans])
    places = np.array(origins[: len(at)])
    word_of = np.maximum(np.searchsorted(starts, places, side="right") - 1, 0)
    sums = np.bincount(word_of, weights=at, minlength=len(spans))
    by_word: dict[str, list[int]] = defaultdict(list)
    for index in np.flatnonzero(sums):
        start, end = spans[index]
        by_word[_bare(typed[start:end])].append(int(index))
    for word, indices in by_word.items():
        yield Contribution(word, float(sums[indices].sum()), tuple(spans[index] for index in indices))


def _bare(word: str) -> str:
    """A word without its punctuation, fit to be shown; an address is never named: reasons are stored and logged."""
    plain = canonical(word).text
    if "@" in plain and EMAIL.search(plain):
        return AN_ADDRESS
    return _NOT_FOR_SHOW.sub("\ufffd", word.strip(_EDGES) or word).casefold()[:80]


def _of_side_groups(group: NDArray[np.int64], added: NDArray[np.float64]) -> Iterator[Contribution]:
    for number, name in enumerate(GROUPS):
        if name in OF_SIDE_GROUP and (group == number).any():
            yield Contribution(OF_SIDE_GROUP[name], float(added[group == number].sum()))


def _of_signals(added: NDArray[np.float64]) -> Iterator[Contribution]:
    for signal, log_odds in zip(SIGNALS, added, strict=True):
        if log_odds:
            yield Contribution(signal.meaning, float(log_odds))
