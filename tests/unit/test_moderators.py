"""Accounts of the desk, asked directly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from models import Event, Moderator, Session, db, writing
from moderation import moderators, passwords
from moderation.errors import FormFaults, NotFound, SignInRefused
from moderation.vocabulary import Role
from tests.conftest import NOON, PASSWORD

pytestmark = pytest.mark.usefixtures("context")
EIGHT_HOURS = timedelta(hours=8)
BROWSER = moderators.Browser(b"n" * 32, "Firefox on Linux")


@pytest.fixture
def max_(context: Flask) -> int:
    return moderators.add("Max", Role.MODERATOR, PASSWORD, NOON)


def entered(name: str = "max", password: str = PASSWORD) -> str:
    return moderators.sign_in(name, password, BROWSER, NOON, EIGHT_HOURS).session


def test_a_name_is_one_name_however_it_is_written(max_: int) -> None:
    for spelling in ("max", "MAX", "  Max  ", "Ｍａｘ"):
        assert moderators.session_of(entered(spelling), NOON) is not None
    with pytest.raises(FormFaults, match="another look"):
        moderators.add("mAX", Role.ADMIN, PASSWORD, NOON)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "needs a name"),
        ("   ", "needs a name"),
        ("x" * 61, "60 characters"),
        ("ß" * 40, "60 characters"),
        (" " * 250 + "x" * 61, "60 characters"),
        ("max\x00", "can be seen"),
        ("max\u202e", "can be seen"),
        ("max@example.org", "e-mail address"),
        ("The Policy", "taken by the house"),
    ],
)
def test_a_name_that_would_confuse_is_refused(name: str, told: str) -> None:
    with pytest.raises(FormFaults) as caught:
        moderators.add(name, Role.MODERATOR, PASSWORD, NOON)
    assert told in caught.value.faults[0].sentence
    assert moderators.people() == []


def test_a_weak_password_makes_no_account_and_changes_none(max_: int) -> None:
    with pytest.raises(FormFaults):
        moderators.add("root", Role.ADMIN, "short", NOON)
    with pytest.raises(FormFaults):
        moderators.set_password("max", "maxmaxmaxmax", NOON)
    assert [account.name for account in moderators.people()] == ["Max"]
    assert moderators.session_of(entered(), NOON) is not None


def test_a_disabled_account_comes_back_with_a_new_role_and_password(max_: int) -> None:
    moderators.disable("max", NOON)
    assert moderators.people()[0].disabled_at == NOON
    assert moderators.add("max", Role.ADMIN, "seven lanterns by the sea", NOON) == max_
    signed_in = moderators.session_of(entered(password="seven lanterns by the sea"), NOON)
    assert signed_in is not None
    assert signed_in.role is Role.ADMIN
    with pytest.raises(SignInRefused):
        entered()


def test_disabling_twice_keeps_the_first_date_and_unknown_names_are_not_found(max_: int) -> None:
    moderators.disable("max", NOON)
    moderators.disable("max", NOON + timedelta(days=1))
    assert moderators.people()[0].disabled_at == NOON
    for unknown in ("nemo", "", "x" * 10_000, "\ud800"):
        with pytest.raises(NotFound):
            moderators.disable(unknown, NOON)


def test_a_new_password_ends_the_sessions_of_the_old_one(max_: int) -> None:
    token = entered()
    moderators.set_password("max", "seven lanterns by the sea", NOON)
    assert moderators.session_of(token, NOON) is None


def test_an_account_that_is_disabled_while_the_password_is_checked_stays_out(
    max_: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = passwords.matches

    def slowly(kept: str, typed: str) -> bool:
        right = check(kept, typed)
        moderators.disable("max", NOON)
        return right

    monkeypatch.setattr(passwords, "matches", slowly)
    with pytest.raises(SignInRefused):
        entered()
    assert db.session.scalars(select(Session)).all() == []


@pytest.mark.real_passwords
def test_an_old_hash_is_renewed_by_signing_in(max_: int) -> None:
    old = passwords.PasswordHasher(memory_cost=1024, time_cost=1, parallelism=1).hash(PASSWORD)
    with writing() as session:
        session.get_one(Moderator, max_).password_hash = old
    entered()
    kept = db.session.get_one(Moderator, max_).password_hash
    assert kept != old
    assert not passwords.is_outdated(kept)
    assert passwords.matches(kept, PASSWORD)


@pytest.mark.real_passwords
def test_known_and_unknown_names_cost_one_hash_and_one_line_in_the_trail_each(
    max_: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    check = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda kept, typed: hashes.append(kept) or check(kept, typed))
    for name in ("max", "nemo"):
        with pytest.raises(SignInRefused):
            entered(name, "not the password at all")
    assert len(hashes) == 2
    assert {each.split("$")[3] for each in hashes} == {"m=19456,t=2,p=1"}
    kinds = list(db.session.scalars(select(Event.kind).order_by(Event.id)))
    assert kinds == ["account made", "sign-in refused", "sign-in refused"]


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 101, "\ud800" * 43])
def test_a_token_that_is_none_opens_nothing(max_: int, token: str) -> None:
    entered()
    assert moderators.session_of(token, NOON) is None


def test_a_session_ends_at_its_hour(max_: int) -> None:
    token = entered()
    assert moderators.session_of(token, NOON + EIGHT_HOURS - timedelta(seconds=1)) is not None
    assert moderators.session_of(token, NOON + EIGHT_HOURS) is None
