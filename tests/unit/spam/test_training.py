"""Training is repeatable, refuses bad data whole, and serving says exactly what scikit-learn says."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from moderation.spam import Candidate, Classifier, artefact, corpus, evaluation, fitting, training
from moderation.spam.examples import FULL, GIVEN, Weighing, examples
from moderation.spam.features import COLUMNS
from moderation.spam.groups import FeatureGroup, FeatureMap, feature_map
from moderation.spam.reading import WINDOW
from tests.unit.spam.conftest import HEADER, labelled

QUICK = fitting.Settings(iterations=20, folds=2)


@pytest.fixture(scope="module")
def trained():
    return training.train(labelled(160), QUICK)


@pytest.fixture(scope="module")
def pipeline(trained):
    """The same answer by scikit-learn's own pipeline."""
    model = LogisticRegression()
    whole = make_pipeline(feature_map(), model).fit(["ham", "spam"], [0, 1])
    model.coef_ = (trained.learned.weights.astype(float) * trained.learned.step)[None, :]
    model.intercept_ = np.array([trained.learned.bias])
    return whole


def test_the_same_data_give_the_same_bytes(trained):
    again = training.train(labelled(160), QUICK)
    assert artefact.to_bytes(again.learned) == artefact.to_bytes(trained.learned)
    assert again.card == trained.card


def test_what_was_learned_tells_mallory_from_ada(trained):
    judge = Classifier.from_bytes(artefact.to_bytes(trained.learned))
    assert judge.score(Candidate("casino bonus jackpot, click now")).log_odds > 1
    assert judge.score(Candidate("the lamp by the river bridge")).log_odds < -1


HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("аоaé \u200b<>@.:/0😀\ud800")), max_size=WINDOW // 10
)


@given(HOSTILE, HOSTILE | st.none(), st.sampled_from([None, "", "http://a-b.example/c", "x"]))
@settings(max_examples=50, deadline=None)
def test_serving_equals_the_pipeline(trained, pipeline, text, name, url):
    judge, candidate = Classifier(trained.learned), Candidate(text, name, url)
    score = judge.score(candidate, prior=0.5)
    assert score.log_odds == pytest.approx(pipeline.decision_function([candidate])[0], abs=1e-9)
    assert score.probability == pytest.approx(pipeline.predict_proba([candidate])[0, 1], abs=1e-9)


def test_one_map_and_the_union_of_groups_are_the_same():
    texts = ["visit http://a.example now", "", "ada", "水 и вода"]
    assert abs(FeatureMap().transform(texts) - feature_map().fit_transform(texts)).max() == 0
    assert FeatureMap().transform([]).shape == (0, COLUMNS)


def test_the_groups_have_the_manners_of_scikit_learn():
    group = FeatureGroup("links")
    assert group.get_params() == {"group": "links"}
    assert clone(group).get_params() == group.get_params()
    assert group.fit(["x"]) is group
    assert len(group.get_feature_names_out()) == group.transform(["x"]).shape[1]
    with pytest.raises(ValueError, match="no feature group"):
        FeatureGroup("eve").fit(["x"])


def test_name_and_website_are_shown_and_withheld_alike():
    made = list(examples(labelled(40), Weighing(given_share=1.0)))
    of_spam_with_website = [each for each in made if each.row == 0]
    assert sum(each.weight for each in of_spam_with_website if each.kind == FULL) == pytest.approx(
        sum(each.weight for each in of_spam_with_website) / 2
    )
    assert any(each.kind == GIVEN and each.reading.website_host for each in made)


def test_no_source_is_judged_by_what_learned_from_it():
    rows = [replace(row, source=f"source_{number % 10}") for number, row in enumerate(labelled(160))]
    fold = evaluation.folds(rows, 2)
    for source in {row.source for row in rows}:
        assert len({fold[i] for i, row in enumerate(rows) if row.source == source}) == 1


def test_a_source_with_most_of_the_spam_is_left_out_by_stretches_of_time():
    rows = [
        replace(row, source="blog" if row.is_spam else f"news_{n % 4}") for n, row in enumerate(labelled(160))
    ]
    fold = evaluation.folds(rows, 2)
    dates = [
        {row.date for row, out in zip(rows, fold, strict=True) if row.is_spam and out == k} for k in (0, 1)
    ]
    assert max(dates[0]) <= min(dates[1])


