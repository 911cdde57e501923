"""The classifier in use: loaded from its row, exchanged while serving, and held against when it is sick."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import Article, ClassifierVersion, db, writing
from moderation import learning, spam
from moderation.learning import Scorer
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
    import hashlib

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
    assert original
    learning.install_base(datetime.now(UTC))


def test_the_prior_shifts_the_score_and_not_the_log_odds(context: Flask) -> None:
    low, high = Scorer(prior=0.01).score(CANDIDATE), Scorer(prior=0.5).score(CANDIDATE)
    assert low is not None
    assert high is not None
    assert low.log_odds == high.log_odds
    assert low.probability < high.probability
