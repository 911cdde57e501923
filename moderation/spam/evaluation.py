"""Opinions that may be believed: what a classifier says of sources it never saw.

Whole sources are left out, never random rows, and nothing is learned from a near-duplicate of what is judged. One
exception, stated in the card: a source that holds over a quarter of all spam is left out by stretches of time,
because nothing else would be left to learn blog spam from; what it looks like when it is left out whole is given
beside it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.spam.corpus import WRITTEN, Labelled
from moderation.spam.examples import BARE, FULL, GIVEN, NAMED
from moderation.vocabulary import Thresholds, probability

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
_KINDS = (BARE, FULL, NAMED, GIVEN)
_ONLY_LEARNED_FROM = ("synth_", WRITTEN)


@dataclass(frozen=True, slots=True)
class Opinions:
    """Log-odds of rows by a classifier that did not see their source: per kind of variant, NaN where none."""

    of: dict[str, Floats]

    @classmethod
    def none(cls, rows: int) -> Opinions:
        """No opinion on any of so many rows."""
        return cls({kind: np.full(rows, np.nan) for kind in _KINDS})

    def note(self, rows: NDArray[np.int64], kinds: NDArray[np.str_], log_odds: Floats) -> None:
        """Note the log-odds of windows; the highest window speaks for its row."""
        for kind in _KINDS:
            chosen = kinds == kind
            np.fmax.at(self.of[kind], rows[chosen], log_odds[chosen])

    def moved(self, slope: float, offset: float) -> Opinions:
        """The same opinions on another scale."""
        return Opinions({kind: values * slope + offset for kind, values in self.of.items()})

    @property
    def as_it_came(self) -> Floats:
        """With name and website where a row has them."""
        return np.where(np.isnan(self.of[FULL]), self.of[BARE], self.of[FULL])


@dataclass(frozen=True, slots=True)
class Bench:
    """Which rows stand for what the product meets: genuine comments on blogs and news, spam on articles."""

    blog_ham: Mask
    news_ham: Mask
    spam: Mask

    @classmethod
    def of(cls, rows: Sequence[Labelled], known: Mask) -> Bench:
        """By the names of the sources; where none is called a blog or news, all sources are taken."""
        is_spam = np.array([row.is_spam for row in rows])
        blog = np.array(["blog" in row.source or "disqus" in row.source for row in rows])
        news = np.array(["news" in row.source for row in rows])
        real = np.array([not row.source.startswith(_ONLY_LEARNED_FROM) for row in rows]) & known
        bench = cls(blog & ~is_spam & real, news & ~is_spam & real, blog & is_spam & real)
        if bench.blog_ham.any() and bench.news_ham.any() and bench.spam.any():
            return bench
        return cls(~is_spam & known, ~is_spam & known, is_spam & known)

    @property
    def ham(self) -> Mask:
        """All genuine comments of the bench."""
        return self.blog_ham | self.news_ham

    @property
    def rows(self) -> Mask:
        """Everything on the bench."""
        return self.ham | self.spam


def folds(rows: Sequence[Labelled], number: int) -> NDArray[np.int64]:
    """In which fold each row is left out; −1 for rows that are only ever learned from (the invented ones)."""
    fold = np.full(len(rows), -1)
    sizes = Counter(
        (row.source, row.is_spam) for row in rows if not row.source.startswith(_ONLY_LEARNED_FROM)
    )
    sources = sorted(
        {source for source, _ in sizes},
        key=lambda source: (-sizes[source, True], -sizes[source, False], source),
    )
    place = {source: i % number for i, source in enumerate(sources)}
    for i, row in enumerate(rows):
        fold[i] = place.get(row.source, -1)
    source = dominant(rows)
    if source is not None and len(sources) > number:
        spam = [i for i, row in enumerate(rows) if row.source == source and row.is_spam]
        spam.sort(key=lambda i: rows[i].date)
        for block, part in enumerate(np.array_split(np.array(spam), number)):
            fold[part] = block
    return fold


def dominant(rows: Sequence[Labelled]) -> str | None:
    """The source that holds over a quarter of all real spam, if there is one."""
    spam = Counter(
        row.source for row in rows if row.is_spam and not row.source.startswith(_ONLY_LEARNED_FROM)
    )
    source, size = spam.most_common(1)[0] if spam else ("", 0)
    return source if size * 4 > spam.total() else None


def calibration(rows: Sequence[Labelled], opinions: Opinions) -> tuple[float, float]:
    """Slope and offset that bring log-odds nearest to the truth at equal odds, on the bench's left-out rows.

    Platt's two parameters (1999), fitted by Newton's method; a straight line keeps explanations exact sums.
    """
    values = opinions.as_it_came
    bench = Bench.of(rows, ~np.isnan(values))
    x, y = values[bench.rows], bench.spam[bench.rows].astype(float)
    if len(set(y)) < 2:
        return 1.0, 0.0
    weight = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean())) / len(y)
    design = np.stack([x, np.ones_like(x)])
    line = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(line @ design, -30, 30)))
        gradient = design @ (weight * (p - y)) + 1e-6 * (line - (1, 0))
        curvature = (design * (weight * p * (1 - p))) @ design.T + 1e-6 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        line = line - np.clip(step, -1, 1)
    return float(np.clip(line[0], 0.2, 5.0)), float(line[1])


def thresholds(rows: Sequence[Labelled], opinions: Opinions, prior: float) -> Thresholds:
    """Hold where 1 % of genuine news comments would be held; spam where precision is 99 % at the given prior."""
    values = opinions.as_it_came
    bench = Bench.of(rows, ~np.isnan(values))
    shift = math.log(prior / (1 - prior))
    hold = float(np.quantile(values[bench.news_ham], 0.99))
    spam = max(hold, _precise_from(values[bench.spam], values[bench.ham], prior, 0.99))
    return Thresholds(*(min(max(_rounded(probability(at + shift)), 1e-4), 0.9999) for at in (hold, spam)))


def at_equal_odds(threshold: float, prior: float) -> float:
    """The log-odds at equal odds that are this P(spam) at this prior."""
    return math.log(threshold / (1 - threshold)) - math.log(prior / (1 - prior))


def _precise_from(spam: Floats, ham: Floats, prior: float, precision: float) -> float:
    """The lowest log-odds from which on precision is kept, the classes weighed to the prior."""
    levels = np.unique(np.concatenate((spam, ham)))
    caught = 1 - np.searchsorted(np.sort(spam), levels) / len(spam)
    wrong = 1 - np.searchsorted(np.sort(ham), levels) / len(ham)
    total = prior * caught + (1 - prior) * wrong
    is_good = prior * caught >= precision * total
    failing = np.flatnonzero(~is_good)
    first = failing[-1] + 1 if len(failing) else 0
    return float(levels[min(first, len(levels) - 1)])


def _rounded(value: float) -> float:
    return round(float(value), 4)
