"""Max comes in by the desk's door; eve does not."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape
from random import Random

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from models import Article, Event, Session, db
from moderation import moderators
from moderation.moderators import SignedIn
from moderation.vocabulary import Role
from moderation.web.access import declared, own_address
from moderation.web.pending import Pending
from tests.conftest import PASSWORD, signed_in
from tests.people import Person, number_in

WRONG = {"name": "max", "password": "not the password at all"}
RIGHT = {"name": "max", "password": PASSWORD}
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


def rows(app: Flask, table: type[Session] | type[Event]) -> list[Session | Event]:
    with app.app_context():
        return list(db.session.scalars(select(table).order_by(table.id)))


def desk_addresses(app: Flask) -> list[tuple[str, str, str]]:
    """Endpoint, method and an address for each route below /desk."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/desk"):
            path = re.sub(r"<int:\w+>", "1", re.sub(r"<\w+>", "the-ferry", rule.rule))
            found += [(rule.endpoint, method, path) for method in sorted(rule.methods - {"OPTIONS"})]
    return found


def test_max_signs_in_and_sees_the_queue(max_: Person) -> None:
    page = max_.get("/desk/")
    assert page.status_code == 200
    assert "Nothing waits." in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_every_route_of_the_desk_declares_who_may_see_it(app: Flask) -> None:
    undeclared = {
        endpoint for endpoint, _, _ in desk_addresses(app) if declared(app.view_functions[endpoint]) is None
    }
    assert not undeclared


def test_only_the_door_is_open_to_anybody(app: Flask) -> None:
    opened = {
        path
        for endpoint, _, path in desk_addresses(app)
        if declared(app.view_functions[endpoint]) == "anybody"
    }
    assert {path for path in opened if not path.startswith("/desk/sign-in/")} == {"/desk/sign-in"}


def test_eve_gets_nothing_on_any_route_of_the_desk(app: Flask, eve: Person, article: Article) -> None:
    for endpoint, method, path in desk_addresses(app):
        if path.startswith("/desk/sign-in"):
            continue
        answer = eve.client.open(path, method=method, headers={"Sec-Fetch-Site": "same-origin"})
        expected = 303 if method in {"GET", "HEAD"} else 401
        assert answer.status_code == expected, (endpoint, method)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "The ferry" not in answer.text


def test_eve_cannot_tell_which_addresses_of_the_desk_exist(eve: Person) -> None:
    known, unknown = eve.get("/desk/articles"), eve.get("/desk/no-such-page")
    assert known.status_code == unknown.status_code == 303
    assert eve.post("/desk/no-such-page").status_code == eve.post("/desk/decisions").status_code == 401


def test_a_view_that_declares_no_role_is_shown_to_nobody(app: Flask, root: Person) -> None:
    app.view_functions["desk.queue"] = lambda: "the treasure"
    answer = root.get("/desk/")
    assert answer.status_code == 403
    assert "treasure" not in answer.text


def test_a_moderator_is_refused_where_an_admin_is_needed(app: Flask, max_: Person, root: Person) -> None:
    app.view_functions["desk.queue"].desk_access = Role.ADMIN
    try:
        assert max_.get("/desk/").status_code == 403
        assert root.get("/desk/").status_code == 200
    finally:
        app.view_functions["desk.queue"].desk_access = Role.MODERATOR


