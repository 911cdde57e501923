"""The classifier in use: loaded from its row, exchanged while serving, and held against when it is sick."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import Article, ClassifierVersion, db, writing
from moderation import learning, spam
from moderation.learning import Scorer
from moderation.parts import parts
from moderation.spam import artefact
from moderation.vocabulary import Status
from tests.people import Person, number_in
from tests.test_posting import KIND, reasons, stored

CANDIDATE = spam.Candidate("The lamp on the second pier is out.")


def damage(app: Flask, change: Callable[[ClassifierVersion], None]) -> None:
    with app.app_context(), writing() as session:
        change(session.scalars(select(ClassifierVersion)).one())


def inactive(row: ClassifierVersion) -> None:
    row.active = False


def torn(row: ClassifierVersion) -> None:
    row.artefact = (row.artefact or b"")[:1000]


def foreign(row: ClassifierVersion) -> None:
    row.artefact = b"\x80\x04cposix\nsystem\n(S'true'\ntR."
    row.sha256 = hashlib.sha256(row.artefact).hexdigest()


@pytest.mark.parametrize("harm", [inactive, torn, foreign])
def test_without_a_sound_classifier_comments_are_taken_and_held(
    app: Flask, ada: Person, max_: Person, article: Article, harm: Callable[[ClassifierVersion], None]
) -> None:
    before = None
    with app.app_context():
        row = db.session.scalars(select(ClassifierVersion)).one()
        before = (row.artefact, row.sha256)
    damage(app, harm)
    try:
        number = number_in(ada.comment(KIND))
        assert stored(app, number).status is Status.HELD
        assert reasons(app, number) == ["not-scored"]
        assert "The classifier is not at work" in max_.get("/desk/").text
    finally:

        def mend(row: ClassifierVersion) -> None:
            row.artefact, row.sha256, row.active = before[0], before[1], True

        damage(app, mend)


def test_a_scorer_that_raises_is_held_against_not_lost(
    app: Flask, ada: Person, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(spam.Classifier, "score", broken)
    number = number_in(ada.comment(KIND))
    assert stored(app, number).status is Status.HELD
    assert reasons(app, number) == ["not-scored"]


def test_the_shipped_classifier_is_read_in_once(context: Flask) -> None:
    first = learning.install_base(datetime.now(UTC))
    assert learning.install_base(datetime.now(UTC)) == first
    assert db.session.scalar(select(func.count()).select_from(ClassifierVersion)) == 1


def test_a_damaged_base_is_mended_by_reading_it_in_again(context: Flask) -> None:
    damage(context, torn)
    learning.install_base(datetime.now(UTC))
    assert Scorer().score(CANDIDATE) is not None


def test_a_torn_newcomer_leaves_the_sound_one_in_use(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning.scorer, "_LOOK_AGAIN_SECONDS", -1)
    scorer = Scorer()
    sound = scorer.score(CANDIDATE)
    assert sound is not None
    original = db.session.scalars(select(ClassifierVersion)).one().artefact
    damage(context, torn)
    with writing() as session:
        session.scalars(select(ClassifierVersion)).one().sha256 = "0" * 64
    assert scorer.score(CANDIDATE) == sound
    assert scorer.is_behind
    assert original
    learning.install_base(datetime.now(UTC))
    assert scorer.score(CANDIDATE) == sound
    assert not scorer.is_behind


def test_a_newcomer_that_cannot_be_read_is_named_at_the_desk(app: Flask, ada: Person, max_: Person) -> None:
    with app.app_context():
        assert parts().scorer.classifier
        row = db.session.scalars(select(ClassifierVersion)).one()
        before = (row.artefact, row.sha256)
    damage(app, foreign)
    try:
        with app.app_context():
            parts().scorer.look_again()
        said = ada.get("/readyz").get_json()
        assert said["parts"]["newest classifier"] == "cannot be read: an earlier one stays in use"
        assert said["parts"]["classifier"] == "ok"
        assert "The newest classifier cannot be read" in max_.get("/desk/").text
    finally:

        def mend(row: ClassifierVersion) -> None:
            row.artefact, row.sha256 = before

        damage(app, mend)


@pytest.mark.parametrize(
    ("step", "bias"), [(1e300, 0.0), (1.7e308, 1e308), (1e-320, -1e308), (1.0, 0.0), (0.0, -1e4)]
)
def test_a_classifier_of_numbers_beyond_reason_publishes_nothing(
    app: Flask, ada: Person, article: Article, step: float, bias: float
) -> None:
    with app.app_context():
        row = db.session.scalars(select(ClassifierVersion)).one()
        before = (row.artefact, row.sha256)
        wild = artefact.to_bytes(replace(artefact.from_bytes(before[0] or b""), step=step, bias=bias))

    def put(row: ClassifierVersion, what: bytes | None = wild) -> None:
        row.artefact, row.sha256 = what, hashlib.sha256(what or b"").hexdigest()

    damage(app, put)
    try:
        number = number_in(ada.comment(KIND))
        assert reasons(app, number) == ["not-scored"]
    finally:
        damage(app, lambda row: put(row, before[0]))


def test_labels_that_nothing_can_be_learned_from_stop_no_comment(
    app: Flask, ada: Person, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(learning.scorer, "latest", broken)
    monkeypatch.setattr(learning.scorer.labels, "latest_ids", lambda _most: (1,))
    with app.app_context():
        parts().scorer.look_again()
    assert stored(app, number_in(ada.comment(KIND))).status is Status.APPROVED


def test_the_prior_shifts_the_score_and_not_the_log_odds(context: Flask) -> None:
    low, high = Scorer(prior=0.01).score(CANDIDATE), Scorer(prior=0.5).score(CANDIDATE)
    assert low is not None
    assert high is not None
    assert low.log_odds == high.log_odds
    assert low.probability < high.probability
