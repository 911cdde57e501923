"""The fast layer: what the latest decisions say, fitted anew after each of them in milliseconds, by numpy alone.

A kernel form of the correction (`correction`): the change is a sum of the latest labels' own rows, so there are as
many unknowns as labels, and Newton's method takes a few small steps. It may only move a comment towards being held,
and only so far, which is why it needs no gate: the worst it can do is make somebody look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from moderation.spam.artefact import Anchors
from moderation.spam.costs import probabilities
from moderation.spam.features import COLUMNS, Row

MOST_LABELS = 100
"""The latest labels that are fitted, whether or not the champion has learned from them: what was decided just now
goes on weighing when a version steps in. Older ones are for the champion alone."""

STRENGTH = 0.3
"""Weight of the squared change: three times the correction's, since a hundred labels alone say it, past no gate."""

MOST_ANCHORS = 300
FURTHEST = 6.0
"""Log-odds by which a comment is moved at most."""

_STEPS = 12
_FREE = 1e-4
_SMALL = 1e-6  # of a step; the next one would be about its square
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fast:
    """What the latest decisions add.

    Attributes
    ----------
    sequence
        Number of the latest decision it knows: part of the name of every score it moved.
    weights
        What a value of 1 in a column adds, shape (COLUMNS,).
    hold, spam
        Log-odds at equal odds from which a comment is held, and called spam.
    """

    sequence: int
    weights: NDArray[np.float32]
    bias: float
    hold: float
    spam: float

    def share(self, log_odds: float, asked: float) -> float:
        """How much of the change that is asked for is made: none of it that leads away from being held, 0…1."""
        moved = self._moved(log_odds, max(-FURTHEST, min(FURTHEST, asked)))
        # Of a change that is tiny beside the log-odds, rounding alone could make more than the whole.
        return min(max((moved - log_odds) / asked, 0.0), 1.0) if asked else 0.0

    def _moved(self, log_odds: float, change: float) -> float:
        just_below_spam = max(self.hold, self.spam - 1e-6)
        if log_odds < self.hold:
            return min(log_odds + max(change, 0.0), just_below_spam)
        if log_odds >= self.spam:
            return max(log_odds + min(change, 0.0), self.hold)
        return min(max(log_odds + change, self.hold), just_below_spam)


class LatestDecisions:
    """Fits the fast layer again and again, as decisions come in and are taken back.

    Parameters
    ----------
    anchors
        The base's; the first of them are replayed.
    offsets
        Log-odds that the champion gives these anchors, shape (at most MOST_ANCHORS,).
    """

    def __init__(self, anchors: Anchors, offsets: Floats) -> None:
        count = min(len(anchors), MOST_ANCHORS)
        first = np.arange(len(anchors)) < count
        self._anchors = anchors.kept.chosen(first).rows()
        self._anchor_offsets = offsets[:count]
        # Inner products as they were at last, of which one more decision adds a few.
        self._names: list[bytes] = []
        self._among = np.empty((0, 0))
        self._beside = np.empty((count, 0))

    def fitted(
        self, labels: Sequence[tuple[bytes, Row, bool]], offsets: Floats
    ) -> tuple[NDArray[np.float32], float]:
        """Weights, shape (COLUMNS,), and bias.

        Parameters
        ----------
        labels
            A name, the row and whether it is spam, of at most `MOST_LABELS` labels.
        offsets
            Log-odds that the champion gives each label, shape (labels,).
        """
        gram = self._gram(labels)
        wanted = np.concatenate(([float(spam) for _, _, spam in labels], probabilities(self._anchor_offsets)))
        with _threads().limit(limits=1):  # for so little several threads wait for each other most of the time
            shares, bias = _newton(gram, wanted, np.concatenate((offsets, self._anchor_offsets)))
        weights = np.zeros(COLUMNS, dtype=np.float32)
        for (_, (columns, values), _), share in zip(labels, shares, strict=True):
            weights[columns] += (share * values).astype(np.float32)
        return weights, bias

    def _gram(self, labels: Sequence[tuple[bytes, Row, bool]]) -> Floats:
        """Inner products of labels and anchors with the labels, shape (labels + anchors, labels)."""
        names = [name for name, _, _ in labels]
        rows = [row for _, row, _ in labels]
        before = {name: place for place, name in enumerate(self._names)}
        stood = [place for place, name in enumerate(names) if name in before]
        were = [before[names[place]] for place in stood]
        among, beside = np.empty((len(rows), len(rows))), np.empty((len(self._anchors), len(rows)))
        among[np.ix_(stood, stood)] = self._among[np.ix_(were, were)]
        beside[:, stood] = self._beside[:, were]
        scratch = np.zeros(COLUMNS)
        for place, (columns, values) in enumerate(rows):
            if names[place] not in before:
                scratch[columns] = values
                among[place] = among[:, place] = _with_all(scratch, rows)
                beside[:, place] = _with_all(scratch, self._anchors)
                scratch[columns] = 0.0
        self._names, self._among, self._beside = names, among, beside
        return np.concatenate((among, beside))


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def _with_all(dense: Floats, rows: Sequence[Row]) -> Floats:
    return np.array([dense[columns] @ values for columns, values in rows], dtype=np.float64)


def _newton(gram: Floats, wanted: Floats, offset: Floats) -> tuple[Floats, float]:
    """Minimise Σ log(1 + exp(m)) − t m + strength ⁄ 2 · aᵀKa over a and b, m being o + Ka + b, t what is wanted."""
    count = gram.shape[1]
    design = np.column_stack((gram, np.ones(len(gram))))
    penalty = np.zeros((count + 1, count + 1))
    penalty[:count, :count] = STRENGTH * gram[:count]
    penalty[count, count] = _FREE
    found = np.zeros(count + 1)

    def loss(at: Floats) -> float:
        log_odds = offset + design @ at
        return float((np.logaddexp(0.0, log_odds) - wanted * log_odds).sum() + at @ penalty @ at / 2)

    value = loss(found)
    for _ in range(_STEPS):
        p = probabilities(offset + design @ found)
        slope = design.T @ (p - wanted) + penalty @ found
        curve = (design * (p * (1 - p))[:, None]).T @ design + penalty + 1e-9 * np.eye(count + 1)
        step = np.linalg.solve(curve, slope)
        # At the end losses differ by rounding alone, which must not shorten a step: other processors round otherwise.
        while (after := loss(found - step)) > value + 1e-12 * max(1.0, value) and np.abs(step).max() > _SMALL:
            step = step / 2
        found, value = found - step, after
        if np.abs(step).max() < _SMALL:
            break
    return found[:count], float(found[count])