def test_calibration_finds_the_line_back():
    chance = np.random.default_rng(3)
    truth = chance.normal(size=4000) * 3
    is_spam = chance.random(4000) < 1 / (1 + np.exp(-truth))
    rows = [corpus.Labelled(Candidate(""), bool(spam), "blog", "", "") for spam in is_spam]
    rows += [corpus.Labelled(Candidate(""), False, "news", "", "")]
    opinions = evaluation.Opinions.none(len(rows))
    opinions.note(np.arange(4000), np.full(4000, "bare"), truth * 2 - 1)
    slope, offset = evaluation.calibration(rows, opinions)
    balance = np.log((~is_spam).sum() / is_spam.sum())
    assert slope == pytest.approx(0.5, abs=0.05)
    assert offset == pytest.approx(0.5 + balance, abs=0.15)


GOOD = "hello,ada,,2026-01-01,ham,blog_a,en\r\n"


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (gzip.compress(b"a,b\r\n"), 1, "columns are a, b"),
        (
            gzip.compress((",".join(HEADER) + "\r\n" + GOOD + "x,,,,maybe,blog_a,en\r\n").encode()),
            3,
            "must be spam or ham",
        ),
        (gzip.compress((",".join(HEADER) + "\r\n" + "x,y\r\n").encode()), 2, "2 fields"),
        (gzip.compress((",".join(HEADER) + "\r\n" + "x,,,,ham,,en\r\n").encode()), 2, "no source"),
        (gzip.compress(",".join(HEADER).encode() + b"\r\n\xff\xfe,,,,ham,a,en\r\n"), 2, "not UTF-8"),
        (
            gzip.compress((",".join(HEADER) + "\r\n" + GOOD * 900).encode() + b"caf\xe9,,,,ham,a,en\r\n"),
            902,
            "not UTF-8",
        ),
        (gzip.compress((",".join(HEADER) + "\r\n" + '"x" y,,,,ham,a,en\r\n').encode()), 2, "not CSV"),
        (gzip.compress(",".join(HEADER).encode())[:-9], 1, "cannot be unpacked"),
        (b"plain text", 1, "cannot be unpacked"),
        (b"", 1, "columns are missing"),
    ],
    ids=lambda value: "file" if isinstance(value, bytes) else str(value),
)
def test_a_bad_data_file_is_named_with_line_and_reason(tmp_path, content, line, reason):
    (tmp_path / "eve.csv.gz").write_bytes(content)
    with pytest.raises(corpus.BadCorpus, match=reason) as caught:
        corpus.read_directory(tmp_path)
    assert caught.value.path.name == "eve.csv.gz"
    assert caught.value.line == line


def test_a_file_as_spreadsheets_write_it_is_read(tmp_path):
    (tmp_path / "ada.csv").write_bytes(f"\ufeff{','.join(HEADER)}\r\n{GOOD}".encode())
    assert [row.candidate.text for row in corpus.read_directory(tmp_path)] == ["hello"]


def test_an_empty_directory_is_no_corpus(tmp_path):
    with pytest.raises(corpus.BadCorpus, match="no file"):
        corpus.read_directory(tmp_path)


def test_one_class_alone_teaches_nothing():
    with pytest.raises(ValueError, match="both classes"):
        training.train([row for row in labelled(20) if row.is_spam], QUICK)


@pytest.mark.parametrize("sources", [("a", "b"), ("a", "b", "c", "d")])
def test_too_little_to_learn_from_is_said_plainly(sources):
    rows = [
        replace(row, source=source, is_spam=source in "ac")
        for row, source in zip(labelled(len(sources)), sources, strict=True)
    ]
    with pytest.raises(ValueError, match="Too little is left to learn from"):
        training.train(rows, QUICK)


def test_the_learning_curve_begins_where_there_is_enough():
    shares = [share for share, _ in training.learning_curve(labelled(60), QUICK, (0.001, 1.0))]
    assert shares == [1.0]
