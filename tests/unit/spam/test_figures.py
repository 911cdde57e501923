"""Figures are what they say, tables count what is there, and near-duplicates are found and kept apart."""

from dataclasses import replace

import numpy as np
import pytest

from moderation.spam import Candidate, corpus, figures, near_duplicates
from moderation.spam.corpus import Labelled
from moderation.spam.evaluation import Opinions
from moderation.spam.figures import GROUPINGS, Judged
from moderation.spam.fitting import Settings, matrix_of
from moderation.spam.groups import FeatureMap
from moderation.spam.training import without_near_duplicates
from moderation.vocabulary import Thresholds

AT = Thresholds(hold=0.05, spam=0.9)


def row(source, *, is_spam=False, text="hello", language="en"):
    return Labelled(Candidate(text), is_spam, source, language, "")


def judged(news, blogs, spam):
    site = np.arange(len(spam)) % 2
    none = np.full(len(news), np.nan)
    return Judged(np.array(news, float), none, none, np.array(blogs, float), np.array(spam, float), site)


def test_a_perfect_judge_has_perfect_figures():
    told = figures.headline(judged([-9.0] * 200, [-9.0] * 50, [9.0] * 40), 0.05, AT)
    assert told["auc"] == told["average_precision"] == told["recall_at_1_percent"] == 1.0
    assert told["blog_ham_held_there"] == 0.0
    assert told["expected_calibration_error"] < 0.001
    assert told["news_given_a_name_held_there"] is None


def test_a_judge_who_knows_nothing_is_as_good_as_chance():
    told = figures.headline(judged([0.0] * 200, [0.0] * 50, [0.0] * 40), 0.05, AT)
    assert told["auc"] == 0.5
    assert told["average_precision"] == pytest.approx(0.05)
    assert told["expected_calibration_error"] == pytest.approx(0.0, abs=1e-12)


def test_recall_precision_and_brier_by_hand():
    told = figures.headline(judged([-5.0] * 98 + [2.0] * 2, [-5.0] * 100, [1.0, 3.0, 9.0, 9.0]), 0.5, AT)
    assert told["recall_at_0.1_percent"] == 0.75
    assert told["precision_at_0.99"] == 1.0
    assert told["recall_at_0.99"] == 0.5
    assert told["mean_over_sites_caught_there"] == pytest.approx(0.75)
    p = 1 / (1 + np.exp(-np.array([-5.0] * 198 + [2.0] * 2)))
    q = 1 / (1 + np.exp(-np.array([1.0, 3.0, 9.0, 9.0])))
    assert told["brier"] == pytest.approx(0.5 * (p**2).mean() + 0.5 * ((1 - q) ** 2).mean())


def test_an_interval_holds_its_figure():
    chance = np.random.default_rng(5)
    bench = judged(chance.normal(-3, 2, 400), chance.normal(-2, 2, 100), chance.normal(3, 2, 150))
    told = figures.headline(bench, 0.05, AT)
    for name, interval in figures.intervals(bench, 0.05, AT).items():
        assert interval is None or interval[0] <= told[name] <= interval[1], name


def test_tables_count_what_is_there_and_are_silent_on_few():
    rows = [row("news_a", text="x" * 30) for _ in range(30)]
    rows += [row("blog_b", is_spam=True, language="") for _ in range(30)]
    rows += [row("blog_c") for _ in range(3)]
    opinions = Opinions.none(len(rows))
    opinions.note(np.arange(63), np.full(63, "bare"), np.array([-4.0] * 29 + [4.0] + [5.0] * 30 + [-4.0] * 3))
    by_source = figures.table(rows, opinions, 0.0, GROUPINGS["source"])
    assert (by_source["news_a"].ham, by_source["news_a"].held) == (30, pytest.approx(1 / 30))
    assert (by_source["blog_b"].spam, by_source["blog_b"].caught) == (30, 1.0)
    assert (by_source["blog_c"].ham, by_source["blog_c"].held) == (3, None)
    assert set(figures.table(rows, opinions, 0.0, GROUPINGS["language"])) == {"en", "unknown"}
    assert sum(each.ham for each in figures.table(rows, opinions, 0.0, GROUPINGS["length"]).values()) == 33


SENTENCE = "The council promised new lamps in March, and my street by the river is still dark tonight."


def test_nearly_the_same_texts_are_one_group():
    texts = [
        SENTENCE,
        SENTENCE + " Shame!",
        "Quite another comment on bread and its price in winter.",
        "",
        "",
    ]
    group = near_duplicates.groups(FeatureMap().transform(texts))
    assert group[0] == group[1]
    assert len({*group[[0, 2, 3]].tolist()}) == 3


def test_what_is_judged_has_no_twin_in_what_is_learned_from():
    rows = [
        row("news_a", text=SENTENCE),
        row("blog_b", text=SENTENCE + "."),
        row("blog_b", text="Good bread."),
    ]
    matrix = matrix_of(rows, Settings().weighing, lambda _: None)
    is_out = matrix.row == 0
    (may_learn,) = without_near_duplicates(matrix, [is_out])
    assert set(matrix.row[may_learn].tolist()) == {2}


def test_the_written_comments_are_sound_and_never_judged():
    rows = corpus.written()
    assert len(rows) > 4000
    assert len({each.candidate.text for each in rows}) == len(rows)
    assert {each.source for each in rows} == {corpus.WRITTEN}
    assert len({each.language for each in rows if not each.is_spam}) >= 25
    assert 0.4 < np.mean([each.is_spam for each in rows]) < 0.6
    known = np.ones(2, dtype=bool)
    pair = [replace(rows[0], source="blog_x", is_spam=True), rows[0]]
    assert not figures.Bench.of(pair, known).spam[1]
