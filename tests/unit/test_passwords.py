"""Which passwords will do, and how they are kept."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import passwords

pytestmark = pytest.mark.real_passwords

GOOD = "a lamp above the old gate"


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "Wq7-tinder-Plum",
        "пять жёлтых лодок",
        "一二三四五六七八九十天地",
        "🦉🐢🦔🐝🦋🐌🦀🐙🦑🐬🐳🦭",
        "q" * 200 + GOOD,
    ],
)
def test_a_long_unusual_password_will_do(password: str) -> None:
    assert passwords.fault(password, "max") is None


@pytest.mark.parametrize(
    "password",
    [
        "Password1234",
        "michaeljordan23",
        "Manchester-United",
        "unbelievable",
        "iloveyou1234",
        "harrypotter123",
        "jennifer19850315",
        "Ch0colatec@ke!",
        "p@ssw0rd!!!!",
        "passw0rd2026",
        "123456789012",
        "210987654321",
        "qwertyuiopas",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "maxmaxmaxmax",
        "gatepost-gatepost",
        "GatepostPassword",
        "max+gatepost+1",
        "Max Max Max 1",
        "max123456789",
        "correct horse battery staple",
        "ADMINISTRATOR1",
        "ｐａｓｓｗｏｒｄ１２３４",
        "йцукенгшщзхъ",
    ],
)
def test_what_anybody_would_try_first_will_not_do(password: str) -> None:
    assert "anybody would try" in (passwords.fault(password, "max") or "")


@pytest.mark.parametrize(("length", "told"), [(0, "at least 12"), (11, "at least 12"), (257, "at most")])
def test_a_password_has_between_12_and_256_characters(length: int, told: str) -> None:
    assert told in (passwords.fault((GOOD * 20)[:length], "max") or "")


def test_the_longest_password_that_is_allowed_is_read_to_its_end() -> None:
    longest = (GOOD * 20)[:256]
    assert passwords.fault(longest, "max") is None
    kept = passwords.hashed(longest)
    assert passwords.matches(kept, longest)
    assert not passwords.matches(kept, longest[:-1])
    assert not passwords.matches(kept, longest + "x")


def test_passwords_are_kept_as_argon2id_with_a_salt_of_their_own() -> None:
    kept = passwords.hashed(GOOD)
    parameters = extract_parameters(kept)
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19456, 2, 1)
    assert kept != passwords.hashed(GOOD)


def test_the_hash_for_nobody_costs_what_every_other_does_and_matches_nothing() -> None:
    assert not passwords.is_outdated(passwords.NOBODY)
    for guess in ("", "nobody", GOOD):
        assert not passwords.matches(passwords.NOBODY, guess)


def test_the_same_keys_on_another_keyboard_give_the_same_password() -> None:
    assert passwords.matches(passwords.hashed("Grüße an den Zöllner"), "Grüße an den Zöllner")


def test_a_damaged_hash_matches_nothing() -> None:
    for damaged in ("", "$argon2id$", "plain", passwords.hashed(GOOD)[:-4]):
        assert not passwords.matches(damaged, GOOD)


@settings(max_examples=10, deadline=None)
@given(st.text(st.characters(codec=None), max_size=400))
def test_any_text_at_all_can_be_typed(typed: str) -> None:
    assert passwords.fault(typed, typed) is None or passwords.fault(typed, typed)
    assert not passwords.matches(passwords.NOBODY, typed)
