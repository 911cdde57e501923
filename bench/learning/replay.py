"""One source as a site: its rows in the order a moderator would meet them, and the cost of what is then said."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss, roc_auc_score

from bench.learning.ways import Floats, Judge
from moderation.spam.artefact import Learned
from moderation.spam.corpus import Labelled
from moderation.spam.correction import Labels
from moderation.spam.evaluation import calibration, folds, thresholds
from moderation.spam.examples import BARE, FULL
from moderation.spam.fitting import Matrix, Settings, fitted
from moderation.spam.kept import Kept
from moderation.spam.training import anchors_of, opinions_on_left_out, without_near_duplicates
from moderation.vocabulary import Thresholds

SIZES = (0, 10, 25, 50, 100, 200, 500)
IN_TIME = frozenset({"yt_psy", "yt_katyperry", "yt_lmfao", "blog_haacked", "blog_staticman"})
"""Sources whose dates are real and do not tell the label."""

SHUFFLES = 5
PUBLISHED_SPAM, HELD_HAM, HAM_CALLED_SPAM = 25.0, 1.0, 6.0
"""What an error costs, in held genuine comments: the default thresholds are about those that these make."""

_MOST_JUDGED, _OTHERS = 2000, 2000


@dataclass(frozen=True, slots=True)
class World:
    """All rows, and how log-odds are calibrated: by what is said of sources left out."""

    rows: Sequence[Labelled]
    matrix: Matrix
    line_of: NDArray[np.int64]
    slope: float
    offset: float
    thresholds: Thresholds
    prior: float

    @classmethod
    def of(cls, rows: Sequence[Labelled], matrix: Matrix, settings: Settings) -> World:
        """Judge the left-out sources once for the scale that all sites share."""
        opinions = opinions_on_left_out(matrix, folds(rows, settings.folds), settings)
        slope, offset = calibration(rows, opinions)
        at = thresholds(rows, opinions.moved(slope, offset), settings.prior)
        return cls(rows, matrix, _lines(matrix, len(rows)), slope, offset, at, settings.prior)

    def kept(self, rows: NDArray[np.int64]) -> Kept:
        """Rows of the corpus as they came, first window."""
        return Kept.of_matrix(self.matrix.features[self.line_of[rows]])

    def level(self, threshold: float) -> float:
        """A threshold in log-odds at equal odds."""
        return math.log(threshold / (1 - threshold)) - math.log(self.prior / (1 - self.prior))


@dataclass(frozen=True, slots=True)
class Site:
    """A source that the base knows nothing of, and spam of the other sources that it knows."""

    name: str
    base: Learned
    kept: Kept
    is_spam: NDArray[np.bool_]
    dates: tuple[str, ...]
    others: Kept

    @classmethod
    def of(cls, world: World, name: str, settings: Settings) -> Site:
        """Learn a base without the source."""
        of_source = np.array([row.source == name for row in world.rows])
        (learned_from,) = without_near_duplicates(world.matrix, [of_source[world.matrix.row]])
        rest = world.matrix.chosen(learned_from)
        weights, bias = fitted(rest, settings)
        weights, bias = weights * world.slope, bias * world.slope + world.offset
        step = float(np.abs(weights).max()) / 32_000
        units = np.rint(weights / step).astype(np.int16)
        chance = np.random.default_rng(1)
        is_spam = np.array([row.is_spam for row in world.rows])
        others = chance.choice(np.flatnonzero(is_spam & ~of_source), _OTHERS, replace=False)
        base = Learned(units, step, bias, settings.prior, world.thresholds, anchors_of(rest, settings))
        mine = np.flatnonzero(of_source)
        dates = tuple(world.rows[i].date for i in mine.tolist())
        return cls(name, base, world.kept(mine), is_spam[mine], dates, world.kept(others))

    def streams(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Rows to learn from in order, and rows to judge: later ones where dates are real, else shuffled."""
        count = len(self.is_spam)
        early = min(max(SIZES), count // 2)
        if self.name in IN_TIME:
            order = np.array(sorted(range(count), key=lambda i: (self.dates[i], i)))
            yield order[:early], order[early:][-_MOST_JUDGED:]
            return
        for seed in range(SHUFFLES):
            order = np.random.default_rng(seed).permutation(count)
            yield order[:early], order[early:][:_MOST_JUDGED]


def figures(world: World, judge: Judge, kept: Kept, is_spam: NDArray[np.bool_]) -> dict[str, float]:
    """Cost of one arriving comment at the prior, log loss, AUC, genuine held, spam missed."""
    said = judge(kept)
    hold, spam = world.level(world.thresholds.hold), world.level(world.thresholds.spam)
    held, called = (said[~is_spam] >= hold).mean(), (said[~is_spam] >= spam).mean()
    missed = (said[is_spam] < hold).mean()
    weight = np.where(is_spam, 0.5 / is_spam.mean(), 0.5 / (1 - is_spam.mean()))
    return {
        "cost": world.prior * PUBLISHED_SPAM * missed
        + (1 - world.prior) * (HELD_HAM * held + HAM_CALLED_SPAM * called),
        "log loss": float(log_loss(is_spam, _probability(said), sample_weight=weight)),
        "AUC": float(roc_auc_score(is_spam, said)),
        "genuine held": float(held),
        "spam missed": float(missed),
    }


def labels_of(site: Site, rows: NDArray[np.int64]) -> Labels:
    """The first decisions of a stream."""
    parts = site.kept.rows()
    return Labels(Kept.of([parts[row] for row in rows]), site.is_spam[rows])


def _probability(said: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(said, -30, 30))))


def _lines(matrix: Matrix, count: int) -> NDArray[np.int64]:
    """The line of each row: as it came, first window."""
    lines = np.full(count, -1)
    for kind in (FULL, BARE):
        first, at = np.unique(matrix.row[matrix.kind == kind], return_index=True)
        of_kind = np.flatnonzero(matrix.kind == kind)[at]
        lines[first] = np.where(lines[first] < 0, of_kind, lines[first])
    return lines
