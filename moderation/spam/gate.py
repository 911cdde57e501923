"""The gate: whether a challenger is better than the champion on decisions that neither has seen, beyond chance.

Everything is paired: the same decisions, both opinions. The intervals are those of a bootstrap over decisions. Each
counts as often as it stands for others: 1 ⁄ the chance with which it came to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam.costs import Bar, Floats, Mask, probabilities

ENOUGH = 10
"""Decisions, and decisions of one person, from which on they are evidence."""

MEASURES = ("log loss", "cost", "AUC", "calibration error", "genuine held", "spam published")
"""What is compared; less is better, but for the AUC."""

_RESAMPLES = 1000
_EDGES = np.array([0.01, 0.03, 0.1, 0.3, 0.7, 0.9])
Interval = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Case:
    """The decisions to judge by: what either says at equal odds, what people said, who, and with which chance."""

    champion: Floats
    challenger: Floats
    is_spam: Mask
    people: NDArray[np.int64]
    chances: Floats

    @property
    def weight(self) -> Floats:
        """How many arrivals each decision stands for."""
        return np.asarray(1.0 / self.chances)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate says.

    Attributes
    ----------
    champion, challenger
        Each measure of either; None where one of the classes is missing.
    better_by
        By how much the challenger is better in each measure: 2.5 %, mean, 97.5 % of paired bootstrap resamples.
    reasons
        Why it was refused; empty when it may pass.
    """

    judged: int
    champion: dict[str, float | None]
    challenger: dict[str, float | None]
    better_by: dict[str, Interval | None]
    reasons: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether the challenger may become champion."""
        return not self.reasons

    def told(self) -> dict[str, Any]:
        """Everything as plain values."""
        return asdict(self)


def judge(case: Case, bar: Bar, newly_held: Sequence[str], at_work: Collection[int] = ()) -> Judgement:
    """Compare the two.

    Parameters
    ----------
    newly_held
        Plainly genuine comments that the challenger would hold and the champion does not.
    at_work
        Who has decided in number lately: with several people, none of them alone moves the classifier.
    """
    both = [_Said.of(said, case.is_spam, bar) for said in (case.champion, case.challenger)]
    champion, challenger = (_measured(said, case.weight[None, :]) for said in both)
    better = {name: _better_by(name, values) for name, values in _resampled(both, case.weight).items()}
    return Judgement(
        len(case.weight),
        {name: _only(values) for name, values in champion.items()},
        {name: _only(values) for name, values in challenger.items()},
        better,
        (
            *_of_measures(len(case.weight), better),
            *_of_the_guard_set(newly_held),
            *_of_people(case, both, at_work),
        ),
    )


def refused(judgement: Judgement, newly_held: Sequence[str]) -> Judgement:
    """The same judgement, with what was found out of the guard set since."""
    reasons = (*judgement.reasons, *_of_the_guard_set(newly_held))
    return Judgement(judgement.judged, judgement.champion, judgement.challenger, judgement.better_by, reasons)


@dataclass(frozen=True, slots=True)
class _Said:
    """What one of the two says of each decision, in every way that is measured."""

    is_spam: Mask
    loss: Floats
    cost: Floats
    is_held: Mask
    gap: Floats
    bin: NDArray[np.int64]
    level: NDArray[np.int64]

    @classmethod
    def of(cls, said: Floats, is_spam: Mask, bar: Bar) -> _Said:
        at_prior = said + bar.shift
        p = probabilities(at_prior)
        return cls(
            is_spam,
            np.asarray(np.logaddexp(0.0, np.where(is_spam, -at_prior, at_prior))),
            bar.costs_of(said, is_spam),
            said >= bar.hold,
            p - is_spam,
            np.searchsorted(_EDGES, p),
            np.unique(said, return_inverse=True)[1],
        )


def _measured(said: _Said, weight: Floats) -> dict[str, Floats]:
    """Each measure under several weightings of the decisions, shape (weightings, decisions)."""
    ham, spam = ~said.is_spam, said.is_spam
    return {
        "log loss": _mean(said.loss, weight),
        "cost": _mean(said.cost, weight),
        "AUC": np.array([_auc(said, each) for each in weight]),
        "calibration error": _calibration_error(said, weight),
        "genuine held": _mean(said.is_held[ham].astype(float), weight[:, ham]),
        "spam published": _mean((~said.is_held[spam]).astype(float), weight[:, spam]),
    }


def _resampled(both: Sequence[_Said], weight: Floats) -> dict[str, Floats]:
    """By how much less the challenger has of each measure, in every resample."""
    count = len(weight)
    if not count:
        return dict.fromkeys(MEASURES, np.array([np.nan]))
    drawn = np.random.default_rng(1).multinomial(count, np.full(count, 1.0 / count), size=_RESAMPLES)
    # The first weighting is the decisions as they are.
    weightings = np.concatenate((weight[None, :], drawn * weight))
    champion, challenger = (_measured(said, weightings) for said in both)
    return {name: champion[name] - challenger[name] for name in MEASURES}


def _better_by(name: str, less: Floats) -> Interval | None:
    better = -less if name == "AUC" else less
    if np.isnan(better[0]):
        return None
    low, high = np.nanquantile(better, (0.025, 0.975))
    return float(low), float(better[0]), float(high)


def _of_measures(judged: int, better: dict[str, Interval | None]) -> list[str]:
    if judged < ENOUGH:
        return [f"There are {judged} decisions to judge by; {ENOUGH} are needed."]
    found = []
    gain = better["log loss"]
    if gain is None or gain[0] <= 0:
        found.append("It is not better than the champion beyond chance on the decisions it has not seen.")
    if better["genuine held"] is None:
        found.append(
            "Nothing that it has not seen was found genuine: whether it holds more of that cannot be told."
        )
    for name, sentence in _WORSE.items():
        gain = better[name]
        if gain is not None and gain[2] < 0:
            found.append(sentence)
    return found


_WORSE = {
    "cost": "Its errors on the decisions it has not seen cost more than the champion's.",
    "AUC": "It tells spam from genuine comments less well than the champion.",
    "calibration error": "Its probabilities are further from the truth than the champion's.",
    "genuine held": "It holds more genuine comments than the champion.",
}


def _of_the_guard_set(newly_held: Sequence[str]) -> list[str]:
    if not newly_held:
        return []
    return [f"It would hold plainly genuine comments that are not held now, such as “{newly_held[0]}”."]


def _of_people(case: Case, both: Sequence[_Said], at_work: Collection[int]) -> list[str]:
    """With several people at work, what is learned must be better by the decisions of the others, too."""
    if len(set(at_work)) < 2:
        return []
    gain = both[0].loss - both[1].loss
    for person in sorted(set(at_work)):
        others = case.people != person
        if others.sum() < ENOUGH:
            return [
                "Nearly all the decisions to judge by are one person's; with several people at work,"
                f" {ENOUGH} must be others'."
            ]
        if np.average(gain[others], weights=case.weight[others]) <= 0:
            return ["It is better by the decisions of one person only; by those of the others it is not."]
    return []


def _mean(values: Floats, weight: Floats) -> Floats:
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((weight @ values) / np.where(total, total, np.nan))


def _auc(said: _Said, weight: Floats) -> float:
    ham = np.bincount(said.level, np.where(said.is_spam, 0.0, weight))
    spam = np.bincount(said.level, np.where(said.is_spam, weight, 0.0))
    total = ham.sum() * spam.sum()
    return float(spam @ (np.cumsum(ham) - ham / 2) / total) if total else float("nan")


def _calibration_error(said: _Said, weight: Floats) -> Floats:
    """Mean distance of what was said from what came of it, over bins of what was said."""
    gaps = [
        np.abs(weight[:, said.bin == number] @ said.gap[said.bin == number])
        for number in set(said.bin.tolist())
    ]
    total = weight.sum(axis=1)
    return np.asarray(np.sum(gaps, axis=0) / np.where(total, total, np.nan))


def _only(values: Floats) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])
