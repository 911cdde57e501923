"""Three layers make one score: what was learned before shipping, this site's decisions, and the latest of them."""

import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.spam import Candidate, Classifier, artefact, base_bytes, fast
from moderation.spam.correction import Labels, corrected, log_odds
from moderation.spam.fast import FURTHEST, MOST_ANCHORS, STRENGTH, Fast, LatestDecisions
from moderation.spam.kept import Kept

BASE = artefact.from_bytes(base_bytes())
JUDGE = Classifier(BASE)
CAMPAIGN = [
    f"The beavers of {place} build the finest dams, ask for a free dam today" for place in "abcdefghijk"
]
GENUINE = [
    f"My grandmother kept {number} hens behind the mill, and every one had a name" for number in range(9)
]
WORDS = (
    *("buy", "cheap", "pills", "now", "casino", "bonus", "visit", "my", "site", "https://x.example", "money"),
    *("ferry", "late", "morning", "harbour", "café", "the", "a", "of", "i", "think", "that", "is", "wrong"),
)
HOLD, SPAM = -1.0, 4.0


def kept(texts):
    return Kept.joined([JUDGE.kept(Candidate(text)) for text in texts])


def fast_after(spam, ham, sequence=7):
    rows = kept([*spam, *ham]).rows()
    labels = [(str(i).encode(), row, i < len(spam)) for i, row in enumerate(rows)]
    learner = LatestDecisions(BASE.anchors, log_odds(BASE, BASE.anchors.kept))
    weights, bias = learner.fitted(labels, log_odds(BASE, kept([*spam, *ham])))
    return Fast(sequence, weights, bias, HOLD, SPAM)


@pytest.fixture(scope="module")
def layered():
    site = corrected(BASE, Labels(kept(CAMPAIGN[:3] + GENUINE[:3]), np.array([True] * 3 + [False] * 3)))
    return Classifier(BASE, site, fast_after(CAMPAIGN[:5], GENUINE[:4]))


@given(st.text(max_size=300) | st.sampled_from(CAMPAIGN), st.none() | st.text(max_size=20))
@settings(max_examples=40, deadline=None)
def test_layers_and_contributions_add_up_to_the_score(layered, text, name):
    explained = layered.explain(Candidate(text, name))
    assert len(explained.layers) == 3
    total = explained.bias + sum(each.log_odds for each in explained.contributions)
    assert total == pytest.approx(explained.score.log_odds, abs=1e-9)
    assert sum(each.log_odds for each in explained.layers) == pytest.approx(total, abs=1e-9)
    assert explained.score == layered.score(Candidate(text, name))


def test_a_score_names_the_latest_decision_it_knows(layered):
    assert layered.score(Candidate("x")).version.startswith("site-")
    assert layered.score(Candidate("x")).version.endswith("+7")
    assert layered.with_fast(None).version == layered.version.removesuffix("+7")


def test_a_campaign_called_spam_ten_times_is_held_at_the_eleventh():
    before = JUDGE.score(Candidate(CAMPAIGN[10])).log_odds
    after = JUDGE.with_fast(fast_after(CAMPAIGN[:10], GENUINE[:3])).score(Candidate(CAMPAIGN[10])).log_odds
    assert before < HOLD <= after < SPAM


@given(st.floats(-30, 30), st.floats(-30, 30))
@example(9.0, -5.140267870085453e-08)
def test_the_latest_decisions_only_move_towards_being_held(log_odds_so_far, asked):
    fast = Fast(1, np.zeros(1, dtype=np.float32), 0.0, HOLD, SPAM)
    share = fast.share(log_odds_so_far, asked)
    moved = log_odds_so_far + share * asked
    assert 0 <= share <= 1
    assert abs(moved - log_odds_so_far) <= FURTHEST + 1e-9
    if log_odds_so_far < HOLD:
        assert log_odds_so_far - 1e-9 <= moved < SPAM
    elif log_odds_so_far >= SPAM:
        assert HOLD - 1e-9 <= moved <= log_odds_so_far + 1e-9
    else:
        assert HOLD - 1e-9 <= moved < SPAM


