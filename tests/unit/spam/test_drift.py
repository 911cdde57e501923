"""A classifier that disagrees with people more than it promised is told so, and one that keeps its word is not."""

import numpy as np
import pytest

from moderation.spam.drift import FEWEST, LATEST, calibration, disagreement


def decided(count, seed, shift=0.0):
    chance = np.random.default_rng(seed)
    said = chance.beta(0.5, 0.5, size=count)
    odds = np.log(said / (1 - said)) + shift
    return said, chance.random(count) < 1 / (1 + np.exp(-odds))


def test_who_keeps_its_word_gives_no_alarm():
    alarms = [disagreement(*decided(LATEST, seed), np.ones(LATEST)).is_alarming for seed in range(100)]
    assert sum(alarms) <= 2


def test_who_is_wrong_far_more_often_than_it_said_gives_alarm():
    alarms = [
        disagreement(*decided(LATEST, seed, shift=3.0), np.ones(LATEST)).is_alarming for seed in range(30)
    ]
    assert sum(alarms) >= 28


def test_only_the_latest_decisions_count():
    said, spam = decided(LATEST, 1)
    wrong = np.full(300, 0.999), np.zeros(300, dtype=bool)
    told = disagreement(np.concatenate((wrong[0], said)), np.concatenate((wrong[1], spam)), np.ones(500))
    assert told == disagreement(said, spam, np.ones(LATEST))
    assert told.decisions == LATEST


def test_of_few_decisions_nothing_is_said():
    told = disagreement(np.full(FEWEST - 1, 0.999), np.zeros(FEWEST - 1, dtype=bool), np.ones(FEWEST - 1))
    assert told.disagreed == FEWEST - 1
    assert not told.is_alarming
    assert not disagreement(np.empty(0), np.empty(0, dtype=bool), np.empty(0)).is_alarming


def test_one_surprise_among_many_certainties_is_no_alarm():
    """Of 200 comments that it was very sure of, one that it was wrong about may always come."""
    said, spam = np.full(LATEST, 0.0003), np.zeros(LATEST, dtype=bool)
    spam[7] = True
    assert not disagreement(said, spam, np.ones(LATEST)).is_alarming
    spam[:4] = True
    assert disagreement(said, spam, np.ones(LATEST)).is_alarming


def test_shares_count_each_decision_for_what_it_stands_for():
    told = disagreement(np.array([0.1, 0.1]), np.array([True, False]), np.array([1.0, 49.0]))
    assert told.disagreed == 1
    assert (told.share, told.promised_share) == (pytest.approx(0.02), pytest.approx(0.1))


def test_calibration_counts_each_decision_for_what_it_stands_for():
    said = np.array([0.05, 0.05, 0.6, 0.6])
    spam = np.array([False, True, True, True])
    low, high = calibration(said, spam, np.array([9.0, 1.0, 1.0, 1.0]))
    assert (low.first, low.last, low.decisions, low.said, low.spam) == (
        0.03,
        0.1,
        2,
        0.05,
        pytest.approx(0.1),
    )
    assert (high.decisions, high.spam) == (2, 1.0)
    assert low.low < 0.1 < low.high
    assert high.high == 1.0


def test_probabilities_at_the_ends_are_gathered_too():
    told = calibration(np.array([0.0, 1.0]), np.array([False, True]), np.ones(2))
    assert [(each.first, each.last) for each in told] == [(0.0, 0.01), (0.97, 1.0)]
