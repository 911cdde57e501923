"""Ways to learn from labels on top of a base, all with one face: from labels to the log-odds of other rows.

A way is given all labels of a stream and the numbers of them to stop at, since what runs on a site remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack

from moderation.spam import gate
from moderation.spam.artefact import Anchors, Learned
from moderation.spam.correction import STRENGTH, Correcting, Labels, corrected, log_odds
from moderation.spam.costs import Bar
from moderation.spam.fast import MOST_LABELS, Fast, LatestDecisions
from moderation.spam.fitting import regression
from moderation.spam.kept import Kept

LEARN_EVERY = 50
"""As by default (docs/settings.md)."""

Floats = NDArray[np.float64]
Judge = Callable[[Kept], Floats]


@dataclass(frozen=True, slots=True)
class Site:
    """What a way may know of a site: its base, the bar, the guard set, and how to train everything anew."""

    base: Learned
    bar: Bar
    guard: Kept
    retrained: Callable[[NDArray[np.int64]], Learned]
    stream: NDArray[np.int64]


Way = Callable[[Site, Labels, Sequence[int]], Iterator[tuple[int, Judge]]]


def _each(learn: Callable[[Learned, Labels], Judge]) -> Way:
    """A way that learns at every size from the beginning; no label is the base alone."""

    def way(site: Site, labels: Labels, sizes: Sequence[int]) -> Iterator[tuple[int, Judge]]:
        for size in sizes:
            first = np.arange(len(labels)) < size
            yield size, learn(site.base, labels.chosen(first)) if size else _base_alone(site.base, labels)

    return way


def _base_alone(base: Learned, _labels: Labels) -> Judge:
    return lambda kept: log_odds(base, kept)


def _correction(base: Learned, labels: Labels) -> Judge:
    return _sum(base, corrected(base, labels))


def _held_less(base: Learned, labels: Labels) -> Judge:
    return _sum(base, corrected(base, labels, STRENGTH / 3))


def _held_more(base: Learned, labels: Labels) -> Judge:
    return _sum(base, corrected(base, labels, 3 * STRENGTH))


def _without_anchors(base: Learned, labels: Labels) -> Judge:
    return _sum(base, corrected(replace(base, anchors=Anchors.none()), labels))


def _anchors_by_class(base: Learned, labels: Labels) -> Judge:
    return _sum(base, Correcting(base, labels, wanted=base.anchors.is_spam.astype(float)).learned())


def _base_as_feature(base: Learned, labels: Labels) -> Judge:
    def seen(kept: Kept) -> Any:
        return hstack([kept.matrix(), csr_matrix(10 * log_odds(base, kept)[:, None])], format="csr")

    return _regression(base, labels, seen, 1 / 0.3)


def _recalibration(base: Learned, labels: Labels) -> Judge:
    return _regression(base, labels, lambda kept: csr_matrix(log_odds(base, kept)[:, None]), 100.0)


def _without_base(base: Learned, labels: Labels) -> Judge:
    return _regression(base, labels, lambda kept: kept.matrix(), 10.0)


def _regression(base: Learned, labels: Labels, seen: Callable[[Kept], Any], strength: float) -> Judge:
    features = vstack([seen(labels.kept), seen(base.anchors.kept)], format="csr")
    is_spam = np.concatenate((labels.is_spam, base.anchors.is_spam))
    weights, bias = regression(features, is_spam, np.ones(len(is_spam)), strength, 60)
    return lambda kept: np.asarray(seen(kept) @ weights + bias)


def _full_retrain(site: Site, _labels: Labels, sizes: Sequence[int]) -> Iterator[tuple[int, Judge]]:
    """The base's whole training again, the labels a source among the others."""
    for size in sizes:
        yield size, _sum(site.retrained(site.stream[:size]) if size else site.base, None)


