"""What has had its day is forgotten, by one process at a time, whatever happens to the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from models import Contact, Lease, Session, db
from moderation import leases, rights, sweeps
from moderation.settings import Settings
from moderation.sweeps import Sweep, Sweeper, sweep
from tests.conftest import NOON
from tests.people import Person, number_in

DAY = timedelta(days=1)


def contact(comment_id: int) -> Contact:
    db.session.rollback()
    found = db.session.get(Contact, comment_id)
    assert found is not None
    return found


def test_a_network_is_forgotten_on_its_day_and_the_sealed_address_stays(
    clock, app, article, ada: Person
) -> None:
    comment_id = number_in(ada.comment("It sails at seven, and the coffee is good."))

    with app.app_context():
        clock.move_to(NOON + 29 * DAY)
        sweep(datetime.now(UTC), "here")
        assert contact(comment_id).network_fingerprint
        clock.move_to(NOON + 30 * DAY)
        done = sweep(datetime.now(UTC), "here")

        kept = contact(comment_id)
        assert done["contacts forgotten"] == 1
        assert (kept.network_fingerprint, kept.network_until) == (None, None)
        assert kept.sealed_address
        assert kept.address_fingerprint


def test_the_address_of_spam_is_forgotten_on_its_day(clock, make_app, mallory: Person) -> None:
    from tests.conftest import add_article

    app = make_app(words_that_spam=("casino",), keep_unwelcome_days=90)
    add_article(app)
    mallory.client = app.test_client()
    answer = mallory.comment("The best casino in town")
    comment_id = number_in(answer)

    with app.app_context():
        sweep(NOON + 90 * DAY - timedelta(seconds=1), "here")
        assert contact(comment_id).sealed_address
        sweep(NOON + 90 * DAY, "here")

        gone = contact(comment_id)
        assert (gone.sealed_address, gone.key_id, gone.address_fingerprint, gone.address_until) == (None,) * 4


def test_an_ended_session_goes_a_day_after_its_end(clock, app, max_: Person) -> None:
    with app.app_context():
        kept = sweeps.retention(Settings(keep_sessions_days=1))
        sweep(NOON + timedelta(hours=8) + DAY - timedelta(seconds=1), "here", more=kept)
        assert sessions() == 1
        done = sweep(NOON + timedelta(hours=8) + DAY, "here", more=kept)

        assert done["ended sessions forgotten"] == 1
        assert sessions() == 0


def sessions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Session)) or 0


def test_forgetting_goes_in_batches_and_comes_to_an_end(clock, app, article, ada: Person) -> None:
    for n in range(5):
        ada.comment(f"Remark number {n} on the ferry, which sails at seven.")

    with app.app_context():
        later = NOON + 31 * DAY
        assert [rights.forget_due(later, batch=2) for _ in range(4)] == [2, 2, 1, 0]


def test_one_of_two_processes_sweeps(context) -> None:
    assert sweep(NOON, "one")
    assert sweep(NOON + sweeps.EVERY, "other") == {}
    assert sweep(NOON + sweeps.EVERY, "one")


def test_when_a_process_dies_another_takes_over_once_its_lease_ran_out(context) -> None:
    sweep(NOON, "killed")

    assert sweep(NOON + sweeps.HELD_FOR - timedelta(seconds=1), "other") == {}
    assert sweep(NOON + sweeps.HELD_FOR, "other")


def test_a_pass_that_takes_longer_than_a_lease_lasts_keeps_it(clock, context, monkeypatch) -> None:
    taken_by_another = []

    def slow(_now: datetime) -> int:
        clock.shift(sweeps.HELD_FOR - timedelta(seconds=1))
        at = datetime.now(UTC)
        taken_by_another.append(leases.taken(sweeps.SWEEPER, "other", at, sweeps.HELD_FOR))
        return 1

    monkeypatch.setattr(sweeps, "SWEEPS", (Sweep("slow", slow, most=3),))

    assert sweep(NOON, "here") == {"slow": 3}
    assert taken_by_another == [False, False, False]


def test_a_pass_that_lost_its_lease_leaves_the_rest_to_whoever_has_it(clock, context, monkeypatch) -> None:
    def sleepy(_now: datetime) -> int:
        clock.shift(sweeps.HELD_FOR)
        assert leases.taken(sweeps.SWEEPER, "other", datetime.now(UTC), sweeps.HELD_FOR)
        return 1

    monkeypatch.setattr(sweeps, "SWEEPS", (Sweep("sleepy", sleepy, most=2), Sweep("next", lambda _: 1 / 0)))

    assert sweep(NOON, "here") == {"sleepy": 1, "next": 0}


def test_a_pass_that_breaks_does_not_count_and_the_next_one_does_the_work(
    clock, context, article, monkeypatch
) -> None:
    def breaks(now: datetime) -> int:
        raise RuntimeError("the disk is on holiday")

    monkeypatch.setattr(sweeps, "SWEEPS", (Sweep("broken", breaks),))
    with pytest.raises(RuntimeError):
        sweep(NOON, "here")
    assert sweeps.swept_until(NOON) == (False, None)

    monkeypatch.undo()
    assert sweep(NOON, "here")
    assert sweeps.swept_until(NOON) == (True, NOON + sweeps.HELD_FOR)


def test_a_stop_is_heard_between_batches(context, monkeypatch) -> None:
    asked = []

    def endless(now: datetime) -> int:
        asked.append(now)
        return 1

    monkeypatch.setattr(sweeps, "SWEEPS", (Sweep("endless", endless),))

    assert sweep(NOON, "here", is_stopping=lambda: len(asked) >= 3) == {"endless": 3}


def test_what_is_much_waits_for_the_next_pass_so_that_nothing_else_does(context, monkeypatch) -> None:
    monkeypatch.setattr(
        sweeps, "SWEEPS", (Sweep("much", lambda _: 400, most=1000), Sweep("little", lambda _: 0))
    )

    assert sweep(NOON, "here") == {"much": 1200, "little": 0}


def test_the_timer_sweeps_at_once_and_hands_its_lease_on_when_stopped(app) -> None:
    sweeper = Sweeper(app, every=timedelta(hours=1))
    sweeper.start()
    while True:  # the first pass needs no waiting for the hour to be over
        with app.app_context():
            if sweeps.swept_until(datetime.now(UTC))[0]:
                break
    sweeper.stop()

    assert not sweeper.is_alive()
    with app.app_context():
        assert sweep(datetime.now(UTC), "next")


def test_the_timer_outlives_a_pass_that_breaks(app, monkeypatch) -> None:
    passes = []

    def breaks_once(now: datetime) -> int:
        passes.append(now)
        if len(passes) == 1:
            raise RuntimeError("the disk is on holiday")
        return 0

    monkeypatch.setattr(sweeps, "SWEEPS", (Sweep("breaks once", breaks_once),))
    sweeper = Sweeper(app, every=timedelta(0))
    sweeper.start()
    while len(passes) < 2:
        assert sweeper.is_alive()
    sweeper.stop()

    with app.app_context():
        assert db.session.get(Lease, sweeps.SWEPT)
