"""What a site's own decisions add to the base: a correction of its log-odds, learned from labels and anchors.

The base's log-odds are an offset that the correction cannot undo, so that no label is no change, and few labels are
little. Only columns that a label has are corrected. The base's anchors are replayed beside the labels: what a site
approves by the hundred must not make it forget what spam looks like elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam.artefact import Anchors, Learned
from moderation.spam.features import COLUMNS
from moderation.spam.kept import Kept

STRENGTH = 0.3
"""Weight of the squared correction beside the labels' losses: chosen on sources left out (docs/classifier.md)."""

_ITERATIONS = 60
_UNITS = 32_000
_FREE = 1e-4  # a bias is hardly held back, only kept from running off where one class has no example


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
    is_spam: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.is_spam)

    def chosen(self, which: NDArray[np.bool_]) -> Labels:
        """Only some of them."""
        return Labels(self.kept.chosen(which), self.is_spam[which])


def log_odds(learned: Learned, kept: Kept) -> NDArray[np.float64]:
    """What a classifier says of kept rows, or what a correction adds, at equal odds, shape (rows,)."""
    weights = learned.weights * learned.step
    return np.array([learned.bias + weights[columns] @ values for columns, values in kept.rows()])


def corrected(base: Learned, labels: Labels, strength: float = STRENGTH) -> Learned:
    """Learn a correction of the base.

    Minimises Σ log(1 + exp(−y (o + xᵀd + b))) + strength ⁄ 2 · |d|² over labels and anchors alike, o being the base's
    log-odds of each and y ±1, by L-BFGS. The same labels in the same order give the same bytes.

    Returns
    -------
    Learned
        Weights and bias are what is added to the base's; prior and thresholds are the base's.
    """
    if not len(labels):
        return Learned(np.zeros(COLUMNS, dtype=np.int16), 1.0, 0.0, base.prior, base.thresholds)
    columns, weights, bias = _fitted(base, base.anchors, labels, strength)
    step = (float(np.abs(weights).max(initial=0.0)) or 1.0) / _UNITS
    step = float(f"{step:.4g}") * 1.001
    units = np.zeros(COLUMNS, dtype=np.int16)
    units[columns] = np.rint(weights / step)
    return Learned(units, step, round(bias, 6), base.prior, base.thresholds)


def _fitted(
    base: Learned, anchors: Anchors, labels: Labels, strength: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
    from scipy.optimize import minimize  # noqa: PLC0415  needed for learning alone
    from scipy.sparse import vstack  # noqa: PLC0415

    of_labels = labels.kept.matrix()
    columns = np.unique(of_labels.indices).astype(np.int64)
    features = vstack([of_labels[:, columns], anchors.kept.matrix()[:, columns]], format="csr")
    offset = np.concatenate((log_odds(base, labels.kept), log_odds(base, anchors.kept)))
    sign = np.where(np.concatenate((labels.is_spam, anchors.is_spam)), 1.0, -1.0)
    transposed = features.T.tocsr()

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = parameters[:-1], parameters[-1]
        margin = sign * (offset + features @ weights + bias)
        pull = -sign / (1.0 + np.exp(np.clip(margin, -500, 500)))
        value = np.logaddexp(0.0, -margin).sum() + strength / 2 * (weights @ weights) + _FREE / 2 * bias**2
        return float(value), np.append(transposed @ pull + strength * weights, pull.sum() + _FREE * bias)

    start = np.zeros(len(columns) + 1)
    found: Any = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS})
    return columns, found.x[:-1], float(found.x[-1])