def test_a_decision_taken_back_leaves_no_trace_in_the_fast_layer():
    rows = kept(CAMPAIGN[:4]).rows()
    offsets = log_odds(BASE, kept(CAMPAIGN[:4]))
    labels = [(bytes([i]), row, True) for i, row in enumerate(rows)]
    learner = LatestDecisions(BASE.anchors, log_odds(BASE, BASE.anchors.kept))
    fresh = learner.fitted(labels[:3], offsets[:3])
    learner.fitted(labels, offsets)
    again = learner.fitted(labels[:3], offsets[:3])
    assert np.array_equal(fresh[0], again[0])
    assert fresh[1] == again[1]


@pytest.fixture(scope="module")
def many():
    """A hundred and forty comments of all lengths, of spam and not, and what the base says of them."""
    chance = random.Random(3)
    texts = [" ".join(chance.choices(WORDS, k=chance.randint(3, 200))) for _ in range(140)]
    labels = [(bytes([i]), row, chance.random() < 0.5) for i, row in enumerate(kept(texts).rows())]
    return labels, log_odds(BASE, kept(texts))


def said(fitted, labels):
    weights, bias = fitted
    return [float(weights[columns] @ values) + bias for _, (columns, values), _ in labels]


def test_fitted_after_each_decision_it_says_what_it_says_when_fitted_at_once(many):
    """Decisions come and are taken back, and as the latest go, earlier ones are among the latest again."""
    labels, offsets = many
    for end in range(101, 140, 3):
        learner, anew = (LatestDecisions(BASE.anchors, log_odds(BASE, BASE.anchors.kept)) for _ in range(2))
        learner.fitted(labels[end - 100 : end], offsets[end - 100 : end])
        lately = slice(end - 101, end - 1)
        step_by_step = learner.fitted(labels[lately], offsets[lately])
        at_once = anew.fitted(labels[lately], offsets[lately])
        assert said(step_by_step, labels) == pytest.approx(said(at_once, labels), abs=1e-9)


def test_what_is_learned_does_not_hang_on_how_numbers_are_rounded(many, monkeypatch):
    """Sums in another order are rounded otherwise, as by another processor; a score is said again there, too."""
    labels, offsets = many

    def backwards(dense, rows):
        return np.array([dense[columns][::-1] @ values[::-1] for columns, values in rows])

    for end in range(20, 140, 6):
        lately = slice(max(0, end - 100), end)
        one, other = (LatestDecisions(BASE.anchors, log_odds(BASE, BASE.anchors.kept)) for _ in range(2))
        forwards = one.fitted(labels[lately], offsets[lately])
        with monkeypatch.context() as otherwise:
            otherwise.setattr(fast, "_with_all", backwards)
            again = other.fitted(labels[lately], offsets[lately])
        assert said(forwards, labels) == pytest.approx(said(again, labels), abs=1e-9)


def test_the_fast_layer_minimises_what_the_champion_minimises():
    """With the labels' columns free to move, L-BFGS finds a lower loss than the labels' span, but hardly."""
    labels = Labels(kept(CAMPAIGN[:5]), np.array([True] * 5))
    few = artefact.Learned(
        BASE.weights,
        BASE.step,
        BASE.bias,
        BASE.prior,
        BASE.thresholds,
        artefact.Anchors(
            BASE.anchors.kept.chosen(np.arange(len(BASE.anchors)) < MOST_ANCHORS),
            BASE.anchors.is_spam[:MOST_ANCHORS],
        ),
    )
    slow = log_odds(corrected(few, labels, STRENGTH), kept(CAMPAIGN[10:]))[0]
    fast = fast_after(CAMPAIGN[:5], [])
    columns, values = kept(CAMPAIGN[10:]).rows()[0]
    assert fast.bias + fast.weights[columns] @ values == pytest.approx(slow, rel=0.2)
