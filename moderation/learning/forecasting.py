"""What thresholds would do here, told before anybody saves them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from moderation.learning import past
from moderation.learning.champion import in_use
from moderation.learning.scorer import Scorer
from moderation.learning.terms import Terms, derived
from moderation.spam.costs import Bar, Costs, probabilities
from moderation.spam.forecast import Arrivals, Estimate, Forecast, forecast, share_of_spam

_POINTS = 15


@dataclass(frozen=True, slots=True)
class Preview:
    """The terms in force beside others, on the same arrivals.

    Attributes
    ----------
    now, then
        The terms in force, and those that are asked about.
    does_now, would_do
        What comes of either, a day.
    arrivals, days
        How many comments it rests on, and in how many days they came; borrowed ones stand for a hundred a day.
    checked
        How many of the labels answer a spot check.
    prior
        The share of spam among arrivals, as this past tells it.
    curve
        The cost a day for thresholds of holding from low to high, all else as asked.
    """

    now: Terms
    then: Terms
    does_now: Forecast
    would_do: Forecast
    arrivals: int
    days: float
    checked: int
    is_borrowed: bool
    prior: Estimate
    curve: tuple[tuple[float, Estimate], ...]


def preview(scorer: Scorer, costs: Costs, prior: float | None, now: datetime) -> Preview:
    """What other costs and another prior would lead to.

    Parameters
    ----------
    prior
        None for the classifier's own.

    Raises
    ------
    Refused
        There is no classifier in use.
    """
    champion = in_use()
    current = scorer.terms
    asked = derived(costs, prior, scorer.given, champion.base.prior)
    came = past.arrivals(now)
    is_borrowed = len(came) < past.FEWEST
    if is_borrowed:
        came = past.borrowed(champion, current.prior)
    then = asked.bar
    # Both are priced at the costs that are asked about: those are what the operator believes now.
    today = replace(current.bar, costs=costs)
    return Preview(
        current,
        asked,
        forecast(came, came.under(today), today),
        forecast(came, came.under(then), then),
        len(came),
        came.days,
        int(((came.label >= 0) & (came.chance < 1)).sum()),
        is_borrowed,
        share_of_spam(came, then),
        tuple(_curve(came, then)),
    )


def _curve(came: Arrivals, bar: Bar) -> list[tuple[float, Estimate]]:
    """Cost against the threshold of holding, on a scale of odds."""
    top = bar.spam + bar.shift
    levels = np.linspace(min(-7.0, bar.hold + bar.shift), top, _POINTS)
    found = []
    for hold, p in zip(levels.tolist(), probabilities(levels).tolist(), strict=True):
        at = replace(bar, hold=hold - bar.shift)
        found.append((p, forecast(came, came.under(at), at).cost))
    return found
