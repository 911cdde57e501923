"""The classifier as it serves: a sparse row times the learned weights. Nothing here knows how they were learned.

The log-odds it gives are those at equal odds of spam and ham; a site's prior is a shift on top (see `Score`). Of a
long text the window with the highest log-odds speaks for the whole, since spam hides in the middle.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from moderation.spam import artefact as artefacts
from moderation.spam import explanation as explanations
from moderation.spam.features import Indices, Values, rows
from moderation.spam.nearness import nearness
from moderation.spam.reading import Candidate, Reading, read
from moderation.vocabulary import Explanation, Score

_AT_ONCE = 64


class Classifier:
    """Scores candidates and says why. Immutable once made, so threads may share it.

    Attributes
    ----------
    version
        Name of what was learned: "base-" or "site-" and eight digits of its hash.
    thresholds
        P(spam) at the default prior from which to hold and from which to call it spam.
    prior
        The default prior, 0…1.
    """

    def __init__(self, learned: artefacts.Learned, kind: str = "base") -> None:
        self.version = f"{kind}-{learned.sha256[:8]}"
        self.thresholds = learned.thresholds
        self.prior = learned.prior
        self.bias = learned.bias
        self._units, self._step = learned.weights, learned.step  # small enough to stay in a processor's cache

    @classmethod
    def from_bytes(cls, artefact: bytes) -> Classifier:
        """Read a classifier from its artefact; raises `BadArtefact` for anything that is not one."""
        return cls(artefacts.from_bytes(artefact))

    def score(self, candidate: Candidate, prior: float | None = None) -> Score:
        """Score one candidate.

        Parameters
        ----------
        candidate
            Any text at all; time is linear in its length.
        prior
            P(spam) at this site, 0 < prior < 1; None for the artefact's own.
        """
        readings = read(candidate)
        return self._score(max(self._all_log_odds(readings)), prior)

    def score_many(self, candidates: Iterable[Candidate], prior: float | None = None) -> list[Score]:
        """Score many candidates, in order; faster than one by one, with the same numbers."""
        scores: list[Score] = []
        coming = iter(candidates)
        while some := list(islice(coming, _AT_ONCE)):
            readings = [read(candidate) for candidate in some]
            said = iter(self._all_log_odds([each for windows in readings for each in windows]))
            scores += [self._score(max(islice(said, len(windows))), prior) for windows in readings]
        return scores

    def explain(self, candidate: Candidate, prior: float | None = None) -> Explanation:
        """Why a candidate has its score: bias and contributions add up to the score's log-odds.

        N-grams are gathered onto the words of the text as typed, whose spans are given; n-grams of the name, the
        website and the links are one contribution each; every signal is one.
        """
        readings = read(candidate)
        log_odds = self._all_log_odds(readings)
        highest = log_odds.index(max(log_odds))
        contributions = explanations.contributions(candidate, readings[highest], highest, self._weights_of)
        return Explanation(self._score(log_odds[highest], prior), self.bias, contributions)

    def _all_log_odds(self, readings: Sequence[Reading]) -> list[float]:
        return [
            self.bias + float(self._weights_of(columns) @ values) + nearness(reading)
            for reading, (columns, values) in zip(readings, rows(readings), strict=True)
        ]

    def _weights_of(self, columns: Indices) -> Values:
        return np.multiply(self._units[columns], self._step, dtype=np.float64)

    def _score(self, log_odds: float, prior: float | None) -> Score:
        prior = self.prior if prior is None else prior
        return Score(log_odds, math.log(prior / (1.0 - prior)), self.version)
