"""Training: examples → feature map → logistic regression, calibrated and given thresholds on sources left out.

Everything is measured before the last fit: each source is left out in turn, and what the others then say of it gives
the calibration, the thresholds and the figures of the card. The last fit is on everything. Deterministic: the same
rows and settings give the same bytes on the same machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam import evaluation
from moderation.spam.artefact import Learned
from moderation.spam.corpus import Labelled
from moderation.spam.examples import Example, Weighing, examples
from moderation.spam.features import COLUMNS, MAP_VERSION

Progress = Callable[[str, float], None]
_CHUNK = 2000
_UNITS = 32_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that training can be told.

    Attributes
    ----------
    strength
        C of the logistic regression: the inverse of its regularisation.
    iterations
        At most so many steps of the solver.
    folds
        Into how many parts the sources are dealt for leaving out.
    prior
        P(spam) to assume where a site knows no better.
    """

    strength: float = 10.0
    iterations: int = 60
    folds: int = 4
    prior: float = 0.05
    weighing: Weighing = field(default_factory=Weighing)


@dataclass(frozen=True, slots=True)
class Trained:
    """What was learned, and the card that goes with it."""

    learned: Learned
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Matrix:
    """All examples as one sparse matrix, with what belongs to each of its lines."""

    features: Any
    is_spam: NDArray[np.bool_]
    weight: NDArray[np.float64]
    row: NDArray[np.int64]
    kind: NDArray[np.str_]

    def chosen(self, mask: NDArray[np.bool_]) -> Matrix:
        """Only the lines where the mask is true."""
        return Matrix(
            self.features[mask], self.is_spam[mask], self.weight[mask], self.row[mask], self.kind[mask]
        )


def train(rows: Sequence[Labelled], settings: Settings, progress: Progress | None = None) -> Trained:
    """Train on all rows.

    Parameters
    ----------
    rows
        Labelled comments of at least two sources that hold both classes between them.
    progress
        Told the stage in words, and how much of the whole is done, 0…1.

    Raises
    ------
    ValueError
        When the rows cannot be learned from.
    """
    _check(rows)
    progress = progress or _silently
    matrix = matrix_of(rows, settings.weighing, lambda done: progress("reading", 0.5 * done))
    fold = evaluation.folds(rows, settings.folds)
    opinions = _opinions_on_left_out(matrix, fold, settings, progress)
    slope, offset = evaluation.calibration(rows, opinions)
    progress("learning from everything", 0.9)
    weights, bias = fitted(matrix, settings)
    learned = _learned(weights * slope, bias * slope + offset, opinions.moved(slope, offset), rows, settings)
    figures = evaluation.figures(rows, opinions.moved(slope, offset), learned.prior, learned.thresholds)
    progress("done", 1.0)
    return Trained(learned, _card(rows, settings, learned, figures))


def matrix_of(rows: Sequence[Labelled], weighing: Weighing, progress: Callable[[float], None]) -> Matrix:
    """The examples of all rows as a matrix, shape (examples, COLUMNS)."""
    from scipy.sparse import vstack  # noqa: PLC0415  a second to import, needed for training alone

    from moderation.spam.groups import FeatureMap  # noqa: PLC0415

    parts, lines = [], []
    chunk: list[Example] = []
    for example in examples(rows, weighing):
        lines.append((example.row, example.kind, example.weight))
        chunk.append(example)
        if len(chunk) == _CHUNK:
            parts.append(FeatureMap().transform([each.reading for each in chunk]))
            chunk = []
            progress(example.row / len(rows))
    if chunk:
        parts.append(FeatureMap().transform([each.reading for each in chunk]))
    row = np.array([line[0] for line in lines])
    return Matrix(
        vstack(parts, format="csr"),
        np.array([labelled.is_spam for labelled in rows])[row],
        np.array([line[2] for line in lines]),
        row,
        np.array([line[1] for line in lines]),
    )


def fitted(matrix: Matrix, settings: Settings) -> tuple[NDArray[np.float64], float]:
    """Weights (COLUMNS,) and bias of a logistic regression, both classes weighing the same in all."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    weight = matrix.weight.copy()
    for spam in (True, False):
        weight[matrix.is_spam == spam] *= len(weight) / 2 / weight[matrix.is_spam == spam].sum()
    model = LogisticRegression(C=settings.strength, max_iter=settings.iterations)
    _fit_quietly(model, matrix, weight)
    return np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])


def _fit_quietly(model: Any, matrix: Matrix, weight: NDArray[np.float64]) -> None:
    import warnings  # noqa: PLC0415

    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415

    with warnings.catch_warnings():
        # The last digits of convergence do not change a verdict; the number of steps is a setting.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(matrix.features, matrix.is_spam, sample_weight=weight)


def _silently(_stage: str, _done: float) -> None:
    """For those who do not ask how far it is."""


def _check(rows: Sequence[Labelled]) -> None:
    if len({row.source for row in rows}) < 2 or len({row.is_spam for row in rows}) < 2:
        raise ValueError("Training needs comments of both classes from two sources or more.")


def _opinions_on_left_out(
    matrix: Matrix, fold: NDArray[np.int64], settings: Settings, progress: Progress
) -> evaluation.Opinions:
    opinions = evaluation.Opinions.none(len(fold))
    numbers = sorted(set(fold[fold >= 0].tolist()))
    for done, number in enumerate(numbers):
        progress(f"leaving sources out, {done + 1} of {len(numbers)}", 0.5 + 0.4 * done / len(numbers))
        is_out = fold[matrix.row] == number
        weights, bias = fitted(matrix.chosen(~is_out), settings)
        out = matrix.chosen(is_out)
        opinions.note(out.row, out.kind, out.features @ weights + bias)
    return opinions


def _learned(
    weights: NDArray[np.float64],
    bias: float,
    opinions: evaluation.Opinions,
    rows: Sequence[Labelled],
    settings: Settings,
) -> Learned:
    step = float(np.abs(weights).max()) / _UNITS
    step = float(f"{step:.4g}") * 1.001
    thresholds = evaluation.thresholds(rows, opinions, settings.prior)
    units = np.rint(weights / step).astype(np.int16)
    return Learned(units, step, round(bias, 6), settings.prior, thresholds)


def _card(
    rows: Sequence[Labelled], settings: Settings, learned: Learned, figures: dict[str, Any]
) -> dict[str, Any]:
    return {
        "version": f"base-{learned.sha256[:8]}",
        "sha256": learned.sha256,
        "feature_map": MAP_VERSION,
        "columns": COLUMNS,
        "prior": learned.prior,
        "thresholds": asdict(learned.thresholds),
        "settings": asdict(settings),
        "data": _counts(rows),
        "figures": figures,
    }


def _counts(rows: Iterable[Labelled]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row.source, {"ham": 0, "spam": 0})["spam" if row.is_spam else "ham"] += 1
    return dict(sorted(counts.items()))


def log_odds_of(prior: float) -> float:
    """The log-odds of a probability."""
    return math.log(prior / (1.0 - prior))