def test_programs_are_told_in_their_own_language_that_somebody_must_sign_in(eve: Person) -> None:
    answer = eve.get("/desk/", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"


def test_after_signing_in_max_is_where_he_wanted_to_be(app: Flask, max_: Person) -> None:
    somebody = Person(app, "max", "")
    answer = somebody.get("/desk/?view=spam&q=boat")
    assert answer.location == "/desk/sign-in?next=%2Fdesk%2F%3Fview%3Dspam%26q%3Dboat"
    assert 'name="next" value="/desk/?view=spam&amp;q=boat"' in somebody.get(answer.location).text
    answer = somebody.post("/desk/sign-in", {**RIGHT, "next": "/desk/?view=spam&q=boat"})
    assert answer.location == "/desk/?view=spam&q=boat"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/desk/",
        "//evil.example/desk/",
        "/\\evil.example",
        "/desk/\\evil.example",
        "/desk//evil.example",
        "/desk/../../evil",
        "/desk/%2e%2e/x",
        "/desk",
        "/articles/the-ferry",
        "javascript:alert(1)",
        "/desk/\r\nSet-Cookie: a=b",
        "/desk/sign-in",
        "/desk/sign-out",
        "/desk/" + "a" * 3000,
        "/desk/ä",
        "",
    ],
)
def test_signing_in_leads_to_the_desk_and_nowhere_else(elsewhere: str) -> None:
    assert own_address(elsewhere) == "/desk/"


def test_a_wrong_password_an_unknown_name_and_a_disabled_account_get_the_same_answer(app: Flask) -> None:
    signed_in(app, "max", Role.MODERATOR)
    signed_in(app, "moritz", Role.MODERATOR)
    with app.app_context():
        moderators.disable("moritz", datetime.now(UTC))
    eve = Person(app, "Eve", "")
    answers = {
        eve.post("/desk/sign-in", {"name": name, "password": password}).text.replace(f'"{name}"', "NAME")
        for name, password in [("max", WRONG["password"]), ("nemo", PASSWORD), ("moritz", PASSWORD)]
    }
    assert len(answers) == 1
    assert "do not go together" in answers.pop()


def test_a_refused_sign_in_keeps_the_name_and_never_the_password(app: Flask, eve: Person) -> None:
    answer = eve.post("/desk/sign-in", {"name": "<b>max</b>", "password": "what was typed here"})
    assert answer.status_code == 401
    assert 'value="&lt;b&gt;max&lt;/b&gt;"' in answer.text
    assert "what was typed here" not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_database_knows_only_a_digest_of_the_cookie(app: Flask, max_: Person) -> None:
    token = max_.client.get_cookie("gatepost_session").value
    (session,) = rows(app, Session)
    assert len(token) == 43  # 256 bits
    assert session.token_digest == hashlib.sha256(token.encode()).digest()
    assert session.network_fingerprint
    assert b"127.0.0" not in session.network_fingerprint


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(make_app: Callable[..., Flask]) -> None:
    app = make_app(site_url="https://comments.example.org")
    with app.app_context():
        moderators.add("max", Role.MODERATOR, PASSWORD, datetime.now(UTC))
    answer = Person(app, "max", "").post("/desk/sign-in", RIGHT, base_url="https://comments.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-gatepost=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_every_sign_in_gets_a_new_token_and_ends_the_one_before_it(app: Flask, max_: Person) -> None:
    former = max_.client.get_cookie("gatepost_session").value
    max_.post("/desk/sign-in", RIGHT)
    assert max_.client.get_cookie("gatepost_session").value != former
    thief = Person(app, "Eve", "")
    thief.client.set_cookie("gatepost_session", former)
    assert thief.get("/desk/").status_code == 303


def test_a_cookie_of_eves_own_making_opens_nothing(eve: Person) -> None:
    for made_up in ("1", "x" * 43, "x" * 4000, "%00", "ä"):
        eve.client.set_cookie("gatepost_session", made_up)
        assert eve.get("/desk/").status_code == 303


def test_signing_out_ends_the_session_on_the_server(app: Flask, max_: Person) -> None:
    token = max_.client.get_cookie("gatepost_session").value
    assert max_.post("/desk/sign-out").location == "/desk/sign-in"
    assert max_.client.get_cookie("gatepost_session") is None
    thief = Person(app, "Eve", "")
    thief.client.set_cookie("gatepost_session", token)
    assert thief.get("/desk/").status_code == 303
    assert rows(app, Session)[0].ended_at is not None


def test_a_session_ends_after_its_hours_however_much_it_is_used(
    clock: time_machine.Traveller, max_: Person
) -> None:
    for _ in range(7):
        clock.shift(timedelta(hours=1))
        assert max_.get("/desk/").status_code == 200
    clock.shift(timedelta(minutes=59))
    assert max_.get("/desk/").status_code == 200
    clock.shift(timedelta(minutes=2))
    assert max_.get("/desk/").status_code == 303


def test_disabling_an_account_ends_its_sessions_at_once(app: Flask, max_: Person) -> None:
    with app.app_context():
        moderators.disable("max", datetime.now(UTC))
    assert max_.get("/desk/").status_code == 303
    assert max_.post("/desk/sign-in", RIGHT).status_code == 401


def test_max_changes_his_password_and_is_signed_out_everywhere_else(app: Flask, max_: Person) -> None:
    elsewhere = Person(app, "max", "")
    elsewhere.post("/desk/sign-in", RIGHT)
    assert elsewhere.get("/desk/").status_code == 200
    former = max_.client.get_cookie("gatepost_session").value
    answer = max_.post("/desk/account", {"current": PASSWORD, "new": "seven lanterns by the sea"})
    assert answer.status_code == 303
    assert "Your password was changed" in max_.get(answer.location).text
    assert max_.client.get_cookie("gatepost_session").value != former
    assert elsewhere.get("/desk/").status_code == 303
    assert elsewhere.post("/desk/sign-in", RIGHT).status_code == 401
    renewed = elsewhere.post("/desk/sign-in", {"name": "max", "password": "seven lanterns by the sea"})
    assert renewed.status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "told"),
    [
        ("not my password at all", "seven lanterns by the sea", "not your present password"),
        (PASSWORD, "short", "at least 12 characters"),
        (PASSWORD, "maxmaxmaxmax", "first passwords that anybody would try"),
        (PASSWORD, "", "at least 12 characters"),
    ],
)
def test_a_password_is_not_changed_without_the_present_one_and_a_good_new_one(
    max_: Person, current: str, new: str, told: str
) -> None:
    answer = max_.post("/desk/account", {"current": current, "new": new})
    assert answer.status_code == 422
    assert told in answer.text
    assert max_.get("/desk/").status_code == 200


