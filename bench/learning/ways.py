"""Ways to learn from labels on top of a base, all with one face: from labels to the log-odds of other rows.

A way is given all labels of a stream and the numbers of them to stop at, since what runs on a site remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Self

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


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to judge, laid out once since every way judges them: as a matrix, and what the base says of them."""

    matrix: Any
    by_base: Floats

    @classmethod
    def of(cls, base: Learned, kept: Kept) -> Self:
        """Lay kept rows out."""
        return cls(kept.matrix(), log_odds(base, kept))

    def by(self, learned: Learned | None) -> Floats:
        """What a classifier says of them, or what a correction adds; nothing where there is none."""
        if learned is None:
            return np.zeros(len(self.by_base))
        return np.asarray(self.matrix @ (learned.weights * np.float64(learned.step)) + learned.bias)


Judge = Callable[[Rows], Floats]


@dataclass(frozen=True, slots=True)
class Site:
    """What a way may know of a site: its base, the bar, the guard set, and how to train everything anew.

    `memory` holds what several ways would learn from the same labels of a stream.
    """

    base: Learned
    bar: Bar
    guard: Rows
    retrained: Callable[[NDArray[np.int64]], Learned]
    stream: NDArray[np.int64]
    memory: dict[tuple[float, int], Learned] = field(default_factory=dict)

    def corrected(self, labels: Labels, size: int, strength: float) -> Learned:
        """The correction that the first labels teach."""
        if (strength, size) not in self.memory:
            self.memory[strength, size] = corrected(self.base, _first(labels, size), strength)
        return self.memory[strength, size]


Way = Callable[[Site, Labels, Sequence[int]], Iterator[tuple[int, Judge]]]


def _first(labels: Labels, size: int) -> Labels:
    return labels.chosen(np.arange(len(labels)) < size)


def _each(learn: Callable[[Learned, Labels], Judge]) -> Way:
    """A way that learns at every size from the beginning; no label is the base alone."""

    def way(site: Site, labels: Labels, sizes: Sequence[int]) -> Iterator[tuple[int, Judge]]:
        for size in sizes:
            yield size, learn(site.base, _first(labels, size)) if size else _sum(None)

    return way


def _base_alone(_site: Site, _labels: Labels, sizes: Sequence[int]) -> Iterator[tuple[int, Judge]]:
    for size in sizes:
        yield size, _sum(None)


def _correction(
    site: Site, labels: Labels, sizes: Sequence[int], strength: float = STRENGTH
) -> Iterator[tuple[int, Judge]]:
    for size in sizes:
        yield size, _sum(site.corrected(labels, size, strength) if size else None)


def _without_anchors(base: Learned, labels: Labels) -> Judge:
    return _sum(corrected(replace(base, anchors=Anchors.none()), labels))


def _anchors_by_class(base: Learned, labels: Labels) -> Judge:
    return _sum(Correcting(base, labels, wanted=base.anchors.is_spam.astype(float)).learned())


def _base_as_feature(base: Learned, labels: Labels) -> Judge:
    def seen(rows: Rows) -> Any:
        return hstack([rows.matrix, csr_matrix(10 * rows.by_base[:, None])], format="csr")

    return _regression(base, labels, seen, 1 / 0.3)


def _recalibration(base: Learned, labels: Labels) -> Judge:
    return _regression(base, labels, lambda rows: csr_matrix(rows.by_base[:, None]), 100.0)


def _without_base(base: Learned, labels: Labels) -> Judge:
    return _regression(base, labels, lambda rows: rows.matrix, 10.0)


def _regression(base: Learned, labels: Labels, seen: Callable[[Rows], Any], strength: float) -> Judge:
    both = [seen(Rows.of(base, kept)) for kept in (labels.kept, base.anchors.kept)]
    is_spam = np.concatenate((labels.is_spam, base.anchors.is_spam))
    weights, bias = regression(vstack(both, format="csr"), is_spam, np.ones(len(is_spam)), strength, 60)
    return lambda rows: np.asarray(seen(rows) @ weights + bias)


def _full_retrain(site: Site, _labels: Labels, sizes: Sequence[int]) -> Iterator[tuple[int, Judge]]:
    """The base's whole training again, the labels a source among the others; at some sizes, since it takes long."""
    for size in sizes:
        if size in RETRAINED:
            whole = site.retrained(site.stream[:size]) if size else site.base
            yield size, partial(Rows.by, learned=whole)


RETRAINED = (0, 50, 100, 200, 500)
"""Numbers of labels at which everything is trained anew."""


