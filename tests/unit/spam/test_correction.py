"""A site's decisions correct the base: a little by few, surely by many, and it forgets nothing it knew."""

import numpy as np

from moderation.spam import Candidate, artefact, base_bytes
from moderation.spam.correction import Correcting, Labels, corrected, log_odds
from moderation.spam.features import rows
from moderation.spam.kept import Kept
from moderation.spam.reading import read

BASE = artefact.from_bytes(base_bytes())
CAMPAIGN = [
    f"The beavers of {place} build the finest dams, ask for a free dam today" for place in "abcdefghijk"
]
GENUINE = [
    f"My grandmother kept {number} hens behind the mill, and every one had a name" for number in range(12)
]


def kept(texts):
    return Kept.of(rows([read(Candidate(text))[0] for text in texts]))


def labels(spam, ham):
    return Labels(kept([*spam, *ham]), np.array([True] * len(spam) + [False] * len(ham)))


def said(site, texts):
    return log_odds(BASE, kept(texts)) + log_odds(site, kept(texts))


def test_no_label_is_no_change():
    assert not log_odds(corrected(BASE, labels([], [])), kept(CAMPAIGN)).any()


def test_a_campaign_called_spam_ten_times_is_told_at_the_eleventh():
    before = log_odds(BASE, kept(CAMPAIGN[10:]))[0]
    after = said(corrected(BASE, labels(CAMPAIGN[:10], GENUINE[:5])), CAMPAIGN[10:])[0]
    assert before < 0 < after


def test_one_label_changes_less_than_ten():
    one = said(corrected(BASE, labels(CAMPAIGN[:1], [])), CAMPAIGN[10:])[0]
    ten = said(corrected(BASE, labels(CAMPAIGN[:10], [])), CAMPAIGN[10:])[0]
    assert log_odds(BASE, kept(CAMPAIGN[10:]))[0] < one < ten


def test_approvals_alone_do_not_make_it_forget_spam():
    spam = BASE.anchors.kept.chosen(BASE.anchors.is_spam)
    site = corrected(BASE, labels([], GENUINE * 15))
    before, after = log_odds(BASE, spam), log_odds(BASE, spam) + log_odds(site, spam)
    assert (before > 0).mean() - (after > 0).mean() < 0.02


def test_the_same_labels_give_the_same_bytes_and_a_label_taken_back_leaves_no_trace():
    one, other = labels(CAMPAIGN[:3], GENUINE[:3]), labels(CAMPAIGN[:4], GENUINE[:3])
    without = other.chosen(np.arange(7) != 3)
    assert artefact.to_bytes(corrected(BASE, one)) == artefact.to_bytes(corrected(BASE, without))
    assert artefact.to_bytes(corrected(BASE, one)) != artefact.to_bytes(corrected(BASE, other))


def test_labels_that_are_not_to_be_seen_might_as_well_not_be_there():
    both = labels(CAMPAIGN[:6], GENUINE[:6])
    unseen = np.arange(12) % 3 == 0
    twin = said(Correcting(BASE, both).learned(without=unseen), CAMPAIGN + GENUINE)
    alone = said(corrected(BASE, both.chosen(~unseen)), CAMPAIGN + GENUINE)
    assert np.allclose(twin, alone, atol=1e-3)


def test_whoever_waits_is_told_how_far_it_is():
    told = []
    Correcting(BASE, labels(CAMPAIGN[:6], GENUINE[:6])).learned(progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] <= told[-1] <= 1