def test_guessing_at_one_account_stops_after_five_attempts(app: Flask, max_: Person, eve: Person) -> None:
    limited = Person(app, "Eve", "")
    statuses = [limited.post("/desk/sign-in", WRONG, environ_base=ELSEWHERE).status_code for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    answer = limited.post("/desk/sign-in", RIGHT, environ_base=ELSEWHERE)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 601


def test_the_owner_signs_in_from_another_network_while_somebody_guesses(app: Flask, max_: Person) -> None:
    eve = Person(app, "Eve", "")
    for _ in range(8):
        eve.post("/desk/sign-in", WRONG, environ_base=ELSEWHERE)
    owner = Person(app, "max", "")
    answer = owner.post("/desk/sign-in", RIGHT, environ_base={"REMOTE_ADDR": "198.51.100.4"})
    assert answer.status_code == 303


def test_writing_the_name_differently_gives_no_more_attempts(app: Flask) -> None:
    signed_in(app, "max", Role.MODERATOR)
    eve = Person(app, "Eve", "")
    spellings = ["max", "MAX", " max ", "Ｍax", "mAx", "max\t", "MaX"]
    statuses = [
        eve.post("/desk/sign-in", {**WRONG, "name": each}, environ_base=ELSEWHERE).status_code
        for each in spellings
    ]
    assert statuses == [401] * 5 + [429] * 2


def test_known_and_unknown_names_are_slowed_down_alike(app: Flask) -> None:
    signed_in(app, "max", Role.MODERATOR)
    eve = Person(app, "Eve", "")

    def statuses(name: str, network: str) -> list[int]:
        sent = {**WRONG, "name": name}
        return [
            eve.post("/desk/sign-in", sent, environ_base={"REMOTE_ADDR": network}).status_code
            for _ in range(7)
        ]

    assert statuses("max", "203.0.113.9") == statuses("nemo", "198.51.100.4")


def test_one_network_gets_twenty_attempts_over_all_names(app: Flask) -> None:
    eve = Person(app, "Eve", "")
    statuses = [
        eve.post("/desk/sign-in", {**WRONG, "name": f"n{n}"}, environ_base=ELSEWHERE).status_code
        for n in range(22)
    ]
    assert statuses == [401] * 20 + [429] * 2


def test_the_limit_holds_in_a_parallel_burst(app: Flask) -> None:
    signed_in(app, "max", Role.MODERATOR)
    start = threading.Barrier(12)

    def attempt(_: int) -> int:
        eve = Person(app, "Eve", "")
        start.wait()
        return eve.post("/desk/sign-in", WRONG, environ_base=ELSEWHERE).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(attempt, range(12)))
    assert statuses.count(401) == 5
    assert statuses.count(429) == 7


