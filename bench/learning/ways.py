"""Ways to learn from labels on top of a base, all with one face: from labels to the log-odds of other rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression

from moderation.spam.artefact import Learned
from moderation.spam.correction import Labels, corrected, log_odds
from moderation.spam.kept import Kept

Floats = NDArray[np.float64]
Judge = Callable[[Kept], Floats]
Way = Callable[[Learned, Labels], Judge]


def base_alone(base: Learned, _labels: Labels) -> Judge:
    """Nothing is learned."""
    return lambda kept: log_odds(base, kept)


def correction(base: Learned, labels: Labels) -> Judge:
    """What is shipped: a correction of the base's log-odds, learned from labels and anchors."""
    site = corrected(base, labels)
    return lambda kept: log_odds(base, kept) + log_odds(site, kept)


def base_as_feature(base: Learned, labels: Labels) -> Judge:
    """scikit-learn's logistic regression with the base's log-odds as one hardly regularised feature."""

    def seen(kept: Kept) -> Any:
        return hstack([csr_matrix(10 * log_odds(base, kept)[:, None]), kept.matrix()], format="csr")

    return _regression(base, labels, seen, 1 / 0.3)


def recalibration(base: Learned, labels: Labels) -> Judge:
    """Slope and bias alone: what moving the thresholds could do."""
    return _regression(base, labels, lambda kept: csr_matrix(log_odds(base, kept)[:, None]), 100.0)


def without_base(base: Learned, labels: Labels) -> Judge:
    """A classifier of labels and anchors alone, without the base's log-odds."""
    return _regression(base, labels, lambda kept: kept.matrix(), 10.0)


def _regression(base: Learned, labels: Labels, seen: Callable[[Kept], Any], strength: float) -> Judge:
    features = vstack([seen(labels.kept), seen(base.anchors.kept)], format="csr")
    is_spam = np.concatenate((labels.is_spam, base.anchors.is_spam))
    model = LogisticRegression(C=strength, max_iter=200).fit(features, is_spam)
    return lambda kept: np.asarray(model.decision_function(seen(kept)))


WAYS: dict[str, Way] = {
    "base alone": base_alone,
    "correction (shipped)": correction,
    "base as a feature": base_as_feature,
    "slope and bias": recalibration,
    "without the base": without_base,
}
