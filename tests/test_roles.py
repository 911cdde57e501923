"""Who may do what: every route of the app's own URL map, knocked at by everybody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, update

from models import Article, Comment, Event, Moderator, Session, db, writing
from moderation import moderators
from moderation.vocabulary import Role, Status
from moderation.web.limits import in_memory
from tests.conftest import PASSWORD, signed_in
from tests.people import Person, number_in
from tests.roles import SAFE, Knock, knocks

NOT_YOURS = "Your account may not do this."
NOT_AS_YOU = {"door.sign_out", "door.show_sign_in", "account.end_session", "account.change_password"}
"""What ends or changes the very session that knocks; each is told of in a story of its own."""


class Visitor:
    """Somebody of the matrix. Whoever is signed in has a session of their own for every knock."""

    def __init__(self, app: Flask, name: str, role: Role | None, is_in: bool = True) -> None:
        self.person, self.name, self.role, self.is_in = Person(app, name, ""), name, role, is_in
        if role:
            self.person = signed_in(app, name, role)

    def may(self, knock: Knock) -> bool:
        if knock.access == "anybody" or not knock.is_desk:
            return True
        return bool(
            self.is_in and self.role and isinstance(knock.access, Role) and self.role.covers(knock.access)
        )

    def knocks(self, knock: Knock):
        in_memory.clear()
        return self.person.client.open(
            knock.path, method=knock.method, headers={"Sec-Fetch-Site": "same-origin"}, buffered=True
        )


@pytest.fixture
def visitors(app: Flask, article: Article, ada: Person) -> list[Visitor]:
    ada.comment("It sails at seven.")
    everybody = [
        Visitor(app, "nobody", None),
        Visitor(app, "max", Role.MODERATOR),
        Visitor(app, "selma", Role.SENIOR),
        Visitor(app, "root", Role.ADMIN),
        Visitor(app, "moritz", Role.ADMIN, is_in=False),
        Visitor(app, "late", Role.ADMIN, is_in=False),
    ]
    with app.app_context():
        moderators.disable("moritz", datetime.now(UTC))
        with writing() as session:
            late = select(Moderator.id).where(Moderator.name == "late").scalar_subquery()
            session.execute(
                update(Session).where(Session.moderator_id == late).values(ended_at=datetime.now(UTC))
            )
    return everybody


def test_every_route_of_the_desk_says_which_role_it_needs(app: Flask) -> None:
    silent = {knock.endpoint for knock in knocks(app) if knock.is_desk and knock.access is None}
    assert not silent, "say @needs(Role.…) below the route"


def test_everybody_gets_exactly_what_their_role_allows_on_every_route(
    app: Flask, visitors: list[Visitor]
) -> None:
    wrong = []
    for knock in sorted(knocks(app), key=harm):
        if knock.endpoint in NOT_AS_YOU:
            continue
        for visitor in visitors:
            answer = visitor.knocks(knock)
            broke = (
                answer.status_code >= 500 and knock.path != "/readyz"
            )  # which says that no sweep came by yet
            if broke or is_let_in(answer) is not visitor.may(knock):
                wrong.append((visitor.name, knock.method, knock.path, answer.status_code))
            if knock.is_desk and not visitor.may(knock) and "sails at seven" in answer.text:
                wrong.append((visitor.name, knock.method, knock.path, "was shown a comment"))
    assert wrong == []


def harm(knock: Knock) -> tuple[bool, bool]:
    """What changes something comes late, and last what root may do to the others who knock here."""
    return knock.method not in SAFE, knock.endpoint.startswith("people.")


def is_let_in(answer) -> bool:
    is_door = answer.status_code == 303 and answer.location.startswith("/desk/sign-in")
    is_late = answer.status_code == 401 and "You are not signed in" in answer.text
    is_refused = NOT_YOURS in answer.text or (answer.request.method == "HEAD" and answer.status_code == 403)
    return not (is_door or is_late or is_refused)


def test_the_matrix_would_notice_a_route_that_says_nothing(app: Flask, visitors: list[Visitor]) -> None:
    app.view_functions["desk.list_articles"] = lambda: "the treasure"
    silent = {knock.endpoint for knock in knocks(app) if knock.is_desk and knock.access is None}
    assert silent == {"desk.list_articles"}
    for visitor in visitors:
        assert "treasure" not in visitor.person.get("/desk/articles").text


@pytest.mark.parametrize(
    ("prefix", "least"),
    [
        ("/desk/people", Role.ADMIN),
        ("/desk/audit", Role.ADMIN),
        ("/desk/comments/1/address", Role.ADMIN),
        ("/desk/classifier/learn", Role.ADMIN),
        ("/desk/classifier/promote", Role.ADMIN),
        ("/desk/account", Role.MODERATOR),
        ("/desk/spam/empty", Role.SENIOR),
        ("/desk/rules/", Role.SENIOR),
        ("/desk/pause/", Role.SENIOR),
        ("/desk/house-rules/", Role.SENIOR),
    ],
)
def test_what_is_delicate_needs_the_role_it_should(app: Flask, prefix: str, least: Role) -> None:
    found = [knock for knock in knocks(app) if knock.path.startswith(prefix)]
    assert found
    assert {knock.access for knock in found} == {least}


def test_public_pages_are_the_same_for_everybody(app: Flask, visitors: list[Visitor]) -> None:
    for knock in knocks(app):
        if knock.method == "GET" and knock.path.startswith("/articles/"):
            assert len({visitor.knocks(knock).status_code for visitor in visitors}) == 1, knock.path


def test_what_was_refused_changed_nothing(app: Flask, visitors: list[Visitor]) -> None:
    before = everything(app)
    for knock in knocks(app):
        for visitor in visitors:
            if knock.is_desk and knock.method not in SAFE and not visitor.may(knock):
                visitor.knocks(knock)
    assert everything(app) == before


def everything(app: Flask) -> list[object]:
    with app.app_context():
        people = [
            (row.id, row.role, row.disabled_at, row.password_hash)
            for row in db.session.scalars(select(Moderator))
        ]
        standing = [
            (row.id, row.ended_at) for row in db.session.scalars(select(Session).order_by(Session.id))
        ]
        comments = [(row.id, row.status, row.version) for row in db.session.scalars(select(Comment))]
        return [people, standing, comments]


# Refusals leave a line


def refusals(app: Flask) -> list[tuple[int | None, dict[str, object]]]:
    with app.app_context():
        rows = db.session.scalars(select(Event).where(Event.kind == "refused").order_by(Event.id))
        return [(row.moderator_id, row.detail) for row in rows]


def test_refused_changes_are_in_the_trail_without_anything_typed(
    app: Flask, max_: Person, article: Article
) -> None:
    decisions = {"action": "approve", "comment": "1:1", "note": "a secret"}
    max_.client.post("/desk/decisions", data=decisions)  # no origin at all
    max_.post("/desk/decisions", decisions, headers={"Sec-Fetch-Site": "cross-site"})
    max_.post("/desk/decisions", {"action": "dance", "comment": "1:1"})
    max_.post("/desk/decisions", {"action": "approve", "comment": "one"})
    max_.post("/desk/decisions/77/undo")
    max_.post("/desk/people/1/disable")
    Person(app, "Eve", "").post("/desk/decisions", decisions)
    assert [(who, told["route"], told["status"]) for who, told in refusals(app)] == [
        (1, "/desk/decisions", 403),
        (1, "/desk/decisions", 403),
        (1, "/desk/decisions", 400),
        (1, "/desk/decisions", 400),
        (1, "/desk/decisions/<int:decision_id>/undo", 404),
        (1, "/desk/people/<int:moderator_id>/disable", 403),
        (None, "/desk/decisions", 401),
    ]
    assert "secret" not in str(refusals(app))
    assert refusals(app)[4][1]["decision_id"] == 77


def test_a_page_that_a_role_may_not_see_is_in_the_trail_and_a_lost_page_is_not(
    app: Flask, max_: Person
) -> None:
    assert max_.get("/desk/people").status_code == 403
    assert max_.get("/desk/no-such-page").status_code == 404
    assert [(who, told["route"]) for who, told in refusals(app)] == [(1, "/desk/people")]


def test_nobody_can_fill_the_trail(app: Flask) -> None:
    eve = Person(app, "Eve", "")
    for _ in range(45):
        assert eve.post("/desk/decisions").status_code == 401
    assert len(refusals(app)) == 30


def test_a_trail_that_cannot_be_written_changes_no_answer(app: Flask, max_: Person, monkeypatch) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("the disk is on holiday")

    monkeypatch.setattr("moderation.web.refusals.note_refusal", breaks)
    assert max_.post("/desk/decisions", {"action": "dance"}).status_code == 400


def test_a_lost_decision_comes_back_through_a_second_step_too(
    app: Flask, max_: Person, ada: Person, article
) -> None:
    from tests.second_steps import Authenticator

    number = number_in(ada.comment("The boat was late again today.", gatepost_token=""))
    authenticator = Authenticator.set_up(max_)
    with app.app_context(), writing() as session:
        session.execute(update(Session).values(ended_at=datetime.now(UTC)))
    late = max_.post("/desk/decisions", {"action": "approve", "comment": f"{number}:1"})
    assert late.status_code == 401
    step = max_.post("/desk/sign-in", {"name": "max", "password": PASSWORD, **hidden(late.text)})
    assert "One more step" in step.text
    wrong = max_.post("/desk/sign-in/code", {**hidden(step.text), "code": "000000"})
    assert wrong.status_code == 401
    back = max_.post("/desk/sign-in/code", {**hidden(wrong.text), "code": authenticator.next_code()})
    assert "Approve 1 comment." in back.text
    assert max_.post("/desk/decisions", hidden(back.text)).status_code == 303
    with app.app_context():
        assert db.session.get_one(Comment, number).status is Status.APPROVED


def hidden(page: str) -> dict[str, str]:
    import re
    from html import unescape

    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}
