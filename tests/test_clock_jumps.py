"""The clock was wrong for a while and is right again: what happened meanwhile does no lasting harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from models import Decision, DecisionReason, db
from moderation import leases, sweeps
from moderation.vocabulary import ReasonCode, Role
from tests.conftest import NOON, add_article, signed_in
from tests.people import Person, number_in

YEARS = timedelta(days=400)


def test_a_network_at_its_limit_then_is_not_limited_for_long(clock, make_app) -> None:
    app = make_app(limit_posts="2 per hour")
    add_article(app)
    mallory = Person(app, "Mallory", "mallory@example.net")
    clock.move_to(NOON + YEARS)
    assert [mallory.comment(f"Boats, lesson {n}").status_code for n in range(3)] == [303, 303, 429]
    clock.move_to(NOON)
    assert mallory.comment("Boats, the last lesson").status_code == 303


def test_comments_of_another_time_make_no_article_busy(clock, make_app) -> None:
    app = make_app(busy_article_per_hour=2)
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    clock.move_to(NOON + YEARS)
    for n in range(3):
        ada.comment(f"The ferry sails at seven on day {n}.")
    clock.move_to(NOON)
    number = number_in(ada.comment("And the coffee on it is good today."))
    with app.app_context():
        of_it = select(DecisionReason.code).join(Decision).where(Decision.comment_id == number)
        assert ReasonCode.BUSY_ARTICLE not in set(db.session.scalars(of_it))


def test_a_session_that_was_begun_in_the_future_holds_no_longer(clock, app: Flask) -> None:
    clock.move_to(NOON + YEARS)
    max_ = signed_in(app, "max", Role.MODERATOR)
    assert max_.get("/desk/").status_code == 200
    clock.move_to(NOON)
    assert max_.get("/desk/").status_code == 303


def test_a_lease_of_the_future_is_anybodys_now_and_no_pass_of_then_counts(context: Flask) -> None:
    assert leases.taken(sweeps.SWEEPER, "ahead", NOON + YEARS, sweeps.HELD_FOR)
    leases.taken(sweeps.SWEPT, "ahead", NOON + YEARS, sweeps.HELD_FOR, from_anybody=True)
    assert not sweeps.is_serving(NOON)
    assert sweeps.swept_until(NOON)[0] is False
    assert leases.taken(sweeps.SWEEPER, "here", NOON, sweeps.HELD_FOR)
    assert not leases.taken(sweeps.SWEEPER, "elsewhere", NOON, sweeps.HELD_FOR)


@pytest.mark.parametrize("skew", [timedelta(seconds=-20), timedelta(seconds=20)])
def test_two_hosts_whose_clocks_differ_a_little_respect_each_others_lease(
    context: Flask, skew: timedelta
) -> None:
    now = datetime(2026, 3, 14, tzinfo=UTC)
    assert leases.taken(sweeps.SWEEPER, "one", now, sweeps.HELD_FOR)
    assert not leases.taken(sweeps.SWEEPER, "other", now + skew, sweeps.HELD_FOR)
