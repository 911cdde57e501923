"""Three layers make one score: what was learned before shipping, this site's decisions, and the latest of them."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.spam import Candidate, Classifier, artefact, base_bytes
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


@pytest.mark.parametrize("until", [[3, 4, 5, 9], [9, 5, 9, 2, 9]])
def test_fitted_after_each_decision_it_is_what_it_is_when_fitted_at_once(until):
    """Decisions come and are taken back, and as the latest go, earlier ones are among the latest again."""
    texts = CAMPAIGN[:5] + GENUINE[:4]
    labels = [(bytes([i]), row, i < 5) for i, row in enumerate(kept(texts).rows())]
    offsets = log_odds(BASE, kept(texts))
    learner, anew = (LatestDecisions(BASE.anchors, log_odds(BASE, BASE.anchors.kept)) for _ in range(2))
    for end in until:
        learner.fitted(labels[max(0, end - 4) : end], offsets[max(0, end - 4) : end])
    step_by_step = learner.fitted(labels[2:9], offsets[2:9])
    at_once = anew.fitted(labels[2:9], offsets[2:9])
    assert step_by_step[0] == pytest.approx(at_once[0], abs=1e-9)
    assert step_by_step[1] == pytest.approx(at_once[1], abs=1e-9)


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