def test_the_present_password_cannot_be_guessed_at_a_borrowed_browser(max_: Person) -> None:
    tries = [
        max_.post("/desk/account", {"current": f"guess number {n}", "new": "seven lanterns by the sea"})
        for n in range(6)
    ]
    assert [each.status_code for each in tries][-2:] == [429, 429]  # signing in was an attempt as well


def test_a_change_from_another_site_is_refused(app: Flask, max_: Person) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        answer = max_.client.post("/desk/sign-out", headers=headers)
        assert answer.status_code == 403
    assert max_.get("/desk/").status_code == 200


def test_comings_and_goings_leave_a_trail_without_networks_or_typed_names(app: Flask, max_: Person) -> None:
    somebody = Person(app, "max", "")
    somebody.post("/desk/sign-in", WRONG)
    somebody.post("/desk/sign-in", {"name": "a secret typed astray", "password": "x"})
    max_.post("/desk/sign-out")
    trail = [(event.kind, event.moderator_id) for event in rows(app, Event)]
    assert trail == [
        ("account made", 1),
        ("signed in", 1),
        ("sign-in refused", 1),
        ("sign-in refused", None),
        ("signed out", 1),
    ]
    assert all("astray" not in str(event.detail) for event in rows(app, Event))


def test_a_decision_sent_too_late_is_kept_and_can_be_sent_after_signing_in(
    clock: time_machine.Traveller, app: Flask, ada: Person, max_: Person, article: Article
) -> None:
    number = number_in(ada.comment("The boat was late again today.", gatepost_token=""))
    clock.shift(timedelta(hours=9))
    sent = {"action": "approve", "comment": f"{number}:1", "next": "/desk/"}
    late = max_.post("/desk/decisions", sent)
    assert late.status_code == 401
    assert "nothing was changed" in late.text
    kept = re.search(r'name="pending" value="([^"]+)"', late.text)
    assert kept
    pending = kept[1].replace("&amp;", "&")
    back = max_.post("/desk/sign-in", {**RIGHT, "pending": pending})
    assert back.status_code == 200
    assert "Approve 1 comment." in back.text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', back.text))
    assert fields == sent
    assert max_.post("/desk/decisions", fields).status_code == 303
    assert "late again" in ada.get("/articles/the-ferry").text


