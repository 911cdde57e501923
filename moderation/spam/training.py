"""Training: examples → feature map → logistic regression, calibrated and given thresholds on sources left out.

Everything is measured before the last fit: each source is left out in turn, and what the others then say of it gives
the calibration, the thresholds and the figures of the card. The last fit is on everything. Deterministic: the same
rows and settings give the same bytes on the same machine.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam import evaluation
from moderation.spam.artefact import Anchors, Learned
from moderation.spam.corpus import Labelled
from moderation.spam.features import COLUMNS, MAP_VERSION
from moderation.spam.fitting import Matrix, Settings, balanced, fitted, matrix_of
from moderation.spam.kept import Kept

Progress = Callable[[str, float], None]
_UNITS = 32_000
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Trained:
    """What was learned, the card that goes with it, and what was said of each row by what did not see its source."""

    learned: Learned
    card: dict[str, Any]
    opinions: evaluation.Opinions


def train(
    rows: Sequence[Labelled],
    settings: Settings,
    progress: Progress | None = None,
    *,
    also_without_largest: bool = False,
) -> Trained:
    """Train on all rows.

    Parameters
    ----------
    rows
        Labelled comments of at least two sources that hold both classes between them.
    progress
        Told the stage in words, and how much of the whole is done, 0…1.
    also_without_largest
        Also judge the largest source by what learned nothing from it, which takes one more fit.

    Raises
    ------
    ValueError
        When the rows cannot be learned from.
    """
    _check(rows)
    progress = progress or _silently
    matrix = matrix_of(rows, settings.weighing, lambda done: progress("reading", 0.5 * done))
    fold = evaluation.folds(rows, settings.folds)
    opinions = opinions_on_left_out(matrix, fold, settings, progress)
    slope, offset = evaluation.calibration(rows, opinions)
    progress("learning from everything", 0.9)
    weights, bias = fitted(matrix, settings)
    opinions = opinions.moved(slope, offset)
    learned = _learned(weights * slope, bias * slope + offset, opinions, rows, settings)
    learned = replace(learned, anchors=anchors_of(matrix, settings))
    figures = evaluation.figures(rows, opinions, learned.prior, learned.thresholds)
    if also_without_largest and (source := evaluation.dominant(rows)) is not None:
        progress("leaving the largest source out whole", 0.95)
        figures["auc_of_largest_left_out_whole"] = _auc_left_out_whole(rows, matrix, fold, source, settings)
    progress("done", 1.0)
    return Trained(learned, _card(rows, settings, learned, figures), opinions)


def _silently(_stage: str, _done: float) -> None:
    """For those who do not ask how far it is."""


def _check(rows: Sequence[Labelled]) -> None:
    if len({row.source for row in rows}) < 2 or len({row.is_spam for row in rows}) < 2:
        raise ValueError("Training needs comments of both classes from two sources or more.")


def opinions_on_left_out(
    matrix: Matrix, fold: NDArray[np.int64], settings: Settings, progress: Progress | None = None
) -> evaluation.Opinions:
    """What is said of each row by what did not see its fold; see `evaluation.folds`."""
    progress = progress or _silently
    opinions = evaluation.Opinions.none(len(fold))
    numbers = sorted(set(fold[fold >= 0].tolist()))
    outs = [fold[matrix.row] == number for number in numbers]
    with warnings.catch_warnings(), ThreadPoolExecutor(_AT_ONCE) as pool:  # sparse products need no lock
        warnings.simplefilter("ignore", UserWarning)  # each fit does so too, and threads share the filters
        fits = pool.map(lambda is_out: fitted(matrix.chosen(~is_out), settings), outs)
        for done, (is_out, (weights, bias)) in enumerate(zip(outs, fits, strict=True), start=1):
            out = matrix.chosen(is_out)
            opinions.note(out.row, out.kind, out.features @ weights + bias)
            progress(f"sources left out, {done} of {len(numbers)}", 0.5 + 0.4 * done / len(numbers))
    return opinions


def _auc_left_out_whole(
    rows: Sequence[Labelled], matrix: Matrix, fold: NDArray[np.int64], source: str, settings: Settings
) -> float | None:
    """A source's spam against the bench's ham of the first fold, by what learned from neither."""
    of_source = np.array([row.source == source for row in rows])
    is_out = of_source | (fold == 0)
    if not (is_out & ~of_source).any() or len(set(matrix.is_spam[~is_out[matrix.row]].tolist())) < 2:
        return None
    weights, bias = fitted(matrix.chosen(~is_out[matrix.row]), settings)
    opinions = evaluation.Opinions.none(len(rows))
    out = matrix.chosen(is_out[matrix.row])
    opinions.note(out.row, out.kind, out.features @ weights + bias)
    return evaluation.auc_against_bench(rows, opinions, of_source)


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


def anchors_of(matrix: Matrix, settings: Settings) -> Anchors:
    """Examples drawn by their weights, so that they stand for all that was learned from."""
    weight = balanced(matrix)
    chance = np.random.default_rng(settings.weighing.seed)
    count = min(settings.anchors, int((weight > 0).sum()))
    chosen = np.sort(chance.choice(len(weight), count, replace=False, p=weight / weight.sum()))
    return Anchors(Kept.of_matrix(matrix.features[chosen]), matrix.is_spam[chosen])


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