@dataclass(frozen=True, slots=True)
class _AsItRuns:
    """The fast layer at once, and a champion past the gate after so many labels, as a site runs it.

    Attributes
    ----------
    after
        From how many labels a challenger is tried after how many more; None where there is no champion.
    strength
        Of the champion's penalty.
    most
        The latest labels that the fast layer knows.
    lets_go
        Whether it knows only those that the champion has not learned from.
    """

    after: Callable[[int], int] | None = lambda _asked: LEARN_EVERY
    strength: float = STRENGTH
    most: int = MOST_LABELS
    lets_go: bool = False

    def __call__(self, site: Site, labels: Labels, sizes: Sequence[int]) -> Iterator[tuple[int, Judge]]:
        running = _Running(site, labels, self.strength)
        for size in sizes:
            while self.after and running.asked + self.after(running.asked) <= size:
                running.tries(running.asked + self.after(running.asked))
            since = max(size - self.most, running.until if self.lets_go else 0)
            yield size, running.judge(since, size)


class _Running:
    """A site at work: its champion, and until where that has learned."""

    def __init__(self, site: Site, labels: Labels, strength: float) -> None:
        self.site, self.labels, self.strength = site, labels, strength
        self.rows = Rows.of(site.base, labels.kept)
        self.anchors = Rows.of(site.base, site.base.anchors.kept)
        self.champion: Learned | None = None
        self.until, self.asked = 0, 0

    def judge(self, since: int, size: int) -> Judge:
        """What the three layers say, the fast one knowing the labels from `since` on."""
        number = np.arange(len(self.labels))
        is_latest = (number >= since) & (number < size)
        champion = _sum(self.champion)
        if not is_latest.any():
            return champion
        latest = self.labels.chosen(is_latest)
        fitting = LatestDecisions(self.site.base.anchors, champion(self.anchors))
        named = [
            (str(i).encode(), row, bool(is_spam))
            for i, (row, is_spam) in enumerate(zip(latest.kept.rows(), latest.is_spam, strict=True))
        ]
        weights, bias = fitting.fitted(named[::-1], champion(self.rows)[is_latest][::-1])
        fast = Fast(size, weights, bias, self.site.bar.hold, self.site.bar.spam)

        def say(rows: Rows) -> Floats:
            said, asked = champion(rows), rows.matrix @ weights.astype(np.float64) + bias
            pairs = zip(said.tolist(), asked.tolist(), strict=True)
            return np.asarray(said + asked * [fast.share(*pair) for pair in pairs])

        return say

    def tries(self, size: int) -> None:
        """Let a challenger learn from so many labels, and step in if it passes."""
        self.asked = size
        late = max((size - self.until) // 2, min(gate.ENOUGH, size - self.until))
        twin = self.site.corrected(self.labels, size - late, self.strength)
        if not self._passes(twin, slice(size - late, size)):
            return
        whole = self.site.corrected(self.labels, size, self.strength)
        if not self._newly_held(whole):
            self.champion, self.until = whole, size

    def _passes(self, twin: Learned, late: slice) -> bool:
        before, after = (_sum(each)(self.rows)[late] for each in (self.champion, twin))
        count = len(before)
        case = gate.Case(
            before, after, self.labels.is_spam[late], np.ones(count, dtype=np.int64), np.ones(count)
        )
        return gate.judge(case, self.site.bar, self._newly_held(twin)).passes

    def _newly_held(self, site: Learned) -> list[str]:
        hold = self.site.bar.hold
        before, after = (_sum(each)(self.site.guard) for each in (self.champion, site))
        return ["a text"] if ((before < hold) & (after >= hold)).any() else []


def _sum(site: Learned | None) -> Judge:
    return lambda rows: rows.by_base + rows.by(site)


def _sooner(asked: int) -> int:
    """At 20, 40 and 80 labels, then as always."""
    return 20 if not asked else min(asked, LEARN_EVERY) if asked <= 40 else LEARN_EVERY


WAYS: dict[str, Way] = {
    "base alone": _base_alone,
    "correction (shipped)": _correction,
    "as it runs": _AsItRuns(),
    "as it runs, but for labels that the version knows": _AsItRuns(lets_go=True),
    "as it runs, with the latest 200 labels": _AsItRuns(most=200),
    "as it runs, versions at 20, 40 and 80 labels too": _AsItRuns(after=_sooner),
    "as it runs, three times the version's penalty": _AsItRuns(strength=3 * STRENGTH),
    "fast layer alone": _AsItRuns(after=None),
    "correction, a third of the penalty": partial(_correction, strength=STRENGTH / 3),
    "correction, three times the penalty": partial(_correction, strength=3 * STRENGTH),
    "correction without anchors": _each(_without_anchors),
    "correction, anchors by class": _each(_anchors_by_class),
    "base as a feature": _each(_base_as_feature),
    "slope and bias": _each(_recalibration),
    "without the base": _each(_without_base),
    "full retrain": _full_retrain,
}
