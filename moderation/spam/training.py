"""Training: examples → feature map → logistic regression, calibrated and given thresholds on sources left out.

Everything is measured before the last fit: each source is left out in turn, and what the others then say of it gives
the calibration, the thresholds and the figures of the card. What is shipped is the mean of these fits and of one on
everything. Deterministic: the same rows and settings give the same bytes on the same machine.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam import evaluation, figures, near_duplicates
from moderation.spam.artefact import Anchors, Learned
from moderation.spam.corpus import Labelled
from moderation.spam.features import COLUMNS, MAP_VERSION
from moderation.spam.fitting import Matrix, Settings, TooLittle, balanced, fitted, matrix_of
from moderation.spam.kept import Kept

Progress = Callable[[str, float], None]
Fit = tuple[NDArray[np.float64], float]
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
    fits = dict(fits_on_left_out(matrix, fold, settings, progress))
    opinions = opinions_of(fits, matrix, fold)
    slope, offset = evaluation.calibration(rows, opinions)
    progress("learning from everything", 0.9)
    weights, bias = _committee([fitted(matrix, settings), *fits.values()])
    opinions = opinions.moved(slope, offset)
    learned = _learned(weights * slope, bias * slope + offset, opinions, rows, settings)
    learned = replace(learned, anchors=anchors_of(matrix, settings))
    card = _card(rows, settings, learned, opinions)
    if also_without_largest and (source := evaluation.dominant(rows)) is not None:
        progress("leaving the largest source out whole", 0.95)
        auc = _auc_left_out_whole(rows, matrix, fold, source, settings)
        card["figures"]["auc_of_largest_left_out_whole"] = auc
    progress("done", 1.0)
    return Trained(learned, card, opinions)


def _committee(fits: Sequence[Fit]) -> Fit:
    """The mean of all fits: of the one on everything, and of those that left a part out to be judged by.

    They are there anyway, and err in ways of their own (Parmanto, Munro and Doyle 1996).
    """
    return np.mean([weights for weights, _ in fits], axis=0), float(np.mean([bias for _, bias in fits]))


def _silently(_stage: str, _done: float) -> None:
    """For those who do not ask how far it is."""


def _check(rows: Sequence[Labelled]) -> None:
    if len({row.source for row in rows}) < 2 or len({row.is_spam for row in rows}) < 2:
        raise ValueError("Training needs comments of both classes from two sources or more")


def opinions_on_left_out(
    matrix: Matrix, fold: NDArray[np.int64], settings: Settings, progress: Progress | None = None
) -> evaluation.Opinions:
    """What is said of each row by what saw neither its fold nor a near-duplicate of it; see `evaluation.folds`."""
    return opinions_of(dict(fits_on_left_out(matrix, fold, settings, progress)), matrix, fold)


def opinions_of(fits: Mapping[int, Fit], matrix: Matrix, fold: NDArray[np.int64]) -> evaluation.Opinions:
    """What each fold's fit says of the rows that it left out."""
    opinions = evaluation.Opinions.none(len(fold))
    for number, (weights, bias) in fits.items():
        out = matrix.chosen(fold[matrix.row] == number)
        opinions.note(out.row, out.kind, out.features @ weights + bias)
    return opinions


def learning_curve(
    rows: Sequence[Labelled], settings: Settings, shares: Sequence[float], progress: Progress | None = None
) -> Iterator[tuple[float, figures.Named]]:
    """The bench's figures when only a share of the comments of each source is learned from.

    A share that is too little to learn from is passed over.
    """
    progress = progress or _silently
    matrix = matrix_of(rows, settings.weighing, lambda _: None)
    fold = evaluation.folds(rows, settings.folds)
    order = np.random.default_rng(settings.weighing.seed).random(len(rows))[matrix.row]
    for share in shares:
        progress(f"the learning curve at {share:.0%}", share)
        is_out = [fold[matrix.row] == number for number in range(settings.folds)]
        try:
            fits = [fitted(matrix.chosen(~each & (order < share)), settings) for each in is_out]
        except TooLittle:
            continue
        opinions = opinions_of(dict(enumerate(fits)), matrix, fold)
        opinions = opinions.moved(*evaluation.calibration(rows, opinions))
        at = evaluation.thresholds(rows, opinions, settings.prior)
        yield share, figures.headline(figures.Judged.of(rows, opinions), settings.prior, at)


def fits_on_left_out(
    matrix: Matrix, fold: NDArray[np.int64], settings: Settings, progress: Progress | None = None
) -> Iterator[tuple[int, Fit]]:
    """Of each fold its number, and the weights and bias of what did not learn from it."""
    progress = progress or _silently
    numbers = sorted(set(fold[fold >= 0].tolist()))
    learned_from = without_near_duplicates(matrix, [fold[matrix.row] == number for number in numbers])
    with warnings.catch_warnings(), ThreadPoolExecutor(_AT_ONCE) as pool:  # sparse products need no lock
        warnings.simplefilter("ignore", UserWarning)  # each fit does so too, and threads share the filters
        fits = pool.map(lambda mask: fitted(matrix.chosen(mask), settings), learned_from)
        for done, (number, fit) in enumerate(zip(numbers, fits, strict=True), start=1):
            yield number, fit
            progress(f"sources left out, {done} of {len(numbers)}", 0.5 + 0.4 * done / len(numbers))


def without_near_duplicates(matrix: Matrix, outs: Sequence[evaluation.Mask]) -> list[evaluation.Mask]:
    """For each set of lines that are left out, those that may be learned from."""
    rows, first = np.unique(matrix.row, return_index=True)
    group = np.zeros(rows.max() + 1, dtype=np.int64)
    group[rows] = near_duplicates.groups(matrix.features[first])
    group_of_line = group[matrix.row]
    return [~np.isin(group_of_line, np.unique(group_of_line[is_out])) for is_out in outs]


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
    return figures.auc_against_bench(rows, opinions, of_source)


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
    rows: Sequence[Labelled], settings: Settings, learned: Learned, opinions: evaluation.Opinions
) -> dict[str, Any]:
    judged, at = figures.Judged.of(rows, opinions), learned.thresholds
    hold = evaluation.at_equal_odds(at.hold, learned.prior)
    return {
        "version": f"base-{learned.sha256[:8]}",
        "sha256": learned.sha256,
        "feature_map": MAP_VERSION,
        "columns": COLUMNS,
        "prior": learned.prior,
        "thresholds": asdict(at),
        "settings": asdict(settings),
        "data": _counts(rows),
        "figures": _rounded(figures.headline(judged, learned.prior, at) | figures.elsewhere(rows, opinions)),
        "intervals": _rounded(figures.intervals(judged, learned.prior, at)),
        "tables": {
            name: {
                group: _rounded(asdict(told))
                for group, told in figures.table(rows, opinions, hold, of).items()
            }
            for name, of in figures.GROUPINGS.items()
        },
    }


def _rounded(told: dict[str, Any]) -> dict[str, Any]:
    """Numbers to four places, also those in pairs."""
    return {
        name: round(value, 4)
        if isinstance(value, float)
        else [round(each, 4) for each in value]
        if isinstance(value, tuple)
        else value
        for name, value in told.items()
    }


def _counts(rows: Iterable[Labelled]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row.source, {"ham": 0, "spam": 0})["spam" if row.is_spam else "ham"] += 1
    return dict(sorted(counts.items()))
