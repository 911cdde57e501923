"""One source as a site: its rows in the order a moderator would meet them, and the cost of what is then said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss, roc_auc_score

from bench.learning.ways import Floats, Rows, Site, Way
from moderation.spam import Candidate, Classifier
from moderation.spam.artefact import Learned
from moderation.spam.corpus import WRITTEN, Labelled
from moderation.spam.correction import Labels
from moderation.spam.costs import Bar, Costs, probabilities
from moderation.spam.evaluation import calibration, folds
from moderation.spam.examples import BARE, FULL
from moderation.spam.fitting import Matrix, Settings, fitted, matrix_of
from moderation.spam.innocent import innocent
from moderation.spam.kept import Kept
from moderation.spam.training import anchors_of, opinions_on_left_out, without_near_duplicates

SIZES = (0, 10, 25, 50, 100, 200, 500)
IN_TIME = frozenset({"yt_psy", "yt_katyperry", "yt_lmfao", "blog_haacked", "blog_staticman"})
"""Sources whose dates are real and do not tell the label."""

SHUFFLES = 5
_ENOUGH = 20
_MOST_JUDGED, _OTHERS = 2000, 2000
Tell = Callable[[str], None]
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class World:
    """All rows, and how log-odds are calibrated: by what is said of sources left out."""

    rows: Sequence[Labelled]
    matrix: Matrix
    settings: Settings
    slope: float
    offset: float
    sources: tuple[str, ...]
    learned_from: Mapping[str, NDArray[np.bool_]]
    bar: Bar

    @classmethod
    def of(cls, rows: Sequence[Labelled], settings: Settings, tell: Tell) -> World:
        """Judge the left-out sources once for the scale that all sites share."""
        matrix = matrix_of(rows, settings.weighing, lambda _: None)
        tell("judging sources left out, for the scale")
        opinions = opinions_on_left_out(matrix, folds(rows, settings.folds), settings)
        slope, offset = calibration(rows, opinions)
        tell("looking for near-duplicates")
        sources = _with_both(rows)
        outs = [np.array([row.source == name for row in rows])[matrix.row] for name in sources]
        learned_from = dict(zip(sources, without_near_duplicates(matrix, outs), strict=True))
        bar = Bar.of(Costs().thresholds, settings.prior, Costs())
        return cls(rows, matrix, settings, slope, offset, sources, learned_from, bar)

    def fit(self, matrix: Matrix) -> Learned:
        """A base learned from these lines, without anchors."""
        weights, bias = fitted(matrix, self.settings)
        weights, bias = weights * self.slope, bias * self.slope + self.offset
        step = float(np.abs(weights).max()) / 32_000
        units = np.rint(weights / step).astype(np.int16)
        return Learned(units, step, bias, self.settings.prior, Costs().thresholds)

    def kept(self, rows: NDArray[np.int64]) -> Kept:
        """Rows of the corpus as they came, first window."""
        lines = np.full(len(self.rows), -1)
        for kind in (FULL, BARE):
            of_kind = np.flatnonzero(self.matrix.kind == kind)
            first, at = np.unique(self.matrix.row[of_kind], return_index=True)
            lines[first] = np.where(lines[first] < 0, of_kind[at], lines[first])
        return Kept.of_matrix(self.matrix.features[lines[rows]])


@dataclass(frozen=True, slots=True)
class Stream:
    """Rows to learn from in order, and rows to judge: positions in the source."""

    learn: NDArray[np.int64]
    judge: NDArray[np.int64]


def replayed(world: World, name: str, ways: Mapping[str, Way]) -> Iterator[tuple[str, int, int, Figures]]:
    """Way, number of the stream, labels, and the figures of what is then said."""
    mine = np.flatnonzero([row.source == name for row in world.rows])
    kept, is_spam = world.kept(mine), np.array([world.rows[i].is_spam for i in mine.tolist()])
    site = _site(world, name, mine)
    others = Rows.of(site.base, _spam_elsewhere(world, name))
    parts = kept.rows()
    dates = [world.rows[i].date for i in mine.tolist()]
    for number, stream in enumerate(_streams(name, dates)):
        if is_spam[stream.judge].sum() < 5:
            continue
        labels = Labels(Kept.of([parts[i] for i in stream.learn.tolist()]), is_spam[stream.learn])
        judged = Rows.of(site.base, Kept.of([parts[i] for i in stream.judge.tolist()]))
        truth = is_spam[stream.judge]
        sizes = [size for size in SIZES if size <= len(labels)]
        of_stream = replace(site, stream=stream.learn, memory={})
        unlearned: Floats | None = None
        for way, learner in ways.items():
            if number and way in ONE_STREAM:
                continue
            for size, say in learner(of_stream, labels, sizes):
                said = say(judged)
                unlearned = said if unlearned is None else unlearned
                yield way, number, size, _figures(world.bar, said, unlearned, truth, say(others))


ONE_STREAM = frozenset({"full retrain", "base as a feature", "without the base"})
"""What takes so long that only the first stream is replayed."""


def _site(world: World, name: str, mine: NDArray[np.int64]) -> Site:
    """A base without the source, and how to learn it anew with some rows of it."""
    rest = world.matrix.chosen(world.learned_from[name])
    base = replace(world.fit(rest), anchors=anchors_of(rest, world.settings))
    del rest

    def retrained(stream: NDArray[np.int64]) -> Learned:
        return world.fit(_with_labels(world, world.learned_from[name], mine[stream]))

    guard = Kept.joined(
        [Classifier(base).kept(Candidate(text)) for texts in innocent().values() for text in texts]
    )
    return Site(base, world.bar, Rows.of(base, guard), retrained, np.empty(0, dtype=np.int64))


def _with_labels(world: World, rest: NDArray[np.bool_], rows: NDArray[np.int64]) -> Matrix:
    """The lines of the base and those of these rows, weighed as a source that has these rows alone."""
    is_label = np.isin(world.matrix.row, rows)
    weight = world.matrix.weight.copy()
    exponent = world.settings.weighing.source_exponent
    for spam in (True, False):
        of_class = is_label & (world.matrix.is_spam == spam)
        labels = len(np.unique(world.matrix.row[of_class]))
        name = world.rows[int(rows[0])].source
        whole = sum(row.source == name and row.is_spam == spam for row in world.rows)
        weight[of_class] *= (whole / max(labels, 1)) ** exponent
    return replace(world.matrix, weight=weight).chosen(rest | is_label)


def _spam_elsewhere(world: World, name: str) -> Kept:
    """Spam of the other sources, that the base has learned from."""
    spam = np.flatnonzero([row.is_spam and row.source not in (name, WRITTEN) for row in world.rows])
    return world.kept(np.random.default_rng(1).choice(spam, _OTHERS, replace=False))


def _streams(name: str, dates: Sequence[str]) -> Iterator[Stream]:
    """In the order of time where dates are real, else in seeded shuffles; judged is what comes later."""
    count = len(dates)
    early = min(max(SIZES), count // 2)
    if name in IN_TIME:
        order = np.array(sorted(range(count), key=lambda i: (dates[i], i)))
        yield Stream(order[:early], order[early:][:_MOST_JUDGED])
        return
    for seed in range(SHUFFLES):
        order = np.random.default_rng(seed).permutation(count)
        yield Stream(order[:early], order[early:][:_MOST_JUDGED])


def _figures(
    bar: Bar, said: Floats, unlearned: Floats, is_spam: NDArray[np.bool_], elsewhere: Floats
) -> Figures:
    """What is told of one stream; "gain" and its variance are beside the base alone."""
    cost, before = bar.costs_of(said, is_spam), bar.costs_of(unlearned, is_spam)
    equal = np.where(is_spam, 0.5 / is_spam.mean(), 0.5 / (1 - is_spam.mean()))
    gain, of_spam, of_ham = before - cost, is_spam, ~is_spam
    return {
        "cost": _at_prior(bar, cost, is_spam),
        "gain": _at_prior(bar, gain, is_spam),
        "variance": bar.prior**2 * gain[of_spam].var() / of_spam.sum()
        + (1 - bar.prior) ** 2 * gain[of_ham].var() / of_ham.sum(),
        "log loss": float(log_loss(is_spam, probabilities(said), sample_weight=equal)),
        "AUC": float(roc_auc_score(is_spam, said)),
        "genuine held": float((said[of_ham] >= bar.hold).mean()),
        "spam missed": float((said[of_spam] < bar.hold).mean()),
        "spam elsewhere": float((elsewhere > 0).mean()),
    }


def _at_prior(bar: Bar, values: Floats, is_spam: NDArray[np.bool_]) -> float:
    """The mean over arriving comments, of which so many are spam as the prior says."""
    return float(bar.prior * values[is_spam].mean() + (1 - bar.prior) * values[~is_spam].mean())


def _with_both(rows: Sequence[Labelled]) -> tuple[str, ...]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        counts[row.source][row.is_spam] += 1
    return tuple(
        sorted(
            name
            for name, both in counts.items()
            if min(both) >= _ENOUGH and name != WRITTEN and not name.startswith("synth_")
        )
    )
