"""Every learner judged on the same left-out sources, and how far each is behind the champion on the same rows."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import process_time

import numpy as np

from moderation.spam import evaluation, figures
from moderation.spam.corpus import Labelled
from moderation.spam.examples import examples
from moderation.spam.figures import Judged, Named
from moderation.spam.fitting import Matrix, Settings, matrix_of
from moderation.spam.learners import Learner, learners
from moderation.spam.reference import reference_features
from moderation.spam.training import without_near_duplicates

COMPARED = (
    "auc",
    "average_precision",
    "recall_at_1_percent",
    "recall_at_0.1_percent",
    "caught_at_half_percent_of_news",
    "blog_ham_held_there",
    "expected_calibration_error",
    "cost_of_1000_comments",
)
Interval = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one learner did.

    Attributes
    ----------
    figures
        Those of the bench (see `figures.headline`), after a straight line of calibration of its own.
    behind
        By how much its average precision, and its recall at 1 % false positives, are below the champion's on the
        same rows: 2.5 %, 50 % and 97.5 % of paired bootstrap resamples.
    seconds
        Processor time of all its fits and judgements.
    """

    name: str
    figures: Named
    behind: tuple[Interval, Interval]
    seconds: float


def compare(
    rows: Sequence[Labelled], settings: Settings, progress: Callable[[str], None]
) -> Iterator[Standing]:
    """Judge every learner by the protocol of `evaluation`; the champion, first, is what is shipped."""
    progress("reading")
    matrix = matrix_of(rows, settings.weighing, lambda _: None)
    fold = evaluation.folds(rows, settings.folds)
    outs = [fold[matrix.row] == number for number in range(settings.folds)]
    learned_from = without_near_duplicates(matrix, outs)
    champion: Judged | None = None
    reference: Matrix | None = None
    for name, learner in learners(settings).items():
        progress(name)
        if learner.of_reference and reference is None:
            readings = [example.reading for example in examples(rows, settings.weighing)]
            reference = replace(matrix, features=reference_features(readings, matrix.features))
        seen = reference if learner.of_reference and reference is not None else matrix
        began = process_time()
        opinions = _opinions(seen, rows, learner, outs, learned_from)
        seconds = process_time() - began
        judged = Judged.of(rows, opinions)
        champion = champion or judged
        thresholds = evaluation.thresholds(rows, opinions, settings.prior)
        told = figures.headline(judged, settings.prior, thresholds)
        yield Standing(name, told, _behind(champion, judged, settings.prior), seconds)


def _opinions(
    matrix: Matrix,
    rows: Sequence[Labelled],
    learner: Learner,
    outs: Sequence[evaluation.Mask],
    learned_from: Sequence[evaluation.Mask],
) -> evaluation.Opinions:
    opinions = evaluation.Opinions.none(len(rows))
    for is_out, is_learned in zip(outs, learned_from, strict=True):
        judge = learner.learn(matrix.chosen(is_learned), rows)
        out = matrix.chosen(is_out)
        opinions.note(out.row, out.kind, judge(out))
        gc.collect()
    return opinions.moved(*evaluation.calibration(rows, opinions))


def _behind(champion: Judged, other: Judged, prior: float) -> tuple[Interval, Interval]:
    differences = []
    for seed in range(figures.RESAMPLES):
        first, second = (
            figures.precision_and_recall(each.drawn(np.random.default_rng(seed)), prior)
            for each in (champion, other)
        )
        differences.append((first[0] - second[0], first[1] - second[1]))
    low, middle, high = np.quantile(np.array(differences), (0.025, 0.5, 0.975), axis=0)
    precision, recall = zip(low.tolist(), middle.tolist(), high.tolist(), strict=True)
    return precision, recall
