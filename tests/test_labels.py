"""What people decide is what is learned from, for as long as it stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from models import Comment, CommentText, Label, db, writing
from moderation import learning, spam
from moderation.intake import Written
from moderation.learning import labels, recompute
from moderation.learning.known import everything
from moderation.learning.labels import CaughtUp
from moderation.parts import parts
from moderation.spam.features import MAP_VERSION
from moderation.spam.kept import Kept
from moderation.vocabulary import Action, Status
from tests.conftest import NOON, add_article
from tests.learned import CAMPAIGN, KINDLY, House


def test_approving_makes_ham_calling_spam_makes_spam_and_rejecting_or_holding_nothing(home: House) -> None:
    max_ = home.employs("max")
    numbers = [home.gets(text) for text in KINDLY[:4]]
    for number, action in zip(numbers, Action, strict=True):
        home.decides(max_, action, number)
    approved, _held, spam_, _rejected = numbers
    assert home.labels() == {approved: "ham", spam_: "spam"}


def test_what_the_policy_decides_is_never_learned_from(make_app: Callable[..., Flask]) -> None:
    app = make_app(words_that_spam=("jackpot",))
    article = add_article(app)
    with app.app_context():
        home = House(app, article.id)
        numbers = [home.gets(KINDLY[0]), home.gets("A jackpot for everybody")]
        home.decides(None, Action.SPAM, numbers[0])
        assert {home.status(number) for number in numbers} == {Status.SPAM}
        assert home.labels() == {}
        assert labels.catch_up(spam.base()) == CaughtUp()


def test_what_the_publication_answers_is_never_learned_from(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    home.decides(max_, Action.APPROVE, number)
    ours = parts().intake.answer(number, Written(max_, "We asked: it sails again at seven.", home.now))
    assert home.labels() == {number: "ham"}
    assert labels.catch_up(spam.base()) == CaughtUp()
    for action in (Action.SPAM, Action.APPROVE):
        home.decides(max_, action, ours)
        assert home.labels() == {number: "ham"}
    assert labels.catch_up(spam.base()) == CaughtUp()
    newest = home.decisions(ours)[-1].id
    assert len(recompute.standing_at(newest)) == 1


def test_who_confirms_the_policy_has_decided(home: House) -> None:
    number = home.gets(KINDLY[0])
    home.decides(None, Action.APPROVE, number)
    home.decides(home.employs("max"), Action.APPROVE, number)
    assert home.labels() == {number: "ham"}


def test_the_last_word_counts(home: House) -> None:
    max_, root = home.employs("max"), home.employs("root")
    number = home.gets(KINDLY[0])
    home.decides(max_, Action.SPAM, number)
    home.decides(root, Action.APPROVE, number)
    assert home.labels() == {number: "ham"}
    home.decides(max_, Action.REJECT, number)
    assert home.labels() == {}


def test_undoing_takes_the_label_back_and_the_one_before_returns(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    home.decides(max_, Action.APPROVE, number)
    home.decides(max_, Action.SPAM, number)
    home.undoes(max_, number)
    assert home.labels() == {number: "ham"}


def test_undoing_an_undoing_brings_the_label_back(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    home.decides(max_, Action.SPAM, number)
    home.undoes(max_, number)
    assert home.labels() == {}
    home.undoes(max_, number)
    assert home.status(number) is Status.SPAM
    assert home.labels() == {number: "spam"}


def test_undoing_many_at_once_takes_all_their_labels_back(home: House) -> None:
    max_ = home.employs("max")
    numbers = [home.gets(text) for text in CAMPAIGN[:3]]
    made = home.decides(max_, Action.SPAM, *numbers, batch="b" * 32)
    assert set(home.labels()) == set(numbers)
    parts().review.undo_batch(made[0], max_, home.now, batch="c" * 32)
    assert home.labels() == {}


def test_the_label_outlives_the_text(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    home.decides(max_, Action.APPROVE, number)
    with writing() as session:
        session.execute(update(CommentText).values(text=""))
    assert labels.catch_up(spam.base()) == CaughtUp()
    known = everything()
    assert len(known) == 1
    assert (
        known.labels.kept.to_bytes()
        == spam.base().kept(spam.Candidate(KINDLY[0], "Grace", "", "The ferry")).to_bytes()
    )


def test_a_label_keeps_no_word_of_the_text(home: House) -> None:
    number = home.gets("Unmistakable lanterns, said Zebedee.")
    home.decides(home.employs("max"), Action.APPROVE, number)
    import zlib

    plain = zlib.decompress(db.session.scalars(select(Label.features)).one())
    assert not [word for word in (b"lantern", b"Zebedee", b"zebedee", b"Unmis") if word in plain]


def test_a_decision_without_a_classifier_is_learned_from_later(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    with monkeypatch.context() as patch:
        patch.setattr(learning.Scorer, "classifier", None)
        home.decides(max_, Action.APPROVE, number)
    assert home.labels() == {}
    assert labels.catch_up(spam.base()) == CaughtUp(made=1)
    assert home.labels() == {number: "ham"}


def test_a_new_feature_map_makes_labels_anew_where_the_text_is_still_there(home: House) -> None:
    max_ = home.employs("max")
    stays, forgotten = home.teaches(max_, ham=KINDLY[:2])
    fresh = home.gets(KINDLY[2])
    with writing() as session:
        session.execute(update(Label).values(feature_map=MAP_VERSION - 1, features=b"of another map"))
        session.execute(update(CommentText).where(CommentText.comment_id == forgotten).values(text=""))
    home.decides(max_, Action.APPROVE, fresh)
    assert len(everything()) == 1
    assert labels.catch_up(spam.base()) == CaughtUp(made=1, dropped=1)
    assert home.labels() == {stays: "ham", fresh: "ham"}
    assert set(db.session.scalars(select(Label.feature_map))) == {MAP_VERSION}
    assert len(everything()) == 2


def test_a_row_that_cannot_be_read_is_left_out_and_the_rest_is_learned_from(home: House) -> None:
    home.teaches(home.employs("max"), ham=KINDLY[:3])
    with writing() as session:
        first = session.scalars(select(Label).order_by(Label.decision_id)).first()
        first.features = b"\x00torn"
    assert len(everything()) == 2


def test_labels_are_known_in_the_order_they_were_made_with_their_makers(home: House) -> None:
    max_, root = home.employs("max"), home.employs("root")
    home.teaches(max_, spam=CAMPAIGN[:1], ham=KINDLY[:1])
    home.teaches(root, spam=CAMPAIGN[1:2])
    known = everything()
    assert known.decisions.tolist() == sorted(known.decisions)
    assert known.people.tolist() == [max_, max_, root]
    assert known.labels.is_spam.tolist() == [True, False, True]
    assert Kept.joined([known.labels.kept]).lengths.min() > 0


def test_an_erased_comment_has_no_label(home: House) -> None:
    max_ = home.employs("max")
    gone, stays = home.teaches(max_, ham=KINDLY[:2])
    with writing() as session:
        session.execute(update(Comment).where(Comment.id == gone).values(status=Status.ERASED))
        labels.follow([gone], labels.Prepared())
    assert home.labels() == {stays: "ham"}
    with writing() as session:
        session.execute(delete(Label))
    labels.catch_up(spam.base())
    assert home.labels() == {stays: "ham"}


def test_time_and_again_is_the_same(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    home.decides(max_, Action.APPROVE, number)
    with writing():
        labels.follow([number], labels.Prepared())
    assert home.labels() == {number: "ham"}
    assert home.now > NOON
