"""Comments that arrive at once are stored by one COMMIT: each is told so after it, and none takes another along."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from models import Article, db, direct, group, writing
from models.db import turns
from moderation.cli.answering import Dispatcher
from moderation.cli.serving import Server
from moderation.vocabulary import Mode
from tests.conftest import NOON, add_article
from tests.people import Person, number_in

pytestmark = pytest.mark.sqlite

A_WHILE = 10.0


@pytest.fixture
def coming(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Somebody else who writes comes for as long as there is something in it, and is waited for."""
    found = [True]
    monkeypatch.setattr(turns, "others_come", lambda: bool(found))
    monkeypatch.setattr(group, "WAIT_SECONDS", A_WHILE)
    monkeypatch.setattr(group, "DEAR_SECONDS", 0.0)
    return found


@pytest.fixture
def commits(app: Flask) -> Iterator[list[str]]:
    """The COMMITs of whoever writes."""
    with app.app_context():
        driver = direct.of_writers.connection(db.engine).driver
    heard: list[str] = []
    driver.set_trace_callback(lambda sql: heard.append(sql) if sql == "COMMIT" else None)
    yield heard
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def add(app: Flask, key: str, fail: Callable[[], None] = lambda: None) -> None:
    with app.app_context(), writing(together=True) as session:
        session.add(Article(key=key, title=key, published_at=NOON, mode=Mode.OPEN))
        session.flush()
        fail()


def fail() -> None:
    raise ValueError("no")


def begun(pool: ThreadPoolExecutor, story: Callable[..., Any], *given: Any) -> Future[Any]:
    """A thread that has written, and waits for others."""
    is_done = threading.Event()
    real = turns.goes_on

    def goes_on(done: int) -> bool:
        is_done.set()
        return real(done)

    turns.goes_on = goes_on  # type: ignore[method-assign]
    try:
        future = pool.submit(story, *given)
        assert is_done.wait(A_WHILE)
        with turns._writing:  # the turn is given up
            pass
    finally:
        del turns.goes_on  # type: ignore[method-assign]
    assert not future.done()
    return future


def stored(app: Flask) -> set[str]:
    """What somebody outside sees."""
    with app.app_context(), closing(db.engine.raw_connection()) as connection:
        return {key for (key,) in connection.execute("SELECT key FROM article")}


def test_one_commit_stores_all_that_wait_and_before_it_nobody_is_told(app, pool, coming, commits) -> None:
    first = begun(pool, add, app, "first")
    second = begun(pool, add, app, "second")
    assert stored(app) == set()
    coming.clear()

    add(app, "third")

    assert first.result(A_WHILE) is second.result(A_WHILE) is None
    assert stored(app) == {"first", "second", "third"}
    assert commits == ["COMMIT"]


def test_one_thread_is_left_for_readers(app, pool, coming, commits, monkeypatch) -> None:
    monkeypatch.setattr(turns, "places", 2)
    first = begun(pool, add, app, "first")
    add(app, "second")  # others come, and it waits for none of them
    assert first.result(A_WHILE) is None
    assert commits == ["COMMIT"]


def test_what_fails_is_undone_by_itself(app, pool, coming, commits) -> None:
    first = begun(pool, add, app, "first")
    with pytest.raises(ValueError, match="no"):
        add(app, "second", fail)
    assert stored(app) == set()
    coming.clear()
    with pytest.raises(ValueError, match="no"):
        add(app, "third", fail)

    assert first.result(A_WHILE) is None
    assert stored(app) == {"first"}


def test_the_same_key_twice_refuses_the_second_alone(app, pool, coming, commits) -> None:
    first = begun(pool, add, app, "first")
    coming.clear()
    with pytest.raises(DBAPIError):
        add(app, "first")
    assert first.result(A_WHILE) is None
    assert stored(app) == {"first"}


def test_a_commit_that_fails_is_told_to_everybody_and_keeps_nothing(
    app, pool, coming, commits, monkeypatch
) -> None:
    real = direct.Direct._say

    def said(self: direct.Direct, word: str) -> None:
        if word == "COMMIT":
            error = self.dialect.loaded_dbapi.OperationalError("database or disk is full")
            raise direct.told(word, error, self.dialect)
        real(self, word)

    first = begun(pool, add, app, "first")
    coming.clear()
    monkeypatch.setattr(direct.Direct, "_say", said)
    with pytest.raises(OperationalError, match="full"):
        add(app, "second")
    with pytest.raises(OperationalError, match="full"):
        first.result(A_WHILE)
    monkeypatch.undo()

    assert stored(app) == set()
    add(app, "third")
    assert stored(app) == {"third"}


