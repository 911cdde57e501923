"""Passkeys whose answers are none: nobody gets in, nothing breaks. What they do well is told in a browser."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models import Credential, Event, Ticket, db
from moderation.vocabulary import Role
from moderation.web.access import can_use_passkeys
from tests.conftest import PASSWORD, signed_in
from tests.people import Person

MINE = {"factors_current": PASSWORD}


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(limit_sign_ins="1000 per minute", limit_sign_ins_per_account="1000 per minute")


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def answer_to(challenge: str, kind: str = "webauthn.get", **response: Any) -> dict[str, Any]:
    """What a browser would send, with nothing true in it but the challenge."""
    said = {"type": kind, "challenge": challenge, "origin": "http://localhost", "crossOrigin": False}
    return {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "response": {"clientDataJSON": text(json.dumps(said).encode()), **response},
    }


def junk(challenge: str) -> list[str]:
    """Answers that are none, from no JSON at all to one in which only the last byte is wrong."""
    get = answer_to(challenge, authenticatorData=text(b"x" * 37), signature=text(b"x" * 70))
    make = answer_to(challenge, "webauthn.create", attestationObject=text(b"\xa3cfmtdnone"))
    nested = answer_to(challenge, "webauthn.create", attestationObject=text(b"\x81" * 20_000))
    no_client_data = {**get, "response": {**get["response"], "clientDataJSON": text(b"[]")}}
    deep = "[" * 10_000
    wrong_types = [{**get, name: value} for name in get for value in (None, 7, [], {}, "ä", "=", "A")]
    wrong_parts = [
        {**get, "response": {**get["response"], name: value}}
        for name in get["response"]
        for value in (None, 7, [], {}, "ä", "=", "A", text(b"\xff" * 40))
    ]
    whole = [get, make, nested, no_client_data, *wrong_types, *wrong_parts, [], None, 7, "x", {}]
    return ["", "x", "\x00", deep, "x" * 30_000, *(json.dumps(each) for each in whole)]


def asked_for(person: Person, path: str, typed: dict[str, str]) -> dict[str, Any]:
    answer = person.post(path, typed, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/json"
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.mark.parametrize("name", ["", ":80", "[", "]", "a b", "[::1", "\xff", "@", "//"])
def test_a_host_without_a_name_gets_no_challenge_and_no_fault(app: Flask, name: str) -> None:
    answer = app.test_client().post(
        "/desk/sign-in/challenge", headers={"Host": name, "Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 400
    door = app.test_client().post(
        "/desk/sign-in",
        data={"name": "max", "password": "a wrong one"},
        headers={"Host": name, "Sec-Fetch-Site": "same-origin"},
    )
    assert door.status_code in {400, 401}


def test_no_answer_of_eves_making_signs_her_in(app: Flask, eve: Person, max_: Person) -> None:
    for n, made_up in enumerate(junk("A" * 43)):
        answer = eve.post("/desk/sign-in/passkey", {"passkey": made_up})
        assert answer.status_code == 401, (n, made_up[:200])
        challenge = asked_for(eve, "/desk/sign-in/challenge", {})["challenge"]
        answer = eve.post("/desk/sign-in/passkey", {"passkey": junk(challenge)[n]})
        assert answer.status_code == 401, (n, made_up[:200])
    assert eve.get("/desk/").status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Event.kind).where(Event.kind == "signed in")).all() == ["signed in"]


def test_no_answer_that_is_none_becomes_a_passkey(app: Flask, max_: Person) -> None:
    for n in range(len(junk(""))):
        challenge = asked_for(max_, "/desk/account/passkeys/challenge", MINE)["challenge"]
        answer = max_.post("/desk/account/passkeys", {"passkey": junk(challenge)[n], "passkey_name": "x"})
        assert answer.status_code == 422, (n, junk(challenge)[n][:200])
    with app.app_context():
        assert db.session.scalars(select(Credential)).all() == []


def test_a_challenge_is_bound_to_its_account_and_to_its_purpose(app: Flask, max_: Person) -> None:
    moritz = signed_in(app, "moritz", Role.MODERATOR)
    asked = asked_for(max_, "/desk/account/passkeys/challenge", MINE)
    answer = answer_to(asked["challenge"], "webauthn.create", attestationObject=text(b"\xa0"))
    assert moritz.post("/desk/account/passkeys", {"passkey": json.dumps(answer)}).status_code == 422
    with app.app_context():
        (ticket,) = db.session.scalars(select(Ticket))
        assert ticket.used_at is None
    assert asked["user"]["name"] == "max"
    assert asked["authenticatorSelection"]["userVerification"] == "required"


def test_without_the_present_password_there_is_no_challenge(max_: Person) -> None:
    answer = max_.post("/desk/account/passkeys/challenge", {}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.get_json()["faults"][0]["detail"] == "This is not your present password."


@pytest.mark.parametrize(
    ("settings", "at", "host", "can"),
    [
        ({}, "http://127.0.0.1:8000", "127.0.0.1", False),
        ({}, "http://[::1]:8000", "::1", False),
        ({}, "http://localhost:8000", "localhost", True),
        ({"site_url": "https://desk.example.org"}, "http://127.0.0.1:8000", "desk.example.org", True),
    ],
)
def test_passkeys_are_offered_where_they_can_be_bound_to_a_name(make_app, settings, at, host, can) -> None:
    app = make_app(**settings)
    page = app.test_client().get("/desk/sign-in", base_url=at)
    assert ("Sign in with a passkey" in page.text) is can
    with app.test_request_context("/desk/sign-in", base_url=at):
        assert can_use_passkeys() is can
    asked = app.test_client().post(
        "/desk/sign-in/challenge", base_url=at, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert asked.get_json()["rpId"] == host
