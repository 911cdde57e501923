"""A new version or new thresholds: what waits is looked at again, and a person says what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from models import Event, Scoring, db
from moderation import learning
from moderation.intake import Written
from moderation.learning import terms
from moderation.parts import parts
from moderation.review import Target
from moderation.spam.costs import Costs
from moderation.vocabulary import Action, Role, Status
from tests.conftest import NOON, add_article, signed_in
from tests.learned import CAMPAIGN, KINDLY, House

STRICT = Costs(published_spam=1000, held_ham=0.01)
"""By these nearly everything waits."""

EASY = Costs(published_spam=2, held_ham=1)
SUSPICIOUS = "Best online casino bonus!!! Cheap pills, visit http://win.example.net now, earn $5000 a week"


@pytest.fixture
def home(make_app: Callable[..., Flask]) -> Iterator[House]:
    """Thresholds are strict, so that comments wait for their scores alone."""
    app = make_app()
    article = add_article(app)
    with app.app_context():
        terms.save(STRICT, None, None, NOON)
        parts().scorer.look_again()
        yield House(app, article.id)


def looks_again(home: House) -> int:
    parts().scorer.look_again()
    total = 0
    while count := learning.look_again(parts().scorer, home.now, batch=3):
        total += count
    return total


def set_terms(home: House, costs: Costs) -> None:
    terms.save(costs, None, None, home.now)


def proposal(home: House, number: int) -> Action | None:
    return home.comment(number).proposal


def test_nothing_is_looked_at_twice_under_the_same_terms(home: House) -> None:
    numbers = [home.gets(text) for text in KINDLY[:5]]
    assert {home.status(number) for number in numbers} == {Status.HELD}
    assert looks_again(home) == 0
    set_terms(home, EASY)
    assert looks_again(home) == 5
    assert looks_again(home) == 0


def test_what_would_now_be_approved_is_said_and_not_done(home: House) -> None:
    numbers = [home.gets(text) for text in KINDLY[:4]]
    set_terms(home, EASY)
    looks_again(home)
    assert parts().review.proposals() == {Action.APPROVE: 4}
    assert {home.status(number) for number in numbers} == {Status.HELD}
    assert db.session.scalars(select(Scoring.comment_id)).all() == numbers  # new thresholds need no new score


def test_a_new_version_gives_new_scores_and_the_queue_its_order(home: House) -> None:
    waiting = [home.gets(text) for text in CAMPAIGN[-2:]]
    home.teaches(home.employs("max"), CAMPAIGN[:-2], KINDLY)
    version = learning.learn(home.now).version
    before = [home.comment(number).risk for number in waiting]
    looks_again(home)
    query = select(Scoring).where(Scoring.comment_id == waiting[0]).order_by(Scoring.id)
    first, second = db.session.scalars(query).all()
    assert first.classifier_version.startswith("base-")
    assert second.classifier_version.partition("+")[0] == version
    assert home.comment(waiting[0]).risk == second.log_odds
    assert [home.comment(number).risk for number in waiting] > before


def test_other_reasons_go_on_holding(home: House, make_app: Callable[..., Flask]) -> None:
    number = home.gets("The ferry https://one.example.org and https://two.example.org")
    set_terms(home, EASY)
    looks_again(home)
    assert proposal(home, number) is None


def test_what_a_person_held_is_left_alone(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets(KINDLY[0])
    home.decides(max_, Action.APPROVE, number)
    home.decides(max_, Action.HOLD, number)
    set_terms(home, EASY)
    looks_again(home)
    assert proposal(home, number) is None


def test_what_would_now_be_spam_is_said_too(home: House) -> None:
    number = home.gets(SUSPICIOUS)
    home.decides(None, Action.HOLD, number)
    set_terms(home, Costs(lost_ham=1.01, look=30))
    looks_again(home)
    assert proposal(home, number) is Action.SPAM
    assert parts().review.proposals() == {Action.SPAM: 1}


def test_a_decision_takes_the_proposal_away(home: House) -> None:
    number = home.gets(KINDLY[0])
    set_terms(home, EASY)
    looks_again(home)
    home.decides(home.employs("max"), Action.REJECT, number)
    assert proposal(home, number) is None


def test_applying_is_the_policys_decision_by_a_persons_hand_and_no_label(home: House) -> None:
    max_ = home.employs("max")
    numbers = [home.gets(text) for text in KINDLY[:3]]
    set_terms(home, EASY)
    looks_again(home)
    targets = [Target(number, home.comment(number).version) for number in numbers[:2]]
    outcome = parts().review.apply(max_, targets, home.now, batch="b" * 32)
    assert outcome.done == tuple(numbers[:2])
    assert [home.status(number) for number in numbers] == [Status.APPROVED, Status.APPROVED, Status.HELD]
    decision = home.decisions(numbers[0])[-1]
    assert (decision.moderator_id, decision.policy) == (None, parts().scorer.under)
    assert home.labels() == {}
    event = db.session.scalars(select(Event).where(Event.kind == "proposals applied")).one()
    assert event.moderator_id == max_
    assert event.detail["comments"] == 2
    assert "It was looked at again, score 0." in parts().review.waiting([numbers[0]])[0].reasons[0]
    parts().review.undo_batch(outcome.decisions[0], max_, home.now, batch="c" * 32)
    assert home.status(numbers[0]) is Status.HELD
    looks_again(home)
    assert proposal(home, numbers[0]) is None  # max has said no


def test_what_changed_since_it_was_looked_at_is_left_alone(home: House) -> None:
    max_ = home.employs("max")
    numbers = [home.gets(text) for text in KINDLY[:3]]
    set_terms(home, EASY)
    looks_again(home)
    targets = [Target(number, home.comment(number).version) for number in numbers]
    home.decides(max_, Action.REJECT, numbers[0])
    outcome = parts().review.apply(max_, [*targets, Target(999, 1)], home.now)
    assert outcome.done == tuple(numbers[1:])
    assert [standing.comment_id for standing in outcome.stale] == [numbers[0]]
    assert outcome.unknown == (999,)
    first = Target(numbers[0], home.comment(numbers[0]).version)
    parts().review.apply(max_, [first], home.now)
    told = db.session.scalars(select(Event.detail).where(Event.kind == "proposals applied")).all()
    assert [each["comments"] for each in told] == [2]  # where nothing was done, nothing is told


def test_what_was_looked_at_under_other_terms_is_not_applied(home: House) -> None:
    number = home.gets(KINDLY[0])
    set_terms(home, EASY)
    looks_again(home)
    set_terms(home, STRICT)
    parts().scorer.look_again()
    outcome = parts().review.apply(home.employs("max"), [Target(number, 1)], home.now)
    assert outcome.done == ()
    assert home.status(number) is Status.HELD


def test_chance_may_draw_what_is_applied_for_a_spot_check(make_app: Callable[..., Flask]) -> None:
    app = make_app(spot_check_share=1)
    article = add_article(app)
    with app.app_context():
        home = House(app, article.id)
        set_terms(home, STRICT)
        parts().scorer.look_again()
        number = home.gets(KINDLY[0])
        set_terms(home, EASY)
        looks_again(home)
        parts().review.apply(home.employs("max"), [Target(number, 1)], home.now)
        assert [entry.id for entry in parts().review.queue(view="check").entries] == [number]
        assert parts().review.counts()["check"] == 1


def test_max_sees_how_many_would_be_approved_and_applies_it(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    article = add_article(app)
    max_ = signed_in(app, "max", Role.MODERATOR)
    with app.app_context():
        home = House(app, article.id)
        set_terms(home, STRICT)
        parts().scorer.look_again()
        numbers = [home.gets(text) for text in KINDLY[:3]]
        home.gets(SUSPICIOUS)
        set_terms(home, EASY)
        looks_again(home)
        held = parts().review.counts()["held"]
        db.session.rollback()
    assert f"3 of the {held} that wait would now be approved." in max_.get("/desk/").text
    page = max_.get("/desk/?view=again").text
    assert "<h1>Looked at again</h1>" in page
    targets = re.findall(r'name="comment" value="([\d:]+)" checked', page)
    assert sorted(targets) == sorted(f"{number}:1" for number in numbers)
    answer = max_.post("/desk/proposals", {"comment": targets, "next": "/desk/?view=again"})
    told = max_.get(answer.location).text
    assert "3 comments put to where they would go today." in told
    assert "Undo all" in told
    with app.app_context():
        assert {home.status(number) for number in numbers} == {Status.APPROVED}
    nothing = max_.post("/desk/proposals", {"next": "/desk/?view=again"})
    assert "No comment was chosen" in max_.get(nothing.location).text


def test_a_comment_in_other_words_is_looked_at_again(home: House) -> None:
    number = home.gets(KINDLY[0])
    set_terms(home, EASY)
    assert looks_again(home) == 1
    assert proposal(home, number) is Action.APPROVE
    written = Written(home.employs("max"), f"{KINDLY[0]} Indeed.", home.now)
    parts().intake.reword(number, home.comment(number).version, written)
    assert proposal(home, number) is None
    assert looks_again(home) == 1
    assert proposal(home, number) is Action.APPROVE