def _as_it_runs(site: Site, labels: Labels, sizes: Sequence[int]) -> Iterator[tuple[int, Judge]]:
    """The fast layer at once, and a champion past the gate after every fifty labels, as a site runs it."""
    running = _Running(site, labels)
    for size in sizes:
        running.learn_until(size)
        yield size, running.judge(size)


def _fast_layer(site: Site, labels: Labels, sizes: Sequence[int]) -> Iterator[tuple[int, Judge]]:
    """The fast layer alone."""
    running = _Running(site, labels)
    for size in sizes:
        yield size, running.judge(size)


class _Running:
    """A site at work: its champion, and until where that has learned."""

    def __init__(self, site: Site, labels: Labels) -> None:
        self.site, self.labels = site, labels
        self.champion: Learned | None = None
        self.until, self.asked = 0, 0

    def learn_until(self, size: int) -> None:
        """Try a challenger after every fifty labels."""
        while self.asked + LEARN_EVERY <= size:
            self.asked += LEARN_EVERY
            self._try(self.asked)

    def judge(self, size: int) -> Judge:
        """What the three layers say."""
        number = np.arange(len(self.labels))
        latest = self.labels.chosen((number >= max(self.until, size - MOST_LABELS)) & (number < size))
        champion = _sum(self.site.base, self.champion)
        if not len(latest):
            return champion
        fitting = LatestDecisions(self.site.base.anchors, champion(self.site.base.anchors.kept))
        named = [
            (str(i).encode(), row, bool(is_spam))
            for i, (row, is_spam) in enumerate(zip(latest.kept.rows(), latest.is_spam, strict=True))
        ]
        weights, bias = fitting.fitted(named[::-1], champion(latest.kept)[::-1])
        fast = Fast(size, weights, bias, self.site.bar.hold, self.site.bar.spam)

        def say(kept: Kept) -> Floats:
            said = champion(kept)
            asked = kept.products(weights.astype(np.float64)) + bias
            pairs = zip(said.tolist(), asked.tolist(), strict=True)
            return np.asarray(said + asked * [fast.share(*pair) for pair in pairs])

        return say

    def _try(self, size: int) -> None:
        known = self.labels.chosen(np.arange(len(self.labels)) < size)
        is_late = np.arange(size) >= size - max((size - self.until) // 2, min(gate.ENOUGH, size - self.until))
        correcting = Correcting(self.site.base, known)
        late = known.chosen(is_late)
        if not self._passes(correcting.learned(is_late), late):
            return
        whole = correcting.learned()
        if not self._newly_held(whole):
            self.champion, self.until = whole, size

    def _passes(self, twin: Learned, late: Labels) -> bool:
        case = gate.Case(
            _sum(self.site.base, self.champion)(late.kept),
            _sum(self.site.base, twin)(late.kept),
            late.is_spam,
            np.ones(len(late), dtype=np.int64),
            np.ones(len(late)),
        )
        return gate.judge(case, self.site.bar, self._newly_held(twin)).passes

    def _newly_held(self, site: Learned) -> list[str]:
        hold = self.site.bar.hold
        before, after = (_sum(self.site.base, each)(self.site.guard) for each in (self.champion, site))
        return ["a text"] if ((before < hold) & (after >= hold)).any() else []


def _sum(base: Learned, site: Learned | None) -> Judge:
    return lambda kept: log_odds(base, kept) + (0.0 if site is None else log_odds(site, kept))


WAYS: dict[str, Way] = {
    "base alone": _each(_base_alone),
    "correction (shipped)": _each(_correction),
    "as it runs": _as_it_runs,
    "fast layer alone": _fast_layer,
    "correction, a third of the penalty": _each(_held_less),
    "correction, three times the penalty": _each(_held_more),
    "correction without anchors": _each(_without_anchors),
    "correction, anchors by class": _each(_anchors_by_class),
    "base as a feature": _each(_base_as_feature),
    "slope and bias": _each(_recalibration),
    "without the base": _each(_without_base),
    "full retrain": _full_retrain,
}
