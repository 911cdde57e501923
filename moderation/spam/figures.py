"""The figures of a classifier, from opinions on sources it never saw: one line for the bench, and tables.

The *bench* is spam on article pages against genuine comments on blogs and under news, the classes weighed to the
prior. *There* is where half a percent of the genuine news comments would be held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from moderation.spam.corpus import Labelled
from moderation.spam.costs import Bar, Costs, probabilities
from moderation.spam.evaluation import Bench, Floats, Mask, Opinions
from moderation.spam.examples import GIVEN, NAMED
from moderation.vocabulary import Thresholds

RESAMPLES = 200
CERTAIN = 0.99
ENOUGH = 20
"""Comments of a class from which on a group of them has a share in a table."""

_LENGTHS = (0, 25, 80, 250, 1000, 10**9)
_VIDEO = re.compile(r"yt_(?!id_)")
_CHATS = re.compile(r"tg_|yt_id_|ham_ru_chats|spam_ru_tgjobs|spam_en_xcrypto")
_MENTORS = re.compile(r"spam_en_ytcrypto")
Named = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Judged:
    """Log-odds at equal odds of the bench: of news and blogs, genuine; of spam, with the number of its source.

    `named` and `given` are those of the news comments given a name, or name and website; NaN where none was given.
    """

    news: Floats
    named: Floats
    given: Floats
    blogs: Floats
    spam: Floats
    site: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Labelled], opinions: Opinions) -> Self:
        """The bench of these rows."""
        values = opinions.as_it_came
        bench = Bench.of(rows, ~np.isnan(values))
        sources = np.array([row.source for row in rows])[bench.spam]
        return cls(
            values[bench.news_ham],
            opinions.of[NAMED][bench.news_ham],
            opinions.of[GIVEN][bench.news_ham],
            values[bench.blog_ham],
            values[bench.spam],
            np.unique(sources, return_inverse=True)[1],
        )

    def drawn(self, chance: np.random.Generator) -> Judged:
        """A bootstrap resample: each part of the bench by itself."""
        news, blogs, spam = (
            chance.integers(len(part), size=len(part)) for part in (self.news, self.blogs, self.spam)
        )
        return Judged(
            self.news[news],
            self.named[news],
            self.given[news],
            self.blogs[blogs],
            self.spam[spam],
            self.site[spam],
        )

    @property
    def ham(self) -> Floats:
        """All genuine comments."""
        return np.concatenate((self.news, self.blogs))

    @property
    def half_percent(self) -> float:
        """The log-odds that half a percent of the genuine news comments exceed."""
        return float(np.quantile(self.news, 0.995))


def precision_and_recall(judged: Judged, prior: float) -> tuple[float, float]:
    """Average precision at the prior, and recall at 1 % false positives."""
    from sklearn.metrics import average_precision_score  # noqa: PLC0415

    ham, spam = judged.ham, judged.spam
    y = np.concatenate((np.zeros(len(ham), dtype=bool), np.ones(len(spam), dtype=bool)))
    weight = np.where(y, prior / len(spam), (1 - prior) / len(ham))
    precision = average_precision_score(y, np.concatenate((ham, spam)), sample_weight=weight)
    return float(precision), float((spam > np.quantile(ham, 0.99)).mean())


def headline(judged: Judged, prior: float, at: Thresholds) -> Named:
    """The bench in one line."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    precision, recall = precision_and_recall(judged, prior)
    ham, spam, there = judged.ham, judged.spam, judged.half_percent
    y = np.concatenate((np.zeros(len(ham), dtype=bool), np.ones(len(spam), dtype=bool)))
    values = np.concatenate((ham, spam))
    weight = np.where(y, prior / len(spam), (1 - prior) / len(ham))
    bar = Bar.of(at, prior, Costs())
    p = probabilities(values + bar.shift)
    return {
        "auc": float(roc_auc_score(y, values)),
        "average_precision": precision,
        "recall_at_1_percent": recall,
        "recall_at_0.1_percent": _share(spam, float(np.quantile(ham, 0.999))),
        "caught_at_half_percent_of_news": _share(spam, there),
        "mean_over_sites_caught_there": float(
            np.mean([_share(spam[judged.site == site], there) for site in np.unique(judged.site)])
        ),
        "blog_ham_held_there": _share(judged.blogs, there),
        "news_given_a_name_held_there": _share(judged.named, there),
        "news_given_a_website_held_there": _share(judged.given, there),
        "expected_calibration_error": _calibration_error(p, y, weight),
        "brier": float(np.average((p - y) ** 2, weights=weight)),
        "precision_at_spam": _precision(p, y, weight, at.spam),
        "recall_at_spam": float((p[y] >= at.spam).mean()),
        "precision_at_0.99": _precision(p, y, weight, CERTAIN),
        "recall_at_0.99": float((p[y] >= CERTAIN).mean()),
        "recall_at_hold": float((p[y] >= at.hold).mean()),
        "cost_of_1000_comments": 1000 * float(np.average(bar.costs_of(values, y), weights=weight)),
    }


