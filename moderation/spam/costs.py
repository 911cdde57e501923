"""What errors cost, and the thresholds that follow from it.

A score is a calibrated probability, so the thresholds need no search: a comment is held from where publishing it
would cost more on average, and called spam from where holding it would (Elkan, The Foundations of Cost-Sensitive
Learning, IJCAI 2001, with a third choice).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.vocabulary import Thresholds

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST, MOST = 0.01, 1000.0
"""Between which every cost lies."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What errors cost, in genuine comments that wait; any unit will do, since only their ratios matter.

    Attributes
    ----------
    published_spam
        Spam that goes on the page.
    held_ham
        A genuine comment that waits for a person.
    lost_ham
        A genuine comment that goes to spam, where hardly anybody looks; more than one that waits.
    look
        A moderator's look at spam that was held; less than spam that is published.
    """

    published_spam: float = 40.0
    held_ham: float = 1.0
    lost_ham: float = 7.0
    look: float = 0.5

    def __post_init__(self) -> None:
        """Raise ValueError for costs by which nothing would ever be held, or nothing published."""
        given = (self.published_spam, self.held_ham, self.lost_ham, self.look)
        if not all(math.isfinite(each) and LEAST <= each <= MOST for each in given):
            raise ValueError(f"Every cost is a number from {LEAST:g} to {MOST:g}.")
        if self.look >= self.published_spam:
            raise ValueError("Spam on the page must cost more than a look at it.")
        if self.held_ham >= self.lost_ham:
            raise ValueError("A genuine comment in the spam must cost more than one that waits.")

    @property
    def thresholds(self) -> Thresholds:
        """P(spam) from which holding costs less than publishing, and calling it spam less than holding.

        >>> Costs(published_spam=10, held_ham=1, lost_ham=10, look=1).thresholds
        Thresholds(hold=0.1, spam=0.9)
        """
        hold = self.held_ham / (self.published_spam - self.look)
        spam = (self.lost_ham - self.held_ham) / self.look
        return Thresholds(_rounded(min(hold, spam)), _rounded(spam))


@dataclass(frozen=True, slots=True)
class Bar:
    """What decides: the thresholds in log-odds at equal odds, the site's prior, and the costs."""

    hold: float
    spam: float
    prior: float
    costs: Costs

    @classmethod
    def of(cls, thresholds: Thresholds, prior: float, costs: Costs) -> Bar:
        """The bar for thresholds that are probabilities at the prior."""
        shift = log_odds_of(prior)
        return cls(log_odds_of(thresholds.hold) - shift, log_odds_of(thresholds.spam) - shift, prior, costs)

    @property
    def shift(self) -> float:
        """What the prior adds to log-odds at equal odds."""
        return log_odds_of(self.prior)

    def costs_of(self, said: Floats, is_spam: Mask) -> Floats:
        """What each comment costs by what was said of it at equal odds, shape (comments,)."""
        held, called = said >= self.hold, said >= self.spam
        of_spam = np.where(called, 0.0, np.where(held, self.costs.look, self.costs.published_spam))
        of_ham = np.where(called, self.costs.lost_ham, np.where(held, self.costs.held_ham, 0.0))
        return np.asarray(np.where(is_spam, of_spam, of_ham))


def log_odds_of(probability: float) -> float:
    """The inverse of the logistic function, without overflow at either end."""
    probability = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(probability / (1.0 - probability))


def probabilities(log_odds: Floats) -> Floats:
    """The logistic function of many."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -500, 500))))


def _rounded(odds: float) -> float:
    return round(odds / (1.0 + odds), 6)