@pytest.mark.parametrize(
    ("path", "sent", "sentence", "becomes"),
    [
        ("/desk/pause", {"until": "2099-01-01", "reason": "“A thread” & more"}, "Pause the site.", "& more"),
        (
            "/desk/house-rules",
            {"text": "Be <kind>.\r\n\r\nStay " + "ж" * 19_000},
            "Set the house rules.",
            "жжж",
        ),
    ],
)
def test_a_pause_and_house_rules_sent_too_late_come_back_word_for_word(
    clock: time_machine.Traveller, selma: Person, article: Article, path, sent, sentence, becomes
) -> None:
    clock.shift(timedelta(hours=9))
    late = selma.post(path, sent)
    assert late.status_code == 401
    kept = re.search(r'name="pending" value="([^"]+)"', late.text)
    assert kept
    again = {"name": "selma", "password": PASSWORD, "pending": unescape(kept[1])}
    back = selma.post("/desk/sign-in", again).text
    assert sentence in back
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', back)
    assert {name: unescape(value) for name, value in fields} == sent
    assert selma.post(path, sent).status_code == 303
    assert becomes in unescape(selma.get(path).text)


def test_a_password_that_was_sent_too_late_is_not_kept(eve: Person) -> None:
    answer = eve.post("/desk/account", {"current": "my old secret words", "new": "my new secret words"})
    assert answer.status_code == 401
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "path", ["/desk/account", "//evil.example/desk/decisions", "/desk/decisions/../account"]
)
def test_only_decisions_are_carried_over_a_sign_in(path: str) -> None:
    assert Pending.read(f"{path}?a=b") is None
    assert Pending.read("/desk/decisions?" + "a" * 900_000) is None
    assert Pending.read(str(Pending("/desk/decisions", (("comment", "a" * 900_000),)))) is None


@pytest.mark.parametrize("odd", ["", "a", "====", "eJw", "ü", "AAAA", "\x00", "eNoDAAAAAAE=", "é" * 1000])
def test_what_was_never_deflated_here_is_nothing_to_carry(odd: str) -> None:
    assert Pending.read(odd) is None


def test_the_longest_edit_is_carried_over_a_sign_in_by_less_than_a_form_field_may_hold() -> None:
    wide = Random(7).choices([chr(code) for code in range(0x1F300, 0x1F5FF)], k=65_525)
    pending = Pending("/desk/comments/7/text", (("text", "".join(wide)),))
    assert len(str(pending)) < 500_000
    assert Pending.read(str(pending)) == pending


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("/desk/decisions?action=spam&comment=1:1&comment=2:1", "Spam 2 comments."),
        ("/desk/decisions?action=%3Cb%3E&comment=1:1", "Decide on 1 comment."),
        ("/desk/decisions/7/undo?next=/desk/", "Undo a decision."),
        ("/desk/pause/end?", "End the site’s pause."),
        ("/desk/rules/7/end?next=/desk/", "Take a rule back."),
        ("/desk/articles/the-ferry/pause?until=2099-01-01", "Hold all comments on an article."),
        ("/desk/house-rules/back?version=2", "Go back to the house rules before."),
        ("/desk/people/invitations?name=ada&role=moderator", "Make an invitation."),
        ("/desk/classifier/thresholds?prior=5", "Save what errors cost."),
        ("/desk/comments/7/address?reason=asked+by+the+police", "Show an address."),
        ("/desk/articles/the-ferry/mode?mode=closed", "Change how an article takes comments: closed."),
    ],
)
def test_what_is_carried_over_a_sign_in_is_said_in_words(sent: str, said: str) -> None:
    pending = Pending.read(sent)
    assert pending is not None
    assert pending.sentence == said
    assert Pending.read(str(pending)) == pending


def test_names_and_passwords_of_any_kind_are_answered_clearly(eve: Person) -> None:
    for name in ("", "\x00", "max\x00", "x" * 5000, "🦉", "' OR 1=1 --", "\u202emax"):
        answer = eve.post("/desk/sign-in", {"name": name, "password": name}, environ_base=ELSEWHERE)
        assert answer.status_code in {401, 429}


def test_the_signed_in_value_names_account_and_session(app: Flask, max_: Person) -> None:
    token = max_.client.get_cookie("gatepost_session").value
    with app.app_context():
        assert moderators.session_of(token, datetime.now(UTC)) == SignedIn(1, "max", Role.MODERATOR, 1)