def intervals(judged: Judged, prior: float, at: Thresholds) -> dict[str, tuple[float, float] | None]:
    """Of each figure of the bench the middle 95 % of bootstrap resamples."""
    chance = np.random.default_rng(1)
    drawn = [headline(judged.drawn(chance), prior, at) for _ in range(RESAMPLES)]
    found: dict[str, tuple[float, float] | None] = {}
    for name, first in drawn[0].items():
        values = [value for each in drawn if (value := each[name]) is not None]
        found[name] = None if first is None else tuple(np.quantile(values, (0.025, 0.975)).tolist())
    return found


def elsewhere(rows: Sequence[Labelled], opinions: Opinions) -> Named:
    """Beyond the bench: under videos, in chats and on social networks, invented mentors; None where are none."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    values = opinions.as_it_came
    is_spam = np.array([row.is_spam for row in rows])
    judged = Judged.of(rows, opinions)

    def of(pattern: re.Pattern[str]) -> Mask:
        return np.array([pattern.match(row.source) is not None for row in rows]) & ~np.isnan(values)

    def auc(chosen: Mask) -> float | None:
        both = chosen.any() and len(set(is_spam[chosen].tolist())) == 2
        return float(roc_auc_score(is_spam[chosen], values[chosen])) if both else None

    mentors = values[of(_MENTORS) & is_spam]
    russian = np.array([row.language == "ru" for row in rows]) & of(_CHATS) & is_spam
    return {
        "auc_under_videos": auc(of(_VIDEO)),
        "auc_in_chats": auc(of(_CHATS)),
        "mentors_caught_there": _share(mentors, judged.half_percent),
        "russian_chat_spam_caught_there": _share(values[russian], judged.half_percent),
    }


GROUPINGS: dict[str, Callable[[Labelled], str]] = {
    "source": lambda row: row.source,
    "language": lambda row: row.language or "unknown",
    "length": lambda row: length_of(row.candidate.text),
}
"""The tables: what comments are grouped by."""


@dataclass(frozen=True, slots=True)
class Group:
    """How a group of comments fares: shares are None where there are too few of a class.

    Attributes
    ----------
    ham, spam
        How many there are.
    held, held_there
        Share of the genuine held at the default threshold, and there.
    caught, caught_there
        Share of the spam held or more at the default threshold, and there.
    """

    ham: int
    held: float | None
    held_there: float | None
    spam: int
    caught: float | None
    caught_there: float | None


def table(
    rows: Sequence[Labelled], opinions: Opinions, hold: float, of: Callable[[Labelled], str]
) -> dict[str, Group]:
    """The groups of comments in alphabetical order.

    Parameters
    ----------
    hold
        The default threshold, in log-odds at equal odds.
    of
        What a row is grouped by, see `GROUPINGS`.
    """
    values = opinions.as_it_came
    there = Judged.of(rows, opinions).half_percent
    is_spam = np.array([row.is_spam for row in rows])
    names = np.array([of(row) for row in rows])
    found = {}
    for name in sorted(set(names[~np.isnan(values)].tolist())):
        of_group = (names == name) & ~np.isnan(values)
        ham, spam = values[of_group & ~is_spam], values[of_group & is_spam]
        told = [
            _share(part, level) if len(part) >= ENOUGH else None
            for part in (ham, spam)
            for level in (hold, there)
        ]
        found[name] = Group(len(ham), told[0], told[1], len(spam), told[2], told[3])
    return found


def length_of(text: str) -> str:
    """The class of lengths a text falls in, in characters."""
    low, high = next((low, high) for low, high in pairwise(_LENGTHS) if low <= len(text) < high)
    return f"{low:>4} and more characters" if high == _LENGTHS[-1] else f"{low:>4} to {high - 1}"


def auc_against_bench(rows: Sequence[Labelled], opinions: Opinions, of_source: Mask) -> float | None:
    """AUC of the spam of one source against the genuine comments of the bench that there is an opinion on."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    values = opinions.as_it_came
    known = ~np.isnan(values)
    spam = of_source & known & np.array([row.is_spam for row in rows])
    ham = Bench.of(rows, known).ham & ~of_source
    if not spam.any() or not ham.any():
        return None
    chosen = spam | ham
    return float(roc_auc_score(spam[chosen], values[chosen]))


def _share(values: Floats, level: float) -> float | None:
    known = values[~np.isnan(values)]
    return float((known > level).mean()) if len(known) else None


def _precision(p: Floats, y: Mask, weight: Floats, at: float) -> float:
    called = p >= at
    return float(np.average(y[called], weights=weight[called])) if called.any() else 1.0


def _calibration_error(p: Floats, y: Mask, weight: Floats, bins: int = 15) -> float:
    """Expected calibration error over bins of equal width."""
    which = np.minimum((p * bins).astype(int), bins - 1)
    in_bin = np.bincount(which, weight, bins)
    gaps = np.bincount(which, weight * (p - y), bins)
    return float(np.abs(gaps).sum() / in_bin.sum())
