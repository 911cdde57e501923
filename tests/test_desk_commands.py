"""Root looks after accounts and the queue from a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from models import Comment, Decision, db
from moderation import moderators
from moderation.vocabulary import Role, Status
from tests.conftest import PASSWORD, add_article, signed_in
from tests.people import Person, number_in


@pytest.fixture
def held(make_app) -> Flask:
    app = make_app(hold_everything=True)
    add_article(app)
    return app


@pytest.fixture
def terminal(held: Flask) -> FlaskCliRunner:
    return held.test_cli_runner()


def people(app: Flask) -> list[tuple[str, Role, bool]]:
    with app.app_context():
        return [(each.name, each.role, each.disabled_at is None) for each in moderators.people()]


def test_root_makes_an_account_that_can_sign_in(app: Flask, runner: FlaskCliRunner) -> None:
    result = runner.invoke(
        args=["moderator", "add", "root", "--role", "admin", "--password-stdin"], input=PASSWORD + "\n"
    )
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    assert people(app) == [("root", Role.ADMIN, True)]
    answer = Person(app, "root", "").post("/desk/sign-in", {"name": "root", "password": PASSWORD})
    assert answer.status_code == 303


def test_a_weak_password_or_a_taken_name_is_told_in_one_sentence(app: Flask, runner: FlaskCliRunner) -> None:
    weak = runner.invoke(args=["moderator", "add", "max", "--password-stdin"], input="short\n")
    assert weak.exit_code == 1
    assert "at least 12 characters" in weak.output
    for expected in (0, 1):
        again = runner.invoke(args=["moderator", "add", "max", "--password-stdin"], input=PASSWORD)
        assert again.exit_code == expected
    assert "already" in again.output
    assert people(app) == [("max", Role.MODERATOR, True)]


def test_without_the_flag_the_password_is_asked_for_twice(app: Flask, runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["moderator", "add", "max"], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output


def test_root_lists_disables_and_changes_passwords(app: Flask, runner: FlaskCliRunner, max_: Person) -> None:
    assert "moderator" in runner.invoke(args=["moderator", "list"]).output
    changed = runner.invoke(
        args=["moderator", "password", "MAX", "--password-stdin"], input="seven lanterns by the sea\n"
    )
    assert changed.exit_code == 0
    assert max_.get("/desk/").status_code == 303
    assert runner.invoke(args=["moderator", "disable", "max"]).exit_code == 0
    assert "disabled" in runner.invoke(args=["moderator", "list"]).output
    assert runner.invoke(args=["moderator", "disable", "nemo"]).exit_code == 1


def test_root_decides_from_the_terminal_and_it_is_roots_decision(
    held: Flask, terminal: FlaskCliRunner
) -> None:
    signed_in(held, "root", Role.ADMIN)
    ada = Person(held, "Ada", "ada@example.org")
    number = number_in(ada.comment("The boat was \x1b[31mlate."))
    listed = terminal.invoke(args=["queue", "list"]).output
    assert f"{number}:1" in listed
    assert "The site lets every comment wait." in listed
    assert "\x1b" not in listed
    for action, status in (
        ("approve", "approved"),
        ("spam", "spam"),
        ("reject", "rejected"),
        ("hold", "held"),
    ):
        result = terminal.invoke(args=["queue", action, str(number)])
        assert result.output == f"{number} {status}\n"
    with held.app_context():
        assert db.session.get_one(Comment, number).status is Status.HELD
        assert db.session.get_one(Decision, 2).moderator_id == 1


def test_a_version_that_has_passed_and_unknown_ids_are_left_alone(
    held: Flask, terminal: FlaskCliRunner
) -> None:
    signed_in(held, "root", Role.ADMIN)
    number = number_in(Person(held, "Ada", "ada@example.org").comment("The boat was late."))
    terminal.invoke(args=["queue", "approve", f"{number}:1"])
    result = terminal.invoke(args=["queue", "spam", f"{number}:1", "999"])
    assert result.exit_code == 1
    assert "root made it approved" in result.output
    assert "999 left alone: there is no such comment" in result.output
    assert terminal.invoke(args=["queue", "spam", "1;2"]).exit_code == 1


def test_a_decision_needs_somebody_whose_it_is(held: Flask, terminal: FlaskCliRunner) -> None:
    nobody = terminal.invoke(args=["queue", "approve", "1"])
    assert nobody.exit_code == 2
    assert "--as NAME" in nobody.output
    with held.app_context():
        moderators.add("max", Role.MODERATOR, PASSWORD, datetime.now(UTC))
    assert terminal.invoke(args=["queue", "approve", "1"]).exit_code == 2
    assert (
        terminal.invoke(args=["queue", "approve", "1", "--as", "MAX"]).exit_code == 1
    )  # there is no comment yet


def test_further_pages_of_the_queue_can_be_asked_for(
    held: Flask, terminal: FlaskCliRunner, monkeypatch
) -> None:
    from moderation.review import listing

    monkeypatch.setattr(listing, "PAGE", 1)
    ada = Person(held, "Ada", "ada@example.org")
    first, second = (number_in(ada.comment(f"The boat was late {n}.")) for n in range(2))
    page = terminal.invoke(args=["queue", "list"]).output
    assert f"{first}:1" in page
    more = page.rpartition("--after ")[2].strip()
    assert f"{second}:1" in terminal.invoke(args=["queue", "list", "--after", more]).output
    assert terminal.invoke(args=["queue", "list", "--search", "nothing like it"]).output == ""
