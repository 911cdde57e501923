"""What a site's own decisions add to the base: a correction of its log-odds, learned from labels and anchors.

The base's log-odds are an offset that the correction cannot undo, so that no label is no change, and few labels are
little. Only columns that a label has are corrected. The base's anchors are replayed beside the labels: what a site
approves by the hundred must not make it forget what spam looks like elsewhere. An anchor asks for what the base says
of it (learning without forgetting, Li and Hoiem 2016), not for its class: what the base has not learned of its own
examples is no business of the site's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam.artefact import Learned
from moderation.spam.costs import probabilities
from moderation.spam.features import COLUMNS
from moderation.spam.kept import Kept

STRENGTH = 0.1
"""Weight of the squared correction beside the labels' losses: chosen on sources left out (docs/classifier.md)."""

_ITERATIONS = 60
_UNITS = 32_000
_AT_ONCE = 1 << 20
_FREE = 1e-4  # a bias is hardly held back, only kept from running off where one class has no example
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Labels:
    """Decisions to learn from, in the order they were made.

    Attributes
    ----------
    kept
        The rows that were decided on.
    is_spam
        What was decided, shape (rows,).
    """

    kept: Kept
    is_spam: Mask

    def __len__(self) -> int:
        return len(self.is_spam)

    def chosen(self, which: Mask) -> Labels:
        """Only some of them."""
        return Labels(self.kept.chosen(which), self.is_spam[which])


def log_odds(learned: Learned, kept: Kept) -> Floats:
    """What a classifier says of kept rows, or what a correction adds, at equal odds, shape (rows,)."""
    return kept.products(learned.weights * np.float64(learned.step)) + learned.bias


def corrected(base: Learned, labels: Labels, strength: float = STRENGTH) -> Learned:
    """Learn a correction of the base from labels; see `Correcting.learned`."""
    return Correcting(base, labels, strength).learned()


class Correcting:
    """Labels and anchors side by side, ready to be learned from: all of them, or all but some.

    Parameters
    ----------
    base
        What is corrected; its anchors are replayed.
    labels
        What to learn from.
    strength
        Weight of the squared correction.
    wanted
        P(spam) that is asked for of each anchor, shape (anchors,); None for what the base says.
    """

    def __init__(
        self, base: Learned, labels: Labels, strength: float = STRENGTH, wanted: Floats | None = None
    ) -> None:
        self._base, self._labels, self._strength = base, labels, strength
        self._offset = np.concatenate((log_odds(base, labels.kept), log_odds(base, base.anchors.kept)))
        of_anchors = probabilities(self._offset[len(labels) :]) if wanted is None else wanted
        self._wanted = np.concatenate((labels.is_spam.astype(np.float64), of_anchors))
        self._columns, self._of_labels, self._of_anchors = _side_by_side(labels.kept, base.anchors.kept)

    def learned(
        self, without: Mask | None = None, progress: Callable[[float], None] | None = None
    ) -> Learned:
        """Learn a correction.

        Minimises Σ log(1 + exp(m)) − t m + strength ⁄ 2 · |d|² over labels and anchors alike by L-BFGS, m being
        o + xᵀd + b with o the base's log-odds of each, t 1 for spam, 0 for ham, the base's P(spam) for anchors.
        The same labels in the same order give the same bytes.

        Parameters
        ----------
        without
            Labels that are not to be seen, shape (labels,).
        progress
            Told how much is done, 0…1.

        Returns
        -------
        Learned
            Weights and bias are what is added to the base's; prior and thresholds are the base's.
        """
        base = self._base
        count = np.ones(len(self._labels)) if without is None else (~without).astype(float)
        if not count.any():
            return Learned(np.zeros(COLUMNS, dtype=np.int16), 1.0, 0.0, base.prior, base.thresholds)
        weights, bias = self._fitted(count, progress or (lambda _done: None))
        step = (float(np.abs(weights).max(initial=0.0)) or 1.0) / _UNITS
        step = float(f"{step:.4g}") * 1.001
        units = np.zeros(COLUMNS, dtype=np.int16)
        units[self._columns] = np.rint(weights / step)
        return Learned(units, step, round(bias, 6), base.prior, base.thresholds)

    def _fitted(self, count: Floats, progress: Callable[[float], None]) -> tuple[Floats, float]:
        from scipy.optimize import minimize  # noqa: PLC0415  needed for learning alone

        counted = np.concatenate((count, np.ones(len(self._base.anchors))))
        is_free = count @ self._of_labels > 0  # no value is negative
        steps = 0

        def loss(parameters: Floats) -> tuple[float, Floats]:
            weights, bias = parameters[:-1], parameters[-1]
            said = np.concatenate((self._of_labels @ weights, self._of_anchors @ weights))
            log_odds = self._offset + said + bias
            pull = counted * (probabilities(log_odds) - self._wanted)
            value = counted @ (np.logaddexp(0.0, log_odds) - self._wanted * log_odds)
            value += self._strength / 2 * (weights @ weights)
            slope = pull[: len(count)] @ self._of_labels + pull[len(count) :] @ self._of_anchors
            return (
                float(value + _FREE / 2 * bias**2),
                np.append(slope * is_free + self._strength * weights, pull.sum() + _FREE * bias),
            )

        def tell(_at: Floats) -> None:
            nonlocal steps
            steps += 1
            progress(min(steps / _ITERATIONS, 1.0))

        start = np.zeros(len(self._columns) + 1)
        found: Any = minimize(
            loss, start, jac=True, method="L-BFGS-B", callback=tell, options={"maxiter": _ITERATIONS}
        )
        return found.x[:-1], float(found.x[-1])


def _side_by_side(labels: Kept, anchors: Kept) -> tuple[NDArray[np.int64], Any, Any]:
    """The columns that labels have, ascending, and the rows of labels and anchors in these columns alone."""
    of_labels, of_anchors = labels.matrix(), anchors.matrix()
    has_one = np.zeros(COLUMNS, dtype=bool)
    # There may be tens of millions: some at a time, and in place, so that no copy of all of them is made.
    parts = [slice(at, at + _AT_ONCE) for at in range(0, of_labels.nnz, _AT_ONCE)]
    for part in parts:
        has_one[of_labels.indices[part]] = True
    columns = np.flatnonzero(has_one)
    place = np.cumsum(has_one, dtype=np.int32) - 1
    for part in parts:
        of_labels.indices[part] = place[of_labels.indices[part]]
    of_labels.resize(len(labels), len(columns))
    return columns, of_labels, of_anchors[:, columns]
