"""How well disguised spam is still caught, and whether unusual honest comments are let through.

Spam is judged by a classifier that did not learn its source, plain and under every disguise, and by its text alone:
a name or a website would speak for a text that nobody could read.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.spam import evaluation
from moderation.spam.corpus import Labelled
from moderation.spam.disguising import DISGUISES
from moderation.spam.features import row as features_of
from moderation.spam.fitting import Settings, matrix_of
from moderation.spam.reading import Candidate, read
from moderation.spam.training import fits_on_left_out, opinions_of
from moderation.vocabulary import probability

MOST_LOST = 0.05
"""The largest share of recall that a disguise may cost."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How spam fares under one disguise.

    Attributes
    ----------
    disguise
        The kind of disguise.
    count
        How many of the texts it changes; only those are counted.
    plain, disguised
        Share of them that is held, as typed and in disguise.
    """

    disguise: str
    count: int
    plain: float
    disguised: float

    @property
    def is_too_much(self) -> bool:
        """Whether the disguise costs more recall than it may."""
        return self.plain - self.disguised > MOST_LOST


class LeftOut:
    """One classifier per fold, each of which did not learn what is left out there, and their common threshold.

    Calibration and threshold are made exactly as training makes them.
    """

    def __init__(self, rows: Sequence[Labelled], settings: Settings, progress: Callable[[str], None]) -> None:
        progress("reading")
        matrix = matrix_of(rows, settings.weighing, lambda _: None)
        self.fold = evaluation.folds(rows, settings.folds)
        told = fits_on_left_out(matrix, self.fold, settings, lambda stage, _: progress(stage))
        self._fits = dict(told)
        opinions = opinions_of(self._fits, matrix, self.fold)
        self._slope, self._offset = evaluation.calibration(rows, opinions)
        opinions = opinions.moved(self._slope, self._offset)
        self._shift = math.log(settings.prior / (1 - settings.prior))
        self.hold = evaluation.thresholds(rows, opinions, settings.prior).hold

    def is_held(self, text: str, fold: int) -> bool:
        """Whether a text alone is held by the classifier of a fold."""
        weights, bias = self._fits[fold]
        highest = -math.inf
        for reading in read(Candidate(text)):
            columns, values = features_of(reading)
            highest = max(highest, bias + float(weights[columns] @ values))
        return probability(highest * self._slope + self._offset + self._shift) >= self.hold


def standings(rows: Sequence[Labelled], judge: LeftOut, count: int, seed: int) -> Iterator[Standing]:
    """How so many spam rows, drawn evenly from all sources that are left out in turn, fare under each disguise."""
    drawn = _drawn(rows, judge.fold, count, seed)
    plain = [judge.is_held(text, fold) for text, fold in drawn]
    for name, disguise in DISGUISES.items():
        pairs = [
            (was_held, judge.is_held(hidden, fold))
            for (text, fold), was_held in zip(drawn, plain, strict=True)
            if (hidden := disguise(text)) != text
        ]
        if pairs:
            before, after = np.array(pairs).mean(axis=0)
            yield Standing(name, len(pairs), float(before), float(after))


def _drawn(rows: Sequence[Labelled], fold: NDArray[np.int64], count: int, seed: int) -> list[tuple[str, int]]:
    """Texts and folds: one of each source in turn, until there are enough."""
    chance = random.Random(seed)  # noqa: S311  no secret
    by_source: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row, number in zip(rows, fold.tolist(), strict=True):
        if row.is_spam and number >= 0:
            by_source[row.source].append((row.candidate.text, number))
    for texts in by_source.values():
        chance.shuffle(texts)
    most = max(map(len, by_source.values()), default=0)
    in_turn = [texts[i] for i in range(most) for texts in by_source.values() if i < len(texts)]
    return in_turn[:count]
