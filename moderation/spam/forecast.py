"""What thresholds would have done with a site's own past: so many a day, with which errors, and how sure that is.

Of what was held, people decided on nearly all; of what the policy published or called spam by itself, on what chance
drew for a spot check, and these stand for the others. So comments are counted in cells, by what was done with them
and by what would be done, and in each the share of spam is a beta distribution: labels, weighed by 1 ⁄ their chance,
on top of the classifier's own word, which counts as much as `WORTH` labels. Where labels are few that word decides,
and where they are many it is forgotten. Rates are gamma distributions, as of events that come one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam.costs import Bar, Costs, Floats, Mask, probabilities

WORTH = 20.0
"""Labels that the classifier's own word counts as much as."""

APPROVED, HELD, SPAM = 0, 1, 2
"""What is done with a comment, in the order of strength."""

_DRAWS = 2000
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Comments that arrived, one entry of each array a comment.

    Attributes
    ----------
    log_odds
        What the classifier said on arrival, at equal odds; NaN where it said nothing.
    besides
        What the other reasons asked for: APPROVED, HELD or SPAM.
    done
        What the policy did on arrival.
    label
        1 spam, 0 ham, −1 where no person has said.
    chance
        With which chance a person was asked, NaN where nobody was: of what was held, 1.
    weight
        How many comments each stands for.
    days
        Days they took to arrive.
    """

    log_odds: Floats
    besides: Numbers
    done: Numbers
    label: Numbers
    chance: Floats
    weight: Floats
    days: float

    def __len__(self) -> int:
        return len(self.log_odds)

    def under(self, bar: Bar) -> Numbers:
        """What would be done with each under these thresholds."""
        said = np.where(self.log_odds >= bar.spam, SPAM, np.where(self.log_odds >= bar.hold, HELD, APPROVED))
        return np.maximum(np.where(np.isnan(self.log_odds), HELD, said), self.besides)

    @property
    def is_evidence(self) -> Mask:
        """Which labels stand for others: not those that a person came upon without being asked."""
        return (self.label >= 0) & ~np.isnan(self.chance)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the interval that holds it 95 times of 100."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What comes of thresholds, a day.

    Attributes
    ----------
    published, held, called
        Comments that go on the page, wait, and are called spam.
    published_spam, held_ham, lost_ham
        The errors among them.
    cost
        Of errors and of looks at held spam, in genuine comments that wait.
    labels
        How many labels it rests on.
    """

    published: Estimate
    held: Estimate
    called: Estimate
    published_spam: Estimate
    held_ham: Estimate
    lost_ham: Estimate
    cost: Estimate
    labels: int


def forecast(arrivals: Arrivals, verdicts: Numbers, bar: Bar) -> Forecast:
    """What comes a day of these verdicts on these arrivals.

    Parameters
    ----------
    verdicts
        `arrivals.under(bar)`, or `arrivals.done` for what was done.
    """
    cells = [_Cell.of(arrivals, (arrivals.done == was) & (verdicts == is_now), bar) for was, is_now in _CELLS]
    chance = np.random.default_rng(1)
    drawn = [cell.drawn(chance) for cell in cells]
    mean = [(cell.rate, cell.rate * cell.share) for cell in cells]
    return Forecast(
        **{name: _estimate(name, mean, drawn, bar.costs) for name in _PARTS},
        labels=int(arrivals.is_evidence.sum()),
    )


def share_of_spam(arrivals: Arrivals, bar: Bar) -> Estimate:
    """The share of spam among arrivals: the site's own prior."""
    cells = [_Cell.of(arrivals, arrivals.done == was, bar) for was in (APPROVED, HELD, SPAM)]
    chance = np.random.default_rng(1)
    drawn = [cell.drawn(chance) for cell in cells]
    total = sum(cell.rate for cell in cells)
    if not total:
        return Estimate(bar.prior, 0.0, 1.0)
    shares = sum(spam for _, spam in drawn) / sum(rate for rate, _ in drawn)
    low, high = np.quantile(shares, (0.025, 0.975))
    return Estimate(sum(cell.rate * cell.share for cell in cells) / total, float(low), float(high))


@dataclass(frozen=True, slots=True)
class _Cell:
    """Comments with which the same was and would be done: so many a day, and two counts for the share of spam."""

    rate: float
    count: float
    days: float
    spam: float
    ham: float

    @classmethod
    def of(cls, arrivals: Arrivals, chosen: Mask, bar: Bar) -> _Cell:
        said = probabilities(np.nan_to_num(arrivals.log_odds[chosen]) + bar.shift)
        said = np.where(np.isnan(arrivals.log_odds[chosen]), bar.prior, said)
        weight = arrivals.weight[chosen]
        total = float(weight.sum())
        word = float(weight @ said / total) if total else bar.prior
        is_known = arrivals.is_evidence[chosen]
        each = weight[is_known] / arrivals.chance[chosen][is_known]
        worth = float(each.sum() ** 2 / (each**2).sum()) if len(each) else 0.0
        share = float(np.average(arrivals.label[chosen][is_known], weights=each)) if len(each) else 0.0
        spam, ham = WORTH * word + worth * share, WORTH * (1 - word) + worth * (1 - share)
        return cls(total / arrivals.days, total, arrivals.days, spam, ham)

    @property
    def share(self) -> float:
        return self.spam / (self.spam + self.ham)

    def drawn(self, chance: np.random.Generator) -> tuple[Floats, Floats]:
        """Draws of how many come a day, and how many of these are spam."""
        if not self.count:
            return np.zeros(_DRAWS), np.zeros(_DRAWS)
        rate = chance.gamma(self.count + 0.5, 1.0, _DRAWS) / self.days
        return rate, rate * chance.beta(max(self.spam, 1e-9), max(self.ham, 1e-9), _DRAWS)


_CELLS = [(was, is_now) for was in (APPROVED, HELD, SPAM) for is_now in (APPROVED, HELD, SPAM)]
_PARTS = ("published", "held", "called", "published_spam", "held_ham", "lost_ham", "cost")


def _estimate(
    name: str, mean: list[tuple[float, float]], drawn: list[tuple[Floats, Floats]], costs: Costs
) -> Estimate:
    low, high = np.quantile(_part(name, drawn, costs), (0.025, 0.975))
    return Estimate(float(_part(name, mean, costs)), float(low), float(high))


def _part(name: str, cells: list[Any], costs: Costs) -> Any:
    """One number of the forecast, from how many there are in each cell and how many of them are spam."""

    def of(verdict: int) -> tuple[Any, Any]:
        chosen = [cell for (_, is_now), cell in zip(_CELLS, cells, strict=True) if is_now == verdict]
        return sum(total for total, _ in chosen), sum(spam for _, spam in chosen)

    (published, published_spam), (held, held_spam), (called, called_spam) = map(of, (APPROVED, HELD, SPAM))
    held_ham, lost_ham = held - held_spam, called - called_spam
    if name == "cost":
        return (
            costs.published_spam * published_spam
            + costs.held_ham * held_ham
            + costs.lost_ham * lost_ham
            + costs.look * held_spam
        )
    named = {"published": published, "held": held, "called": called}
    return (named | {"published_spam": published_spam, "held_ham": held_ham, "lost_ham": lost_ham})[name]
