"""The clock was wrong for a while and is right again: what happened meanwhile does no lasting harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from models import Decision, DecisionReason, db
from moderation import learning, leases, moderators, sweeps, workload
from moderation.errors import InvitationOver
from moderation.moderators import invitations
from moderation.parts import parts
from moderation.review import looking
from moderation.vocabulary import ReasonCode, Role
from tests.conftest import NOON, PASSWORD, add_article, signed_in
from tests.learned import KINDLY, House
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


def test_an_invitation_made_in_the_future_holds_no_longer(clock, app: Flask, root: Person) -> None:
    clock.move_to(NOON + YEARS)
    with app.app_context():
        token = invitations.invite("Eve", Role.ADMIN, None, NOON + YEARS, timedelta(days=1))
        assert invitations.read(token, NOON + YEARS).name == "Eve"
        with pytest.raises(InvitationOver):
            invitations.read(token, NOON)
        assert invitations.standing(NOON) == []


def test_figures_of_the_future_are_made_again(context: Flask) -> None:
    workload.keep(NOON + YEARS)
    workload.keep(NOON)
    assert workload.kept(NOON).made_at == NOON
    workload.keep(NOON + timedelta(minutes=1))
    assert workload.kept(NOON).made_at == NOON


def test_nobody_looks_at_a_comment_since_the_future(clock, app: Flask, ada: Person) -> None:
    add_article(app)
    number = number_in(ada.comment("The ferry sails at seven."))
    with app.app_context():
        max_, moritz = (moderators.add(name, Role.MODERATOR, PASSWORD, NOON) for name in ("max", "moritz"))
        looking.claim(number, max_, NOON + YEARS)
        assert looking.forget(NOON) == 1
        assert looking.claim(number, moritz, NOON).moderator_id == moritz
        assert looking.forget(NOON) == 0


def test_it_learns_at_night_although_it_learned_in_the_future(taught: House) -> None:
    night = NOON.replace(hour=3)
    learning.learn(NOON + YEARS)
    max_ = moderators.people()[0].id
    taught.teaches(max_, ham=[f"{text}, I believe" for text in KINDLY[:12]])
    assert learning.background.is_due(parts().settings, night)


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
