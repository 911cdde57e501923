"""A password alone is not enough: authenticator, recovery codes, and what happens when they are lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select

from models import Credential, Event, Session, Ticket, db, writing
from moderation import moderators
from moderation.moderators import factors
from moderation.parts import parts
from moderation.privacy import RootKeys, Vault
from moderation.vocabulary import Role
from tests.conftest import NOON, PASSWORD, signed_in
from tests.meanwhile import meanwhile
from tests.people import Person
from tests.second_steps import Authenticator
from tests.test_roles import hidden

RIGHT = {"name": "max", "password": PASSWORD}
MINE = {"factors_current": PASSWORD}


@pytest.fixture(autouse=True)
def given_time(clock: time_machine.Traveller) -> time_machine.Traveller:
    return clock


@pytest.fixture
def app(make_app) -> Flask:
    return make_app(limit_sign_ins="1000 per minute", limit_sign_ins_per_account="1000 per minute")


@pytest.fixture
def authenticator(max_: Person) -> Authenticator:
    return Authenticator.set_up(max_)


def at_the_step(app: Flask, name: str = "max") -> tuple[Person, dict[str, str]]:
    """Somebody who knows the password, in another browser, and the hidden fields of the step before them."""
    somebody = Person(app, name, "")
    answer = somebody.post("/desk/sign-in", {"name": name, "password": PASSWORD, "next": "/desk/?view=spam"})
    assert "One more step" in answer.text
    return somebody, hidden(answer.text)


def kinds(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Event.kind).order_by(Event.id)))


def test_max_signs_in_with_a_code_and_goes_where_he_wanted(app: Flask, authenticator: Authenticator) -> None:
    somebody, fields = at_the_step(app)
    assert somebody.get("/desk/").status_code == 303  # the password alone opened nothing
    answer = somebody.post("/desk/sign-in/code", {**fields, "code": authenticator.code()})
    assert (answer.status_code, answer.location) == (303, "/desk/?view=spam")
    assert somebody.get("/desk/").status_code == 200
    assert kinds(app)[-2:] == ["second step asked", "signed in"]


def test_a_code_may_be_typed_with_blanks_and_a_little_late_or_early(app: Flask, authenticator, clock) -> None:
    for shift in (0, 90, 90):
        clock.shift(timedelta(seconds=shift))
        somebody, fields = at_the_step(app)
        code = authenticator.code(1 if shift else 0)
        typed = f" {code[:3]} {code[3:]} "
        assert somebody.post("/desk/sign-in/code", {**fields, "code": typed}).status_code == 303


def test_a_code_counts_once(app: Flask, authenticator: Authenticator) -> None:
    code = authenticator.code()
    somebody, fields = at_the_step(app)
    assert somebody.post("/desk/sign-in/code", {**fields, "code": code}).status_code == 303
    thief, fields = at_the_step(app)
    assert thief.post("/desk/sign-in/code", {**fields, "code": code}).status_code == 401
    assert thief.post("/desk/sign-in/code", {**fields, "code": authenticator.code(-1)}).status_code == 401


@pytest.mark.parametrize(
    "typed", ["", "000000", "12345", "１２３４５６", "abcdef", "x" * 5000, "\x00", "²³¹²³¹"]
)
def test_a_wrong_code_is_told_and_may_be_tried_again(
    app: Flask, authenticator: Authenticator, typed: str
) -> None:
    somebody, fields = at_the_step(app)
    answer = somebody.post("/desk/sign-in/code", {**fields, "code": typed})
    assert answer.status_code == 401
    assert "not right" in answer.text
    assert (
        somebody.post("/desk/sign-in/code", {**hidden(answer.text), "code": authenticator.code()}).status_code
        == 303
    )


def test_after_five_wrong_codes_the_password_is_asked_for_again(
    app: Flask, authenticator: Authenticator
) -> None:
    somebody, fields = at_the_step(app)
    answers = [somebody.post("/desk/sign-in/code", {**fields, "code": f"00000{n}"}) for n in range(5)]
    assert {answer.status_code for answer in answers} == {401}
    assert "begin again" in answers[-1].text
    right = somebody.post("/desk/sign-in/code", {**fields, "code": authenticator.code()})
    assert right.status_code == 401
    assert kinds(app).count("second step refused") == 5


def test_a_step_that_takes_too_long_begins_again(app: Flask, authenticator: Authenticator, clock) -> None:
    somebody, fields = at_the_step(app)
    clock.shift(timedelta(minutes=11))
    answer = somebody.post("/desk/sign-in/code", {**fields, "code": authenticator.code()})
    assert answer.status_code == 401
    assert "sign in anew" in answer.text


def test_codes_are_slowed_down_for_the_account_as_passwords_are(make_app) -> None:
    app = make_app(limit_sign_ins_per_account="3 per minute")
    max_ = signed_in(app, "max", Role.MODERATOR)
    Authenticator.set_up(max_)
    somebody, fields = at_the_step(app)
    statuses = [
        somebody.post("/desk/sign-in/code", {**fields, "code": "000000"}).status_code for _ in range(3)
    ]
    assert statuses == [429] * 3  # signing in, setting up and the password were attempts as well
    assert "One more step" in somebody.post("/desk/sign-in/code", {**fields, "code": "000000"}).text


def test_each_recovery_code_lets_in_once_however_it_is_typed(
    app: Flask, authenticator: Authenticator
) -> None:
    assert len(set(authenticator.codes)) == 10
    typed = [authenticator.codes[0], authenticator.codes[1].upper().replace("-", " "), authenticator.codes[0]]
    statuses = []
    for code in typed:
        somebody, fields = at_the_step(app)
        statuses.append(somebody.post("/desk/sign-in/code", {**fields, "code": code}).status_code)
    assert statuses == [303, 303, 401]
    assert "7 recovery codes left" in somebody_in(app, authenticator).get("/desk/account").text


@pytest.mark.postgresql
def test_of_two_who_use_one_recovery_code_at_the_same_time_one_gets_in(
    app: Flask, authenticator: Authenticator
) -> None:
    somebody, fields = at_the_step(app)
    fields["code"], answers = authenticator.codes[0], []
    with app.app_context():
        handle = factors.tickets.digest(factors._code_name(1, fields["code"].replace("-", "")))
        codes = delete(Credential).where(Credential.handle == handle)
        with meanwhile(
            app, lambda: answers.append(somebody.post("/desk/sign-in/code", fields).status_code)
        ) as other:
            assert other.execute(codes).rowcount == 1
    assert answers == [401]


def somebody_in(app: Flask, authenticator: Authenticator) -> Person:
    somebody, fields = at_the_step(app)
    somebody.post("/desk/sign-in/code", {**fields, "code": authenticator.codes.pop()})
    return somebody


def test_one_persons_recovery_code_opens_nobody_elses_account(
    app: Flask, authenticator: Authenticator
) -> None:
    moritz = signed_in(app, "moritz", Role.MODERATOR)
    Authenticator.set_up(moritz)
    thief, fields = at_the_step(app, "moritz")
    assert thief.post("/desk/sign-in/code", {**fields, "code": authenticator.codes[0]}).status_code == 401


def test_new_recovery_codes_void_the_old_ones(app: Flask, max_: Person, authenticator: Authenticator) -> None:
    page = max_.post("/desk/account/recovery-codes", MINE).text
    fresh = re.findall(r"<code>([0-9a-z-]{19})</code>", page)
    assert len(fresh) == 10
    assert not set(fresh) & set(authenticator.codes)
    statuses = []
    for code in (authenticator.codes[0], fresh[0]):
        somebody, fields = at_the_step(app)
        statuses.append(somebody.post("/desk/sign-in/code", {**fields, "code": code}).status_code)
    assert statuses == [401, 303]


def test_nothing_of_the_second_step_changes_without_the_present_password(
    app: Flask, max_: Person, authenticator
) -> None:
    for path in ("authenticator", "recovery-codes", "factors/1/remove", "passkeys/challenge"):
        for typed in ({}, {"factors_current": "guessed"}):
            answer = max_.post(f"/desk/account/{path}", typed)
            assert answer.status_code == 422, path
            assert "not your present password" in answer.text
    with app.app_context():
        assert factors.of(1).has_authenticator
        assert factors.of(1).codes_left == 10


def test_the_qr_code_is_plain_svg_that_a_strict_policy_lets_through(max_: Person) -> None:
    answer = max_.post("/desk/account/authenticator", MINE)
    svg = re.search(r"<svg[^>]*class=\"qr\".*?</svg>", answer.text, re.DOTALL)[0]
    assert "style" not in svg
    assert "<title>QR code" in svg
    assert answer.headers["Cache-Control"] == "no-store"
    assert "otpauth://totp/Gatepost:max?secret=" in answer.text


def test_an_authenticator_counts_only_after_its_first_right_code(app: Flask, max_: Person) -> None:
    page = max_.post("/desk/account/authenticator", MINE).text
    ticket = {"ticket": re.search(r'name="ticket" value="([^"]+)"', page)[1]}
    wrong = max_.post("/desk/account/authenticator/code", {**ticket, "code": "000000"})
    assert wrong.status_code == 422
    assert (
        re.search(r'class="secret">([^<]+)<', wrong.text)[1] == re.search(r'class="secret">([^<]+)<', page)[1]
    )
    assert Person(app, "max", "").post("/desk/sign-in", RIGHT).status_code == 303
    for _ in range(4):
        last = max_.post("/desk/account/authenticator/code", {**ticket, "code": "000000"})
    assert last.status_code == 404
    assert "begin again" in last.text


def test_somebody_elses_setting_up_cannot_be_finished(app: Flask, max_: Person) -> None:
    page = max_.post("/desk/account/authenticator", MINE).text
    secret = re.sub(r"\s", "", re.search(r'class="secret">([^<]+)<', page)[1])
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)[1]
    moritz = signed_in(app, "moritz", Role.MODERATOR)
    sent = {"ticket": ticket, "code": Authenticator(secret).code()}
    assert moritz.post("/desk/account/authenticator/code", sent).status_code == 404


def test_with_the_last_factor_the_recovery_codes_go(
    app: Flask, max_: Person, authenticator: Authenticator
) -> None:
    assert max_.post("/desk/account/factors/1/remove", MINE).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Credential)).all() == []
    assert Person(app, "max", "").post("/desk/sign-in", RIGHT).status_code == 303
    assert "authenticator removed" in kinds(app)


@pytest.mark.parametrize("number", ["2", "99", "2147483648", "9" * 30])
def test_nobody_removes_what_is_not_theirs_or_no_factor(
    app: Flask, max_: Person, authenticator, number: str
) -> None:
    assert (
        max_.post(f"/desk/account/factors/{number}/remove", MINE).status_code == 404
    )  # 2 is a recovery code
    moritz = signed_in(app, "moritz", Role.MODERATOR)
    assert moritz.post("/desk/account/factors/1/remove", MINE).status_code == 404
    with app.app_context():
        assert factors.of(1).has_authenticator


def test_the_secret_is_sealed_for_its_row_by_a_key_that_opens_no_address(
    app: Flask, max_, authenticator
) -> None:
    with app.app_context():
        row = db.session.scalars(select(Credential).where(Credential.kind == "authenticator")).one()
        assert authenticator.secret.encode() not in row.sealed_secret
        from moderation.errors import SealBroken
        from moderation.privacy import Sealed

        sealed = Sealed(row.key_id, row.sealed_secret)
        vault = parts().vault
        assert vault.open_secret(sealed, f"credential:{row.id}") == authenticator.secret
        for attempt in (
            lambda: vault.open(sealed, f"credential:{row.id}"),
            lambda: vault.open_secret(sealed, f"credential:{row.id + 1}"),
        ):
            with pytest.raises(SealBroken):
                attempt()
        codes = db.session.scalars(select(Credential).where(Credential.kind == "recovery")).all()
        assert all(len(code.handle) == 32 and code.sealed_secret is None for code in codes)


def test_a_secret_that_does_not_open_lets_nobody_in_and_breaks_nothing(
    app: Flask, authenticator, tmp_path
) -> None:
    with app.app_context():
        stranger = Vault(RootKeys.create(tmp_path / "other.key"))
        with writing() as session:
            row = session.scalars(select(Credential).where(Credential.kind == "authenticator")).one()
            row.sealed_secret = stranger.seal_secret(authenticator.secret, f"credential:{row.id}").data
    somebody, fields = at_the_step(app)
    assert somebody.post("/desk/sign-in/code", {**fields, "code": authenticator.code()}).status_code == 401
    assert somebody.post("/desk/sign-in/code", {**fields, "code": authenticator.codes[0]}).status_code == 303


def test_disabling_or_a_new_password_voids_a_step_half_done(app: Flask, authenticator: Authenticator) -> None:
    somebody, fields = at_the_step(app)
    with app.app_context():
        moderators.set_password("max", "seven lanterns by the sea", NOON)
    assert somebody.post("/desk/sign-in/code", {**fields, "code": authenticator.code()}).status_code == 401
    with app.app_context():
        moderators.set_password("max", PASSWORD, NOON)
    somebody, fields = at_the_step(app)
    with app.app_context():
        moderators.disable("max", NOON)
    assert somebody.post("/desk/sign-in/code", {**fields, "code": authenticator.code()}).status_code == 401
    assert somebody.get("/desk/").status_code == 303


def test_whoever_lost_everything_is_let_in_again_by_an_admin(
    app: Flask, root: Person, max_, authenticator
) -> None:
    number = 2 if "max" in root.get("/desk/people/2").text else 1
    answer = root.post(f"/desk/people/{number}/factors/remove")
    assert answer.status_code == 303
    assert Person(app, "max", "").post("/desk/sign-in", RIGHT).status_code == 303


def test_whoever_lost_everything_is_let_in_again_by_the_command_line(
    app: Flask, authenticator, runner
) -> None:
    result = runner.invoke(args=["moderator", "second-step-off", "MAX"])
    assert (result.exit_code, result.output) == (0, "1 taken off; a password alone lets MAX in now.\n")
    assert Person(app, "max", "").post("/desk/sign-in", RIGHT).status_code == 303
    assert runner.invoke(args=["moderator", "second-step-off", "nemo"]).exit_code == 1


def test_tickets_go_a_day_after_they_ran_out(app: Flask, authenticator: Authenticator) -> None:
    at_the_step(app)
    with app.app_context():
        assert moderators.forget_tickets(NOON + timedelta(hours=24)) == 0
        assert moderators.forget_tickets(NOON + timedelta(days=2)) == 2
        assert db.session.scalars(select(Ticket)).all() == []


def test_a_session_says_how_it_began(app: Flask, authenticator: Authenticator) -> None:
    somebody_in(app, authenticator)
    with app.app_context():
        methods = [row.method for row in db.session.scalars(select(Session).order_by(Session.id))]
    assert methods == ["password", "password and recovery code"]


def test_the_codes_of_the_standard_are_right() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B
    at = datetime.fromtimestamp(1111111109, UTC)
    assert factors.step_of(secret, "081804", at, after=0) == 1111111109 // 30
    assert factors.step_of(secret, "081804", at, after=1111111109 // 30) is None
    assert factors.step_of("", "081804", at, after=0) is None
