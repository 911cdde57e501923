"""Whether an address is known here, approved, banned or repeated: no answer tells, and no path differs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event

from models import Comment, db
from moderation.vocabulary import Role
from tests.conftest import NOON, add_article, signed_in
from tests.people import Person, number_in

HISTORIES = ("unknown", "approved", "held", "spam", "rejected", "repeated")
WORDS = (
    "The ferry sailed on time this morning, for once.",
    "My grandmother baked bread with caraway in 1950.",
    "Who decided to close our library after eight pm?",
    "Rain fell on every tent, yet nobody wanted home.",
    "A violin teacher told us to count aloud instead.",
    "These photographs of glaciers made me very quiet.",
)
"""One for each, alike in nothing: the same words from several people are a campaign, whoever they are."""


def address(kind: str) -> str:
    return f"{kind:x<10}@example.org"


@pytest.fixture
def town(clock, make_app: Callable[..., Flask]) -> Flask:
    """An app in which each kind of address has its history."""
    app = make_app()
    add_article(app, "past")
    for n in range(len(HISTORIES)):
        add_article(app, f"article-{n}")
    max_ = signed_in(app, "max", Role.MODERATOR)
    actions = {
        "approved": "approve",
        "held": "hold",
        "spam": "spam",
        "rejected": "reject",
        "repeated": "approve",
    }
    for kind, action in actions.items():
        for again in range(3 if kind == "repeated" else 1):
            writer = Person(app, kind, address(kind))
            number = number_in(
                writer.comment(f"Remark {again} by somebody {kind} about the harbour.", "past")
            )
            with app.app_context():
                version = db.session.get_one(Comment, number).version
            max_.post("/desk/decisions", {"action": action, "comment": f"{number}:{version}"})
    Person(app, "First", "first@example.org").comment(
        "The first of the day.", "past"
    )  # reads what was learned
    return app


def answered(app: Flask, n: int, email: str, **fields: str) -> tuple[object, ...]:
    """Status, headers, body and every statement sent to the database, numbers and tokens aside."""
    reader, said = Person(app, "Somebody", email), []
    form = reader.form(f"article-{n}")

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(re.sub(r"\((\?|%\(\w+\)s)(, .*?)?\)", "(…)", statement))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        typed = {"comment": f"{WORDS[n]:<50}|", "author": "Somebody", "email": email, **form, **fields}
        answer = reader.post(f"/articles/article-{n}/comments", typed)
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    headers = sorted((name, plain(value)) for name, value in answer.headers)
    body = answer.text.replace(email, "…").replace(f"{WORDS[n]:<50}|", "…")
    return answer.status_code, headers, plain(body), said


def plain(text: str) -> str:
    return re.sub(r"held=[\w.-]+|value=\"[\w.-]{20,}\"|article-\d+|\d+", "…", text)


@pytest.mark.parametrize("fields", [{}, {"author": ""}, {"comment": ""}, {"comment_parent": "99999"}])
def test_p27_every_kind_of_address_gets_the_same_answer_by_the_same_path(
    town: Flask, fields: dict[str, str]
) -> None:
    answers = [answered(town, n, address(kind), **fields) for n, kind in enumerate(HISTORIES)]
    for kind, answer in zip(HISTORIES, answers, strict=True):
        assert answer == answers[0], kind


def test_p27_the_same_words_again_are_known_by_the_words_whatever_address_comes_with_them(
    clock, town: Flask
) -> None:
    first = answered(town, 0, address("unknown"))
    again = [answered(town, 0, address(kind)) for kind in HISTORIES]
    assert {answer[0] for answer in again} == {303}
    assert all(answer == again[0] for answer in again)
    clock.move_to(NOON.replace(hour=13))
    late = [answered(town, 0, address(kind)) for kind in HISTORIES]
    assert {answer[0] for answer in late} == {409}
    assert len({tuple(answer[3]) for answer in late}) == 1
    assert first[0] == 303
