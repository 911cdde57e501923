"""The classifier as it serves: a sparse row times the learned weights. Nothing here knows how they were learned.

The log-odds it gives are those at equal odds of spam and ham; a site's prior is a shift on top (see `Score`). Of a
long text the window with the highest log-odds speaks for the whole, since spam hides in the middle.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from moderation.spam import artefact as artefacts
from moderation.spam import explanation as explanations
from moderation.spam.fast import Fast
from moderation.spam.features import Indices, Values, row, rows
from moderation.spam.kept import Kept
from moderation.spam.nearness import nearness
from moderation.spam.reading import Candidate, Reading, read
from moderation.vocabulary import Contribution, Explanation, Score

_AT_ONCE = 64


class Classifier:
    """Scores candidates and says why. Immutable once made, so threads may share it.

    Parameters
    ----------
    base
        What was learned before shipping.
    site
        The correction learned from this installation's decisions (see `correction`), if there is one.
    fast
        What the latest decisions add (see `fast`), if there are any.

    Attributes
    ----------
    version
        Name of what was learned: "base-" or "site-" and eight digits of its hash; with a fast layer, "+" and the
        number of the latest decision it knows.
    thresholds
        P(spam) at the default prior from which to hold and from which to call it spam.
    prior
        The default prior, 0…1.
    """

    def __init__(
        self, base: artefacts.Learned, site: artefacts.Learned | None = None, fast: Fast | None = None
    ) -> None:
        champion = site or base
        self.version = f"{'site' if site else 'base'}-{champion.sha256[:8]}"
        if fast:
            self.version += f"+{fast.sequence}"
        self.thresholds, self.prior = base.thresholds, base.prior
        self._base, self._site, self._fast = base, site, fast

    @classmethod
    def from_bytes(cls, base: bytes, site: bytes | None = None) -> Classifier:
        """Read a classifier from its artefacts; raises `BadArtefact` for anything that is none."""
        return cls(artefacts.from_bytes(base), artefacts.from_bytes(site) if site else None)

    def with_fast(self, fast: Fast | None) -> Classifier:
        """The same base and site with another fast layer."""
        return Classifier(self._base, self._site, fast)

    def score(self, candidate: Candidate, prior: float | None = None) -> Score:
        """Score one candidate.

        Parameters
        ----------
        candidate
            Any text at all; time is linear in its length.
        prior
            P(spam) at this site, 0 < prior < 1; None for the artefact's own.
        """
        return self._score(max(self._all_log_odds(read(candidate))), prior)

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
        columns, values = row(readings[highest])
        layers = self._layers(columns, values, nearness(readings[highest]))
        contributions = explanations.contributions(
            candidate, readings[highest], highest, columns, np.sum([layer.added for layer in layers], axis=0)
        )
        return Explanation(
            self._score(log_odds[highest], prior),
            sum(layer.bias for layer in layers),
            contributions,
            tuple(Contribution(layer.name, layer.total) for layer in layers),
        )

    def kept(self, candidate: Candidate) -> Kept:
        """The row of the candidate that speaks for it, as it is kept with a decision."""
        found = rows(read(candidate))
        highest = max(
            range(len(found)), key=lambda i: float(_weights_of(self._base, found[i][0]) @ found[i][1])
        )
        return Kept.of([found[highest]])

    def _all_log_odds(self, readings: Sequence[Reading]) -> list[float]:
        return [
            self._log_odds(columns, values) + nearness(reading)
            if self._fast is None
            else sum(layer.total for layer in self._layers(columns, values, nearness(reading)))
            for reading, (columns, values) in zip(readings, rows(readings), strict=True)
        ]

    def _log_odds(self, columns: Indices, values: Values) -> float:
        found = self._base.bias + float(_weights_of(self._base, columns) @ values)
        if self._site is not None:
            found += self._site.bias + float(_weights_of(self._site, columns) @ values)
        return found

    def _layers(self, columns: Indices, values: Values, near: float) -> list[_Layer]:
        layers = [
            _Layer(name, learned.bias, _weights_of(learned, columns) * values, near if number == 0 else 0.0)
            for number, (name, learned) in enumerate(((_BASE, self._base), (_SITE, self._site)))
            if learned is not None
        ]
        if self._fast is not None:
            added = self._fast.weights[columns] * values
            so_far = sum(layer.total for layer in layers)
            share = self._fast.share(so_far, self._fast.bias + float(added.sum()))
            layers.append(_Layer(_FAST, share * self._fast.bias, share * added, 0.0))
        return layers

    def _score(self, log_odds: float, prior: float | None) -> Score:
        prior = self.prior if prior is None else prior
        return Score(log_odds, math.log(prior / (1.0 - prior)), self.version)


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one layer adds to a row: its bias, per column, and the nearness to the article."""

    name: str
    bias: float
    added: Values
    near: float

    @property
    def total(self) -> float:
        return self.bias + float(self.added.sum()) + self.near


def _weights_of(learned: artefacts.Learned, columns: Indices) -> Values:
    # The whole numbers, not weights made of them: small enough to stay in a processor's cache.
    return np.multiply(learned.weights[columns], learned.step, dtype=np.float64)


_BASE, _SITE, _FAST = "learned before shipping", "this site's decisions", "the latest decisions"
