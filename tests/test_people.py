"""Root looks after who may get in; max looks after his own sessions; eve gets nowhere."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import func, select

from models import Article, Event, Moderator, Session, Ticket, db, writing
from moderation import moderators
from moderation.errors import Refused
from moderation.moderators import SignedIn, invitations
from moderation.vocabulary import Role
from moderation.web.browsers import named
from tests.conftest import NOON, PASSWORD, signed_in
from tests.people import Person

NEW = "seven lanterns by the sea"
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def app(make_app) -> Flask:
    return make_app(limit_sign_ins="1000 per minute", limit_sign_ins_per_account="1000 per minute")


def number_of(app: Flask, name: str) -> int:
    with app.app_context():
        return db.session.scalars(select(Moderator.id).where(Moderator.name == name)).one()


def events(app: Flask) -> list[tuple[str, int | None, dict[str, object]]]:
    with app.app_context():
        rows = db.session.scalars(select(Event).order_by(Event.id))
        return [(row.kind, row.moderator_id, row.detail) for row in rows]


def link_in(page: str) -> str:
    return unescape(re.search(r'id="link" value="([^"]+)"', page)[1]).removeprefix("http://localhost")


def invited(root: Person, name: str = "Leyla", role: str = "senior", **fields: str) -> str:
    answer = root.post("/desk/people/invitations", {"name": name, "role": role, "hours": "24", **fields})
    assert answer.status_code == 200, answer.text
    return link_in(answer.text)


def accept(app: Flask, link: str, password: str = NEW) -> Person:
    somebody = Person(app, "Leyla", "")
    token = link.partition("token=")[2]
    answer = somebody.post("/desk/sign-in/invitation", {"token": token, "password": password})
    somebody.status = answer.status_code
    return somebody


# Invitations


def test_leyla_is_invited_chooses_a_password_and_is_in(app: Flask, root: Person) -> None:
    link = invited(root)
    page = Person(app, "Leyla", "").get(link)
    assert page.status_code == 200
    assert "Leyla" in page.text
    assert "senior" in page.text
    leyla = accept(app, link)
    assert leyla.status == 303
    assert (
        "You are signed in as <strong><bdi>Leyla</bdi></strong>, senior." in leyla.get("/desk/account").text
    )
    assert [(kind, who) for kind, who, _ in events(app)][-3:] == [
        ("invited", 1),
        ("account made", 1),
        ("signed in", 2),
    ]


def test_an_invitation_opens_once(app: Flask, root: Person) -> None:
    link = invited(root)
    accept(app, link)
    late = accept(app, link, "another fine password")
    assert late.status == 410
    assert late.get(link).status_code == 410
    assert late.get("/desk/").status_code == 303


def test_two_at_once_with_one_invitation_make_one_account(app: Flask, root: Person) -> None:
    link, start = invited(root), threading.Barrier(4)

    def attempt(n: int) -> int:
        start.wait()
        return accept(app, link, f"{NEW} {n}").status

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(attempt, range(4)))
    assert statuses == [303, 410, 410, 410]


def test_an_invitation_runs_out(app: Flask, clock) -> None:
    root = signed_in(app, "root", Role.ADMIN)
    link = invited(root)
    clock.shift(timedelta(hours=23, minutes=59))
    assert Person(app, "Leyla", "").get(link).status_code == 200
    clock.shift(timedelta(minutes=1))
    assert Person(app, "Leyla", "").get(link).status_code == 410
    assert accept(app, link).status == 410


def test_an_invitation_can_be_taken_back(app: Flask, root: Person) -> None:
    link = invited(root)
    page = root.get("/desk/people").text
    action = re.search(r'action="(/desk/people/invitations/\d+/withdraw)"', page)[1]
    assert root.post(action).status_code == 303
    assert accept(app, link).status == 410
    assert "withdraw" not in root.get("/desk/people").text
    assert root.post(action).status_code == 404


def test_a_weak_password_does_not_use_the_invitation_up(app: Flask, root: Person) -> None:
    link = invited(root)
    assert accept(app, link, "short").status == 422
    assert accept(app, link).status == 303


def test_the_database_does_not_know_the_link(app: Flask, root: Person) -> None:
    token = invited(root).partition("token=")[2]
    with app.app_context():
        (ticket,) = db.session.scalars(select(Ticket).where(Ticket.purpose == "invitation"))
        assert token.encode() not in ticket.token_digest
        assert token not in str(ticket.detail)


def test_disabling_an_admin_takes_the_invitations_back_that_they_made(app: Flask, root: Person) -> None:
    other = signed_in(app, "ruth", Role.ADMIN)
    link = invited(other)
    root.post(f"/desk/people/{number_of(app, 'ruth')}/disable")
    assert accept(app, link).status == 410


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 5000, "\x00", "ä"])
def test_a_made_up_link_opens_nothing(eve: Person, token: str) -> None:
    assert eve.get("/desk/sign-in/invitation", query_string={"token": token}).status_code in {400, 410}
    sent = {"token": token, "password": NEW}
    assert eve.post("/desk/sign-in/invitation", sent).status_code == 410


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"name": ""}, 422, "needs a name"),
        ({"name": "root"}, 422, "already"),
        ({"name": "ada@example.org"}, 422, "e-mail address"),
        ({"role": "king"}, 422, "moderator, senior or admin"),
        ({"role": ""}, 422, "moderator, senior or admin"),
        ({"hours": "9000"}, 400, "three days"),
        ({"hours": "-1"}, 400, "three days"),
    ],
)
def test_an_invitation_that_makes_no_sense_makes_none(app: Flask, root: Person, fields, status, told) -> None:
    answer = root.post(
        "/desk/people/invitations", {"name": "Leyla", "role": "senior", "hours": "24", **fields}
    )
    assert answer.status_code == status
    assert told in unescape(answer.text)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_an_invitation_brings_a_disabled_account_back_with_its_history(
    app: Flask, root: Person, max_: Person
) -> None:
    number = number_of(app, "max")
    root.post(f"/desk/people/{number}/disable")
    back = accept(app, invited(root, "MAX", "moderator"))
    assert back.status == 303
    assert number_of(app, "MAX") == number
    assert max_.get("/desk/").status_code == 303  # what was open before stays closed


def test_a_link_for_a_new_password_signs_the_account_out_everywhere(
    app: Flask, root: Person, max_: Person
) -> None:
    number = number_of(app, "max")
    link = link_in(root.post(f"/desk/people/{number}/password-link", {"hours": "24"}).text)
    assert "max" in Person(app, "max", "").get(link).text
    assert max_.get("/desk/").status_code == 200
    assert accept(app, link).status == 303
    assert max_.get("/desk/").status_code == 303
    assert (
        Person(app, "max", "").post("/desk/sign-in", {"name": "max", "password": PASSWORD}).status_code == 401
    )


def test_the_command_line_invites_too(app: Flask, runner) -> None:
    result = runner.invoke(args=["moderator", "invite", "Leyla", "--role", "senior"])
    assert result.exit_code == 0
    link = result.output.strip().partition(":8000")[2]
    assert accept(app, link).status == 303
    assert runner.invoke(args=["moderator", "invite", "Leyla"]).exit_code == 1


# Roles and disabling


def test_a_new_role_counts_at_once(app: Flask, root: Person, max_: Person) -> None:
    number = number_of(app, "max")
    assert root.post(f"/desk/people/{number}/role", {"role": "admin"}).status_code == 303
    assert max_.get("/desk/").status_code == 303
    max_.post("/desk/sign-in", {"name": "max", "password": PASSWORD})
    assert max_.get("/desk/people").status_code == 200
    root.post(f"/desk/people/{number}/role", {"role": "moderator"})
    max_.post("/desk/sign-in", {"name": "max", "password": PASSWORD})
    assert max_.get("/desk/people").status_code == 403
    changes = [detail for kind, _, detail in events(app) if kind == "role changed"]
    assert [(each["former"], each["role"]) for each in changes] == [
        ("moderator", "admin"),
        ("admin", "moderator"),
    ]


def test_disabling_ends_every_session_at_once_in_the_middle_of_work(
    app: Flask, root: Person, max_: Person
) -> None:
    elsewhere = Person(app, "max", "")
    elsewhere.post("/desk/sign-in", {"name": "max", "password": PASSWORD})
    assert root.post(f"/desk/people/{number_of(app, 'max')}/disable").status_code == 303
    for browser in (max_, elsewhere):
        assert browser.get("/desk/").status_code == 303
        assert browser.post("/desk/decisions", {"action": "approve", "comment": "1:1"}).status_code == 401
    assert max_.post("/desk/sign-in", {"name": "max", "password": PASSWORD}).status_code == 401
    assert "disabled" in root.get(f"/desk/people/{number_of(app, 'max')}").text


def test_nobody_disables_or_lowers_themselves(app: Flask, root: Person) -> None:
    assert root.post("/desk/people/1/disable").status_code == 403
    assert root.post("/desk/people/1/role", {"role": "moderator"}).status_code == 403
    assert root.get("/desk/people").status_code == 200


def test_two_admins_who_close_each_other_leave_one(app: Flask) -> None:
    with app.app_context():
        ids = [moderators.add(name, Role.ADMIN, PASSWORD, NOON) for name in ("root", "ruth")]
    start = threading.Barrier(2)

    def close(mine: int, other: int) -> bool:
        with app.app_context():
            start.wait()
            try:
                moderators.disable_by(SignedIn(mine, "", Role.ADMIN, 1), other, NOON)
            except Refused:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(close, ids, reversed(ids)))
    assert sorted(done) == [False, True]
    with app.app_context():
        standing = [each for each in moderators.people() if each.disabled_at is None]
    assert len(standing) == 1


@pytest.mark.parametrize("number", ["99", "2147483648", "9" * 40])
def test_unknown_accounts_and_sessions_are_told_so(root: Person, number: str) -> None:
    assert root.get(f"/desk/people/{number}").status_code == 404
    for what in ("role", "disable", "password-link", "factors/remove", "sessions/end", "sessions/1/end"):
        answer = root.post(f"/desk/people/{number}/{what}", {"role": "senior", "hours": "24"})
        assert answer.status_code == 404, what
    assert root.post(f"/desk/people/1/sessions/{number}/end").status_code == 404
    assert root.post(f"/desk/account/sessions/{number}/end").status_code == 404
    assert root.post(f"/desk/people/invitations/{number}/withdraw").status_code == 404


def test_a_disabled_account_gets_no_role_and_no_link(app: Flask, root: Person, max_: Person) -> None:
    number = number_of(app, "max")
    root.post(f"/desk/people/{number}/disable")
    assert root.post(f"/desk/people/{number}/role", {"role": "admin"}).status_code == 403
    assert root.post(f"/desk/people/{number}/password-link", {"hours": "24"}).status_code == 403


# Sessions


def test_max_ends_one_session_and_keeps_the_others(app: Flask, max_: Person) -> None:
    phone, library = Person(app, "max", ""), Person(app, "max", "")
    phone.post("/desk/sign-in", {"name": "max", "password": PASSWORD}, headers=FIREFOX)
    library.post("/desk/sign-in", {"name": "max", "password": PASSWORD})
    page = max_.get("/desk/account").text
    assert "Firefox on Linux" in page
    assert page.count("this one") == 1
    assert max_.post("/desk/account/sessions/3/end").status_code == 303
    assert library.get("/desk/").status_code == 303
    assert phone.get("/desk/").status_code == max_.get("/desk/").status_code == 200


def test_max_signs_out_everywhere_else(app: Flask, max_: Person) -> None:
    others = [Person(app, "max", "") for _ in range(3)]
    for other in others:
        other.post("/desk/sign-in", {"name": "max", "password": PASSWORD})
    answer = max_.post("/desk/account/sessions/end")
    assert "3 other sessions have ended" in max_.get(answer.location).text
    assert {other.get("/desk/").status_code for other in others} == {303}
    assert max_.get("/desk/").status_code == 200


def test_ending_this_very_session_is_signing_out(max_: Person) -> None:
    answer = max_.post("/desk/account/sessions/1/end")
    assert answer.location == "/desk/sign-in"
    assert max_.get("/desk/").status_code == 303


def test_nobody_ends_another_persons_session_but_an_admin(app: Flask, max_: Person, root: Person) -> None:
    moritz = signed_in(app, "moritz", Role.MODERATOR)
    assert moritz.post("/desk/account/sessions/1/end").status_code == 404
    assert max_.get("/desk/").status_code == 200
    number = number_of(app, "max")
    assert root.post(f"/desk/people/{number_of(app, 'moritz')}/sessions/1/end").status_code == 404
    assert root.post(f"/desk/people/{number}/sessions/1/end").status_code == 303
    assert max_.get("/desk/").status_code == 303


def test_an_admin_ends_all_sessions_of_somebody_and_of_their_own_all_others(
    app: Flask, max_: Person, root
) -> None:
    assert root.post(f"/desk/people/{number_of(app, 'max')}/sessions/end").status_code == 303
    assert max_.get("/desk/").status_code == 303
    assert root.post(f"/desk/people/{number_of(app, 'root')}/sessions/end").status_code == 303
    assert root.get("/desk/people").status_code == 200


def test_an_ended_session_cannot_be_ended_twice(app: Flask, max_: Person) -> None:
    other = Person(app, "max", "")
    other.post("/desk/sign-in", {"name": "max", "password": PASSWORD})
    other.post("/desk/sign-out")
    assert max_.post("/desk/account/sessions/2/end").status_code == 404


def test_a_session_keeps_two_words_for_the_browser_and_nothing_it_says(app: Flask) -> None:
    with app.app_context():
        moderators.add("max", Role.MODERATOR, PASSWORD, datetime.now(UTC))
    says = {"User-Agent": "<b>me@example.org</b> Firefox/140 Windows"}
    Person(app, "max", "").post("/desk/sign-in", {"name": "max", "password": PASSWORD}, headers=says)
    with app.app_context():
        assert db.session.scalars(select(Session.agent)).all() == ["Firefox on Windows"]


@pytest.mark.parametrize(
    ("says", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Mobile Safari/604.1", "Safari on iPhone"),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("", "A browser"),
    ],
)
def test_browsers_are_named(says: str, name: str) -> None:
    assert named(says) == name


# Addresses


def test_root_has_an_address_revealed_and_the_trail_says_why(
    app: Flask, root: Person, ada: Person, article: Article
) -> None:
    ada.comment("It sails at seven.")
    assert "ada@example.org" not in root.get("/desk/comments/1/address").text
    answer = root.post("/desk/comments/1/address", {"reason": "Ada asked us by letter to erase it."})
    assert answer.status_code == 200
    assert "ada@example.org" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert events(app)[-1] == (
        "address revealed",
        1,
        {"comment": 1, "reason": "Ada asked us by letter to erase it."},
    )


@pytest.mark.parametrize("reason", ["", "because", " " * 40, "x" * 301, "write to ada@example.org please"])
def test_without_a_reason_no_address(
    app: Flask, root: Person, ada: Person, article: Article, reason: str
) -> None:
    ada.comment("It sails at seven.")
    answer = root.post("/desk/comments/1/address", {"reason": reason})
    assert answer.status_code == 422
    assert "revealed" not in [kind for kind, _, _ in events(app)]
    if "@" not in reason:
        assert "ada@example.org" not in answer.text


def test_a_senior_sees_no_address(app: Flask, ada: Person, article: Article) -> None:
    ada.comment("It sails at seven.")
    selma = signed_in(app, "selma", Role.SENIOR)
    answer = selma.post("/desk/comments/1/address", {"reason": "Ada asked us by letter to erase it."})
    assert answer.status_code == 403
    assert "example.org" not in answer.text
    assert events(app)[-1][0] == "refused"


def test_an_address_that_is_gone_or_opens_no_more_is_told_and_asking_is_in_the_trail(
    app: Flask, root: Person, ada: Person, article: Article
) -> None:
    from models import Contact

    ada.comment("It sails at seven.")
    reason = {"reason": "Ada asked us by letter to erase it."}
    with app.app_context(), writing() as session:
        session.get_one(Contact, 1).sealed_address = b"\x01" * 200
    answer = root.post("/desk/comments/1/address", reason)
    assert answer.status_code == 410
    assert "does not open" in answer.text
    with app.app_context(), writing() as session:
        session.get_one(Contact, 1).sealed_address = None
    assert root.post("/desk/comments/1/address", reason).status_code == 410
    assert [kind for kind, _, _ in events(app)].count("address revealed") == 2
    assert root.post("/desk/comments/77/address", reason).status_code == 404
    assert root.get(f"/desk/comments/{'9' * 30}/address").status_code == 404


def test_an_invitation_for_a_password_of_an_account_closed_meanwhile_is_over(
    app: Flask, root: Person, max_
) -> None:
    with app.app_context():
        number = db.session.scalars(select(Moderator.id).where(Moderator.name == "max")).one()
        token = invitations.renew_password(number, None, datetime.now(UTC), timedelta(hours=1))
        moderators.disable("max", datetime.now(UTC))
    assert accept(app, f"?token={token}").status == 410
