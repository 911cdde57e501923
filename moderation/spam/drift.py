"""Whether the classifier is still what it promised: what it said of the latest decisions beside what came of them.

Its probabilities are promises. Of comments that it calls spam with probability p, people should disagree with its
leaning min(p, 1 − p) of the time; far more than that over the latest decisions is an alarm. What waits is decided on
nearly always and the rest only where chance asks for it, so shares are weighed; the alarm counts heads, since one
spot check that stands for fifty comments would ring it by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from moderation.spam.costs import Floats, Mask

LATEST = 200
"""Decisions that are looked at."""

FEWEST = 50
"""Decisions below which nothing is said."""

_CHANCE = 0.00135
"""How often chance alone may ring: three standard deviations, were it a normal distribution."""

EDGES = (0.0, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0)
"""Between which probabilities are gathered for calibration."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """How often the latest decisions disagreed with the classifier's leaning.

    Attributes
    ----------
    decisions, disagreed
        How many were looked at, and of how many people said the opposite.
    promised
        How many that should have been, by its own probabilities.
    most
        More than so many are no chance.
    share, promised_share
        The same as shares of all comments that the decisions stand for.
    """

    decisions: int
    disagreed: int
    promised: float
    most: int
    share: float
    promised_share: float

    @property
    def is_alarming(self) -> bool:
        """Whether it is more than chance."""
        return self.decisions >= FEWEST and self.disagreed > self.most


def disagreement(said: Floats, is_spam: Mask, weight: Floats) -> Disagreement:
    """Compare decisions, the latest last, with the probabilities that were said on arrival.

    Parameters
    ----------
    weight
        How many comments each stands for.
    """
    said, is_spam, weight = said[-LATEST:], is_spam[-LATEST:], weight[-LATEST:]
    doubt, is_other = np.minimum(said, 1 - said), (said >= 0.5) != is_spam
    total = float(weight.sum()) or 1.0
    return Disagreement(
        len(said),
        int(is_other.sum()),
        float(doubt.sum()),
        _most_by_chance(float(doubt.sum())),
        float(weight @ is_other) / total,
        float(weight @ doubt) / total,
    )


def _most_by_chance(promised: float) -> int:
    """What a Poisson distribution of this mean hardly ever exceeds; it is a little wider than the true one.

    >>> _most_by_chance(0.05), _most_by_chance(4.0), _most_by_chance(40.0)
    (1, 11, 60)
    """
    count, chance = 0, math.exp(-promised)
    beyond = 1.0 - chance
    while beyond > _CHANCE:
        count += 1
        chance *= promised / count
        beyond -= chance
    return count


@dataclass(frozen=True, slots=True)
class Gathered:
    """Decided comments of which about the same was said.

    Attributes
    ----------
    first, last
        Between which probabilities.
    decisions
        How many.
    said
        What was said of them on average, weighed.
    spam
        The share that people called spam, weighed; `low` and `high` hold the true one 95 times of 100 (Wilson).
    """

    first: float
    last: float
    decisions: int
    said: float
    spam: float
    low: float
    high: float


def calibration(said: Floats, is_spam: Mask, weight: Floats) -> list[Gathered]:
    """Decided comments by what was said of them on arrival, each counted for what it stands for."""
    found = []
    which = np.clip(np.searchsorted(EDGES, said, side="right") - 1, 0, len(EDGES) - 2)
    for number in sorted(set(which.tolist())):
        chosen = which == number
        each = weight[chosen]
        spam = float(np.average(is_spam[chosen], weights=each))
        low, high = _wilson(spam, float(each.sum() ** 2 / (each**2).sum()))
        mean = float(np.average(said[chosen], weights=each))
        found.append(Gathered(EDGES[number], EDGES[number + 1], int(chosen.sum()), mean, spam, low, high))
    return found


def _wilson(share: float, count: float) -> tuple[float, float]:
    """Wilson's score interval (1927)."""
    z = 1.96
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, middle - half), min(1.0, middle + half)
