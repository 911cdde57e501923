"""What thresholds would do is told from labels where there are many, and by the classifier's own word where not."""

import dataclasses

import numpy as np
import pytest

from moderation.spam.costs import Bar, Costs, log_odds_of, probabilities
from moderation.spam.forecast import APPROVED, HELD, SPAM, WORTH, Arrivals, forecast, share_of_spam
from moderation.vocabulary import Thresholds

COSTS = Costs(published_spam=40, held_ham=1, lost_ham=7, look=0.5)
BAR = Bar.of(Thresholds(0.1, 0.9), 0.5, COSTS)


def arrivals(p, done=None, label=None, chance=None, days=10.0):
    count = len(p)
    at = Arrivals(
        np.array([log_odds_of(each) for each in p]),
        np.zeros(count, dtype=int),
        np.zeros(count, dtype=int),
        np.full(count, -1) if label is None else np.array(label),
        np.full(count, np.nan) if chance is None else np.array(chance, dtype=float),
        np.ones(count),
        days,
    )
    return dataclasses.replace(at, done=at.under(BAR) if done is None else np.array(done))


def test_without_labels_the_classifiers_own_word_is_taken():
    came = arrivals([0.02] * 80 + [0.5] * 10 + [0.98] * 10)
    told = forecast(came, came.under(BAR), BAR)
    assert (told.published.mean, told.held.mean, told.called.mean) == pytest.approx((8, 1, 1))
    assert told.published_spam.mean == pytest.approx(8 * 0.02)
    assert told.held_ham.mean == pytest.approx(0.5)
    assert told.lost_ham.mean == pytest.approx(0.02)
    assert told.cost.mean == pytest.approx(40 * 0.16 + 0.5 + 7 * 0.02 + 0.5 * 0.5)
    assert told.labels == 0
    assert told.published_spam.low < told.published_spam.mean < told.published_spam.high


def test_spot_checks_stand_for_all_that_nobody_has_seen():
    """Of a thousand that were published a hundred were checked, and a tenth of these was spam."""
    label = [1] * 10 + [0] * 90 + [-1] * 900
    chance = [0.1] * 100 + [np.nan] * 900
    came = arrivals([0.01] * 1000, label=label, chance=chance, days=1)
    told = forecast(came, came.done, BAR)
    expected = (WORTH * 0.01 + 10) / (WORTH + 100)
    assert told.published_spam.mean == pytest.approx(1000 * expected)
    assert told.published_spam.low < 100 < told.published_spam.high
    assert share_of_spam(came, BAR).mean == pytest.approx(expected)


def test_what_was_found_without_being_asked_is_no_evidence_of_how_much_there_is():
    label = [1] * 10 + [-1] * 990
    found = arrivals([0.01] * 1000, label=label, days=1)
    assert not found.is_evidence.any()
    assert forecast(found, found.done, BAR).published_spam.mean == pytest.approx(10)


def test_other_reasons_hold_whatever_the_score():
    came = dataclasses.replace(arrivals([0.01, 0.5, 0.99, 0.01]), besides=np.array([HELD, HELD, HELD, SPAM]))
    assert came.under(BAR).tolist() == [HELD, HELD, SPAM, SPAM]


def test_what_has_no_score_waits():
    came = dataclasses.replace(arrivals([0.5]), log_odds=np.array([np.nan]))
    assert came.under(BAR).tolist() == [HELD]
    assert forecast(came, came.under(BAR), BAR).held_ham.mean == pytest.approx(0.1 * 0.5)


def test_lower_costs_of_published_spam_hold_less_and_publish_more():
    came = arrivals(np.linspace(0.001, 0.999, 500))
    easy = Bar.of(Thresholds(0.4, 0.9), 0.5, COSTS)
    strict, lax = forecast(came, came.under(BAR), BAR), forecast(came, came.under(easy), easy)
    assert lax.held.mean < strict.held.mean
    assert lax.published_spam.mean > strict.published_spam.mean
    total = strict.published.mean + strict.held.mean + strict.called.mean
    assert total == pytest.approx(50)


def test_the_interval_of_a_rate_is_that_of_events_that_come_one_by_one():
    told = forecast(came := arrivals([0.01] * 100), came.done, BAR)
    assert told.published.low == pytest.approx(8.1, abs=0.3)
    assert told.published.high == pytest.approx(12.1, abs=0.3)


def test_truth_lies_in_the_interval_as_often_as_it_says():
    chance = np.random.default_rng(7)
    inside = 0
    for _ in range(60):
        p = chance.beta(0.3, 3, size=2000)
        spam = chance.random(2000) < p
        asked = chance.random(2000) < 0.1
        said = np.clip(p, 1e-4, 1 - 1e-4)
        came = arrivals(said, days=20)
        is_seen = (came.done == HELD) | asked
        came = dataclasses.replace(
            came,
            label=np.where(is_seen, spam.astype(int), -1),
            chance=np.where(came.done == HELD, 1.0, np.where(asked, 0.1, np.nan)),
        )
        told = forecast(came, came.done, BAR).published_spam
        expected = p[came.done == APPROVED].sum() / 20
        inside += told.low <= expected <= told.high
    assert inside >= 54


def test_nothing_came_and_nothing_is_expected():
    told = forecast(came := arrivals([]), came.under(BAR), BAR)
    assert told.cost.mean == told.cost.high == 0
    assert share_of_spam(came, BAR).mean == pytest.approx(0.5)


def test_thresholds_are_where_costs_meet():
    for p, cheapest in ((COSTS.thresholds.hold, "hold"), (COSTS.thresholds.spam, "spam")):
        bar = Bar.of(COSTS.thresholds, 0.5, COSTS)
        just = np.array([log_odds_of(p) - 1e-3, log_odds_of(p) + 1e-3])
        if cheapest == "hold":
            publish = p * COSTS.published_spam
            hold = (1 - p) * COSTS.held_ham + p * COSTS.look
        else:
            publish = (1 - p) * COSTS.held_ham + p * COSTS.look
            hold = (1 - p) * COSTS.lost_ham
        assert publish == pytest.approx(hold, rel=1e-3)
        assert len(set(bar.costs_of(just, np.array([False, False])).tolist())) == 2


@pytest.mark.parametrize(
    "wrong",
    [{"published_spam": 0.4}, {"held_ham": 7}, {"look": float("nan")}, {"lost_ham": 1e9}, {"held_ham": 0}],
)
def test_costs_by_which_nothing_makes_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"cost|must"):
        Costs(**wrong)


def test_probabilities_and_log_odds_are_each_others_inverse():
    p = np.array([1e-6, 0.2, 0.999])
    assert probabilities(np.array([log_odds_of(each) for each in p])) == pytest.approx(p)
