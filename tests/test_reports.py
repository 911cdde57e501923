"""How the desk is doing: figures that counting by hand would give, plots with tables, one's own work for oneself."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from models import Figure, db, writing
from moderation import workload
from moderation.sweeps import sweep
from moderation.vocabulary import Role
from moderation.workload import Workload
from tests.conftest import NOON, add_article, signed_in
from tests.people import Person
from tests.test_campaigns import says


@pytest.fixture
def holding(make_app, clock) -> Flask:
    """An app where everything waits; the clock stands at noon."""
    app = make_app(hold_everything=True)
    add_article(app)
    return app


def decide(person: Person, action: str, *targets: str) -> None:
    answer = person.post("/desk/decisions", {"action": action, "comment": list(targets)})
    assert answer.status_code == 303


def test_the_figures_are_what_counting_would_give(clock, holding: Flask) -> None:
    max_ = signed_in(holding, "max", Role.MODERATOR)
    mia = signed_in(holding, "mia", Role.MODERATOR)
    for n in range(4):
        says(holding, f"Remark number {n} on boat {n * 7}, see http://shop{n // 2}.example", network=n)
    clock.shift(timedelta(hours=2))
    decide(max_, "approve", "1:1")
    decide(max_, "spam", "2:1")
    clock.shift(timedelta(hours=1))
    decide(mia, "approve", "1:2")
    decide(mia, "approve", "2:2")
    decide(mia, "spam", "3:1", "4:1")

    with holding.app_context():
        found = workload.reckoned(NOON + timedelta(hours=3))
    assert found.days[-1] == "2026-03-14"
    assert len(found.days) == 28
    assert {status: counts[-1] for status, counts in found.arrivals.items()} == {
        "approved": 2,
        "held": 0,
        "spam": 2,
        "rejected": 0,
    }
    assert found.backlog[-2:] == (0, 0)
    assert (found.median_hours[-1], found.p90_hours[-1]) == (3.0, 3.0)
    assert found.alone[-1] == 0.0
    assert found.alone[0] is None
    assert dict(found.reasons)["site-holds"] == 4
    assert found.hosts == (("shop1.example", 2),)
    by_name = {hand.name: hand for hand in found.hands}
    assert (by_name["max"].decisions, by_name["max"].overturned) == (2, 1)
    assert (by_name["mia"].decisions, by_name["mia"].overturned) == (3, 0)  # agreeing leaves no decision


def test_the_backlog_goes_back_day_by_day_and_ages_are_told(clock, holding: Flask) -> None:
    max_ = signed_in(holding, "max", Role.MODERATOR)
    says(holding, "The first remark of all.")
    says(holding, "Another remark, quite unlike it.")
    clock.shift(timedelta(days=2))
    says(holding, "A third remark, days later.")
    max_.post("/desk/sign-in", {"name": "max", "password": "a lamp above the old gate"})
    decide(max_, "approve", "1:1")
    with holding.app_context():
        found = workload.reckoned(NOON + timedelta(days=2))
    assert found.backlog[-4:] == (0, 2, 2, 2)
    assert dict(found.ages) == {
        "under an hour": 1,
        "under a day": 0,
        "under 3 days": 1,
        "under a week": 0,
        "longer": 0,
    }


def test_what_was_overturned_is_told_both_ways(make_app, clock) -> None:
    app = make_app(words_that_spam=("casino",))
    add_article(app)
    max_ = signed_in(app, "max", Role.MODERATOR)
    for n in range(3):
        says(app, f"A walk along pier number {n}.")
    says(app, "The casino on the pier is closed.")
    decide(max_, "reject", "1:1")
    decide(max_, "approve", "4:1")
    with app.app_context():
        found = workload.reckoned(NOON)
    assert (found.taken_down, found.published, found.let_through, found.called_spam) == (1, 3, 1, 1)
    assert found.alone[-1] == pytest.approx(2 / 4)


def test_seconds_between_decisions_count_a_bulk_once(clock, holding: Flask) -> None:
    max_ = signed_in(holding, "max", Role.MODERATOR)
    numbers = [says(holding, f"Remark {n}: {'word ' * n}ends.", network=n) for n in range(12)]
    for number in numbers[:6]:
        decide(max_, "approve", f"{number}:1")
        clock.shift(timedelta(seconds=4))
    decide(max_, "approve", *(f"{number}:1" for number in numbers[6:]))
    clock.shift(timedelta(hours=1))
    with holding.app_context():
        (hand,) = workload.reckoned(NOON + timedelta(hours=2)).hands
    assert (hand.decisions, hand.seconds) == (12, 4.0)


def test_everybody_sees_their_own_work_and_root_sees_all(clock, holding: Flask) -> None:
    max_, mia = signed_in(holding, "max", Role.MODERATOR), signed_in(holding, "mia", Role.MODERATOR)
    root = signed_in(holding, "root", Role.ADMIN)
    says(holding, "The first remark of all.")
    says(holding, "Another remark, quite unlike it.")
    decide(max_, "approve", "1:1")
    decide(mia, "approve", "2:1")

    def rows(person: Person) -> list[str]:
        return re.findall(r'<th scope="row">(max|mia|root)</th>', person.get("/desk/reports").text)

    assert rows(max_) == ["max"]
    assert rows(mia) == ["mia"]
    assert rows(root) == ["max", "mia"]


def test_every_plot_has_its_numbers_in_a_table(clock, holding: Flask) -> None:
    max_ = signed_in(holding, "max", Role.MODERATOR)
    page = max_.get("/desk/reports").text
    assert "0 comments arrived" in page
    assert page.count('<svg viewBox="0 0 360') == page.count("<summary>The numbers") == 5
    says(holding, "A remark with http://a.example <b>in it</b>")
    decide(max_, "spam", "1:1")
    page = max_.get("/desk/reports").text
    assert page.count('<svg viewBox="0 0 360') == page.count("<summary>The numbers") == 7
    assert "The site lets every comment wait." in page
    assert "a.example" in page


def test_the_sweeps_keep_the_figures_for_a_quarter_of_an_hour(clock, holding: Flask) -> None:
    max_ = signed_in(holding, "max", Role.MODERATOR)
    with holding.app_context():
        sweep(NOON, "here")
    says(holding, "A remark.")
    assert "0 comments arrived" in max_.get("/desk/reports").text
    with holding.app_context():
        sweep(NOON + timedelta(minutes=14), "here")
        assert "0 comments arrived" in max_.get("/desk/reports").text
        sweep(NOON + timedelta(minutes=15), "here")
    assert "1 comment arrived" in max_.get("/desk/reports").text


def test_figures_of_another_version_are_reckoned_anew(clock, holding: Flask) -> None:
    max_ = signed_in(holding, "max", Role.MODERATOR)
    with holding.app_context(), writing() as session:
        session.add(Figure(name="workload", value={"days": [], "more": 1}, made_at=NOON))
    assert max_.get("/desk/reports").status_code == 200


def test_figures_survive_being_kept(clock, holding: Flask) -> None:
    says(holding, "A remark with http://a.example")
    with holding.app_context():
        found = workload.reckoned(NOON)
        assert Workload.from_json(found.to_json()) == found
        workload.keep(NOON)
        db.session.expire_all()
        assert workload.kept(NOON).workload == found


def test_the_page_asks_as_many_questions_for_one_as_for_many(clock, holding: Flask, counted) -> None:
    max_ = signed_in(holding, "max", Role.MODERATOR)
    says(holding, "The first remark of all.")
    few = counted(lambda: max_.get("/desk/reports"))
    for n in range(12):
        says(holding, f"Remark {n}: {'word ' * n}ends.", network=n)
        decide(max_, "spam", f"{n + 2}:1")
    max_.get("/desk/reports")  # the classifier reads the decisions once
    assert counted(lambda: max_.get("/desk/reports")) == few


def test_eve_sees_no_reports(article, eve: Person) -> None:
    assert eve.get("/desk/reports").status_code == 303
