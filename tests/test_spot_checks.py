"""A few of what nobody would see are drawn by chance and shown: without them every figure about errors is blind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import Article, Comment, db
from moderation.learning.known import everything
from moderation.parts import parts
from moderation.vocabulary import Action, Role, Status
from tests.conftest import add_article, signed_in
from tests.learned import CAMPAIGN, KINDLY, House
from tests.people import Person, number_in

SHARE = 0.25


class Dice:
    """Chance, as told."""

    def __init__(self, *falls: float) -> None:
        self.falls = list(falls)

    def random(self) -> float:
        return self.falls.pop(0)


@pytest.fixture
def home(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A quarter of what the policy decides by itself is to be checked; chance draws every comment."""
    monkeypatch.setattr("moderation.learning.drawing._CHANCE", Dice(*[0.2] * 100))
    app = make_app(spot_check_share=SHARE, words_that_spam=("jackpot",), words_that_hold=("maybe",))
    article = add_article(app)
    with app.app_context():
        yield House(app, article.id)


def to_check() -> list[int]:
    return [entry.id for entry in parts().review.queue(view="check").entries]


def counts_are_true() -> bool:
    kept = db.session.scalar(select(func.sum(Article.check_count)))
    return kept == db.session.scalar(select(func.count()).where(Comment.check_chance.is_not(None)))


def test_what_is_published_or_called_spam_may_be_drawn_and_what_waits_is_not(home: House) -> None:
    published, spam, held = home.gets(KINDLY[0]), home.gets("A jackpot for all"), home.gets("Maybe so")
    assert [home.status(n) for n in (published, spam, held)] == [Status.APPROVED, Status.SPAM, Status.HELD]
    assert set(to_check()) == {published, spam}
    assert parts().review.counts()["check"] == 2
    assert counts_are_true()


def test_chance_draws_the_share_that_is_set(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.learning.drawing._CHANCE", Dice(0.0, SHARE - 0.001, SHARE, 0.9))
    numbers = [home.gets(text) for text in KINDLY[:4]]
    assert set(to_check()) == set(numbers[:2])


def test_nothing_is_drawn_where_the_share_is_nothing(make_app: Callable[..., Flask]) -> None:
    app = make_app(spot_check_share=0)
    article = add_article(app)
    with app.app_context():
        House(app, article.id).gets(KINDLY[0])
        assert to_check() == []


def test_an_answer_keeps_the_chance_with_which_it_was_asked_for(home: House) -> None:
    max_ = home.employs("max")
    right, missed = home.gets(KINDLY[0]), home.gets(CAMPAIGN[0])
    home.decides(max_, Action.APPROVE, right)
    home.decides(max_, Action.SPAM, missed)
    assert [home.decisions(n)[-1].sampling_probability for n in (right, missed)] == [SHARE, SHARE]
    assert to_check() == []
    assert counts_are_true()
    assert home.labels() == {right: "ham", missed: "spam"}
    assert everything().chances.tolist() == [SHARE, SHARE]


def test_what_was_found_without_being_asked_stands_for_itself_alone(home: House) -> None:
    number = home.gets("Maybe the ferry sails at eight")
    home.decides(home.employs("max"), Action.APPROVE, number)
    assert home.decisions(number)[-1].sampling_probability is None
    assert everything().chances.tolist() == [1.0]


def test_taking_an_answer_back_asks_again(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    home.decides(max_, Action.SPAM, number)
    home.undoes(max_, number)
    assert to_check() == [number]
    assert counts_are_true()
    home.undoes(max_, number)
    assert home.status(number) is Status.SPAM


def test_what_the_policy_does_later_leaves_the_question(home: House) -> None:
    number = home.gets(KINDLY[0])
    home.decides(None, Action.HOLD, number)
    assert to_check() == [number]
    assert counts_are_true()


def test_max_is_asked_at_the_desk_and_confirms(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.learning.drawing._CHANCE", Dice(0.0))
    app = make_app(spot_check_share=SHARE)
    add_article(app)
    number = number_in(Person(app, "Ada", "ada@example.org").comment(KINDLY[0]))
    max_ = signed_in(app, "max", Role.MODERATOR)
    assert 'Spot checks <span class="bubble is-waiting">1</span>' in max_.get("/desk/").text
    page = max_.get("/desk/?view=check").text
    assert "Leave approved" in page
    assert "Chance drew these" in page
    max_.post("/desk/decisions", {"action": "approve", "comment": f"{number}:1", "next": "/desk/?view=check"})
    page = max_.get("/desk/?view=check").text
    assert "There is nothing to check." in page
    assert "Leave approved" not in max_.get(f"/desk/comments/{number}").text


def test_whoever_takes_back_that_they_took_it_back_has_answered_again(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    home.decides(max_, Action.SPAM, number)
    for is_answered in (False, True, False):
        home.undoes(max_, number)
        assert (to_check() == []) is is_answered
        assert home.decisions(number)[-1].sampling_probability == (SHARE if is_answered else None)
    assert counts_are_true()


def test_a_check_that_was_asked_outlasts_what_readers_reported(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    home.decides(None, Action.HOLD, number)
    home.undoes(max_, number)
    assert home.status(number) is Status.APPROVED
    assert to_check() == [number]
    assert counts_are_true()
