"""The gate lets pass what is better beyond chance, for everybody, and by every measure not worse."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from moderation.spam.costs import Bar, Costs
from moderation.spam.gate import ENOUGH, MEASURES, Case, judge, refused
from moderation.vocabulary import Thresholds

BAR = Bar.of(Thresholds(0.1, 0.9), 0.5, Costs())


def case(champion, challenger, is_spam, people=None, chances=None):
    count = len(is_spam)
    return Case(
        np.array(champion, dtype=float),
        np.array(challenger, dtype=float),
        np.array(is_spam, dtype=bool),
        np.zeros(count, dtype=int) if people is None else np.array(people),
        np.ones(count) if chances is None else np.array(chances, dtype=float),
    )


def noisy(count, sharpness, seed):
    chance = np.random.default_rng(seed)
    is_spam = chance.random(count) < 0.4
    return np.where(is_spam, sharpness, -sharpness) + chance.normal(size=count), is_spam


def test_what_is_better_by_every_measure_passes_with_figures_that_anybody_can_check():
    worse, is_spam = noisy(200, 0.8, 1)
    better = np.where(is_spam, 3.0, -4.0) + np.random.default_rng(2).normal(size=200)
    told = judge(case(worse, better, is_spam), BAR, [])
    assert told.passes
    p = 1 / (1 + np.exp(-better))
    assert told.challenger["log loss"] == pytest.approx(-np.log(np.where(is_spam, p, 1 - p)).mean())
    assert told.challenger["AUC"] == pytest.approx(roc_auc_score(is_spam, better))
    assert told.challenger["genuine held"] == pytest.approx((p[~is_spam] >= 0.1).mean())
    assert told.challenger["spam published"] == pytest.approx((p[is_spam] < 0.1).mean())
    costs = np.where(
        is_spam, np.select([p >= 0.9, p >= 0.1], [0, 0.5], 40.0), np.select([p >= 0.9, p >= 0.1], [7, 1], 0.0)
    )
    assert told.challenger["cost"] == pytest.approx(costs.mean())
    for name in MEASURES:
        low, mean, high = told.better_by[name]
        assert low <= mean <= high
        sign = -1 if name == "AUC" else 1
        assert mean == pytest.approx(sign * (told.champion[name] - told.challenger[name]))


def test_weights_count_a_spot_check_for_all_that_it_stands_for():
    said, is_spam = noisy(60, 1.0, 3)
    chances = np.where(np.arange(60) < 20, 0.1, 1.0)
    told = judge(case(said, said + 0.1, is_spam, chances=chances), BAR, [])
    p = 1 / (1 + np.exp(-said))
    losses = -np.log(np.where(is_spam, p, 1 - p))
    assert told.champion["log loss"] == pytest.approx(np.average(losses, weights=1 / chances))
    assert told.champion["AUC"] == pytest.approx(roc_auc_score(is_spam, said, sample_weight=1 / chances))


def test_a_little_better_by_chance_is_not_enough():
    said, is_spam = noisy(40, 1.0, 5)
    told = judge(case(said, said + np.random.default_rng(6).normal(scale=0.3, size=40), is_spam), BAR, [])
    assert not told.passes


def test_what_holds_more_genuine_comments_is_refused_and_told_why():
    _, is_spam = noisy(200, 1.0, 8)
    champion = np.where(is_spam, 0.2, -2.5)
    challenger = np.where(is_spam, 6.0, -2.0)
    told = judge(case(champion, challenger, is_spam), BAR, [])
    assert "It holds more genuine comments than the champion." in told.reasons


def test_few_decisions_are_no_evidence():
    told = judge(case([0] * 9, [-5] * 9, [False] * 9), BAR, [])
    assert told.reasons == (f"There are 9 decisions to judge by; {ENOUGH} are needed.",)


def test_a_guard_text_refuses_whatever_the_figures_before_and_after():
    worse, is_spam = noisy(200, 0.8, 1)
    better = np.where(is_spam, 3.0, -4.0)
    assert "“Thank you.”" in judge(case(worse, better, is_spam), BAR, ["Thank you."]).reasons[0]
    passed = judge(case(worse, better, is_spam), BAR, [])
    assert not refused(passed, ["Thank you."]).passes
    assert refused(passed, []).passes


def test_with_several_people_at_work_the_others_must_agree():
    worse, is_spam = noisy(100, 0.8, 1)
    people = np.where(np.arange(100) < 60, 1, 2)
    for_one = np.where(people == 1, np.where(is_spam, 4.0, -4.0), worse * 0.5 - np.where(is_spam, 0.3, -0.3))
    told = judge(case(worse, for_one, is_spam, people), BAR, [], at_work=[1, 2])
    assert [reason for reason in told.reasons if "one person only" in reason]
    alone = judge(case(worse, for_one, is_spam, people), BAR, [], at_work=[1])
    assert not [reason for reason in alone.reasons if "person" in reason]


def test_with_several_people_at_work_one_alone_is_no_judge():
    worse, is_spam = noisy(100, 0.8, 1)
    told = judge(
        case(worse, np.where(is_spam, 4.0, -4.0), is_spam, [1] * 95 + [2] * 5), BAR, [], at_work=[1, 2]
    )
    assert [reason for reason in told.reasons if "are one person's" in reason]


@pytest.mark.parametrize("is_spam", [[True] * 20, [False] * 20, []])
def test_what_cannot_be_told_is_none(is_spam):
    told = judge(case(np.zeros(len(is_spam)), np.ones(len(is_spam)), is_spam), BAR, [])
    assert told.better_by["AUC"] is None
    assert told.told()["judged"] == len(is_spam)