def test_where_sqlite_undoes_everything_everybody_is_told(app, pool, coming, commits) -> None:
    def undone() -> None:
        direct.of_thread.writes.driver.execute("ROLLBACK")  # as it does by itself when the disk fails it
        raise OSError("disk")

    first = begun(pool, add, app, "first")
    with pytest.raises(OSError, match="disk"):
        add(app, "second", undone)
    with pytest.raises(DBAPIError):
        first.result(A_WHILE)
    assert stored(app) == set()


def test_whoever_writes_alone_stores_first_what_waits(app, pool, coming, commits) -> None:
    first = begun(pool, add, app, "first")

    def alone() -> None:
        with app.app_context(), writing():
            assert stored(app) == {"first"}
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        alone()
    assert first.result(A_WHILE) is None
    assert stored(app) == {"first"}


def test_who_is_left_waiting_goes_on_alone(app, pool, coming, commits, monkeypatch) -> None:
    monkeypatch.setattr(group, "WAIT_SECONDS", 0.001)
    add(app, "first")  # others come, and never write
    assert stored(app) == {"first"}


def test_where_the_disk_is_quick_nobody_waits_for_others(app, pool, coming, commits, monkeypatch) -> None:
    monkeypatch.setattr(group, "DEAR_SECONDS", A_WHILE)
    add(app, "first")
    assert stored(app) == {"first"}


@pytest.mark.parametrize(
    ("head", "comes"),
    [
        ("POST /articles/the-ferry/comments HTTP/1.1\r\nHost: here\r\n\r\n", True),
        ("GET /articles/the-ferry HTTP/1.1\r\nHost: here\r\n\r\n", False),
        ("GARBAGE\r\n\r\n", False),
        ("GET / HTTP/1.1\r\nX : y\r\n\r\n", False),
        ("", False),
    ],
)
def test_who_comes_is_told_by_what_waits_for_a_thread(
    idle_server: Server, monkeypatch, head: str, comes: bool
) -> None:
    read = HTTPRequestParser(Adjustments())
    read.received(head.encode())
    waits = SimpleNamespace(requests=[read] if head else [])
    monkeypatch.setattr(Dispatcher, "waiting", property(lambda _: (waits,)))
    assert turns.others_come() is comes


def test_what_cannot_be_asked_keeps_nothing_open(app, pool, coming, commits, monkeypatch) -> None:
    def others_come() -> bool:
        raise AttributeError("command")

    monkeypatch.setattr(turns, "others_come", others_come)
    with pytest.raises(AttributeError):
        add(app, "first")
    assert stored(app) == {"first"}
    assert commits == ["COMMIT"]


def test_a_block_whose_session_was_undone_is_not_stored(app, pool, coming, commits) -> None:
    def undo() -> None:
        db.session.rollback()

    first = begun(pool, add, app, "first")
    coming.clear()
    with pytest.raises(RuntimeError, match="ended"):
        add(app, "second", undo)
    assert first.result(A_WHILE) is None
    assert stored(app) == {"first"}


def test_an_engine_that_is_disposed_of_stores_what_waits(app, pool, coming, commits) -> None:
    first = begun(pool, add, app, "first")
    with app.app_context():
        db.engine.dispose()
    assert first.result(A_WHILE) is None
    assert stored(app) == {"first"}


def test_of_many_threads_at_once_each_finds_exactly_what_it_was_told(app, pool, coming, monkeypatch) -> None:
    monkeypatch.setattr(group, "WAIT_SECONDS", 0.001)

    def story(n: int) -> str:
        key = f"article-{n}"
        if n % 7 == 3:
            with app.app_context(), writing() as session:
                session.add(Article(key=key, title=key, published_at=NOON, mode=Mode.OPEN))
            return key
        try:
            add(app, key, fail if n % 5 == 2 else lambda: None)
        except ValueError:
            return ""
        return key

    told = set(pool.map(story, range(200))) - {""}
    assert stored(app) == told
    assert len(told) == 200 - sum(n % 5 == 2 and n % 7 != 3 for n in range(200))


def test_the_same_comment_twice_at_once_is_one_comment(app, pool, coming, commits) -> None:
    add_article(app)
    people = [Person(app, "Ada", "ada@example.org") for _ in range(2)]
    first = begun(pool, people[0].comment, "It sails at seven.")
    coming.clear()
    second = people[1].comment("It sails at seven.")
    assert number_in(first.result(A_WHILE)) == number_in(second)
    with app.app_context():
        assert db.session.scalars(select(Article.approved_count + Article.held_count)).one() == 1
