"""Should anything ever put an address on a public page, it does not leave: the last look keeps it in, and says so."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event, update

from models import Article, Comment, db, writing
from moderation.parts import parts
from moderation.privacy import MASK
from tests.people import Person, number_in


def slip(app: Flask, comment_id: int, words: str) -> None:
    """Something broken stores a name with an address in clear; texts are masked as they are drawn, too."""
    with app.app_context(), writing() as session:
        session.execute(update(Comment).where(Comment.id == comment_id).values(name=words))
        session.execute(
            update(Article).values(revision=Article.revision + 1).execution_options(synchronize_session=False)
        )


@pytest.fixture
def said(app: Flask, article: Article, ada: Person) -> int:
    return number_in(ada.comment("The ferry sails at seven, and the coffee is good."))


@pytest.mark.parametrize(
    "typed",
    [
        "Write to ada@example.org, please.",
        "ADA@EXAMPLE.ORG",
        "Mail:ada@example.org",
        "x-ada@example.org",
        "ada&#64;example.org",
        "ada%40example.org",
        "ａｄａ＠example.org",
    ],
)
def test_an_address_of_somebody_on_the_page_never_leaves(
    app: Flask, said: int, ada: Person, eve: Person, caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    slip(app, said, typed)
    with caplog.at_level(logging.ERROR):
        page = eve.get("/articles/the-ferry").text
    thread = page[page.index('id="comments"') :]
    assert MASK in thread
    assert "example.org" not in thread.lower()
    assert "address kept off a public page" in caplog.text
    assert "example.org" not in caplog.text.lower()
    assert eve.get("/readyz").json["addresses_stopped"] >= 1


def test_a_page_that_is_kept_already_is_not_looked_at_again(
    app: Flask, said: int, eve: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve.get("/articles/the-ferry")
    with app.app_context():
        monkeypatch.setattr(parts().watch, "let_out", lambda *_: pytest.fail("looked again"))
    assert eve.get("/articles/the-ferry").status_code == 200


def test_an_address_of_nobody_on_the_page_is_left_as_it_is(app: Flask, said: int, eve: Person) -> None:
    slip(app, said, "The office is at desk@harbour.example.com as ever.")
    assert "desk@harbour.example.com" in eve.get("/articles/the-ferry").text


def test_the_name_in_the_heading_of_the_form_is_looked_at_as_well(app: Flask, said: int, eve: Person) -> None:
    with app.app_context(), writing() as session:
        session.execute(update(Comment).values(name="ada@example.org"))
    page = eve.get(f"/articles/the-ferry?replytocom={said}").text
    assert f"Leave a Reply to <bdi>{MASK}</bdi>" in page


def test_a_page_without_anything_like_an_address_asks_the_database_nothing_more(
    app: Flask, said: int, make_app: Callable[..., Flask]
) -> None:
    with app.app_context():
        asked: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        assert parts().watch.let_out("<p>It sails at seven @ the quay.</p>", [said])
        assert asked == []
