"""What makes pages and comments quick changes nothing of what they are."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from models import Article, Base, Comment, Statement, db, direct, storing, writing
from moderation.app import create_app
from moderation.settings import Settings
from moderation.threads import Shelf
from moderation.vocabulary import Mode, Status
from tests.conftest import NOON, add_article
from tests.people import Person

KIND = "The ferry was on time again, and the coffee on board is better than it was last summer."


def test_two_readers_get_the_same_page_with_a_token_of_their_own_time(
    app: Flask, article: Article, ada: Person, clock: time_machine.Traveller
) -> None:
    first = ada.get("/articles/the-ferry").text
    clock.move_to(NOON + timedelta(minutes=5))
    second = ada.get("/articles/the-ferry").text
    token = re.compile(r'name="gatepost_token" value="([^"]+)"')

    assert token.sub("", first) == token.sub("", second)
    assert token.findall(first) != token.findall(second)
    assert len(token.findall(first)) == 1


def test_the_page_follows_its_article_at_once(app: Flask, article: Article, ada: Person) -> None:
    before = ada.get("/articles/the-ferry").text
    with app.app_context(), writing() as session:
        row = session.query(Article).filter_by(key="the-ferry").one()
        row.title, row.revision = "Another ferry", row.revision + 1

    assert "Another ferry" not in before
    assert "Another ferry" in ada.get("/articles/the-ferry").text


def test_of_a_page_its_latest_version_alone_is_kept() -> None:
    shelf = Shelf(room=100)
    shelf.put("page", 1, b"as it was")
    shelf.put("page", 2, b"as it is")
    assert (shelf.get("page", 1), shelf.get("page", 2)) == (None, b"as it is")

    shelf.put("other", 1, b"o" * 96)  # 96 bytes: the first one has to go
    assert (shelf.get("page", 2), shelf.get("other", 1)) == (None, b"o" * 96)


def test_a_statement_knows_moments_and_words_on_any_way(app: Flask) -> None:
    add_article(app)
    statement = Statement(select(Article.key, Article.mode, Article.published_at).where(Article.published))
    with app.app_context():
        beside = statement.first()
        db.session.connection()
        in_transaction = statement.first()
        heard: list[str] = []
        event.listen(db.engine, "before_cursor_execute", lambda *told: heard.append(told[2]))
        listened_to = statement.first()

    assert tuple(beside) == tuple(in_transaction) == tuple(listened_to)
    assert beside.mode is Mode.OPEN
    assert beside.published_at.tzinfo is not None
    assert any("FROM article" in each for each in heard)


def test_a_statement_sees_what_its_own_transaction_wrote(app: Flask) -> None:
    add_article(app)
    count = Statement(select(Article.id).where(Article.key == "another"))
    named = {"key": "another", "title": "Another", "published_at": NOON, "mode": Mode.OPEN}

    def written_and_given_up() -> None:
        with writing() as session:
            session.add(Article(**named))
            session.flush()
            assert count.first() is not None
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            written_and_given_up()
        assert count.first() is None


def test_an_error_of_the_driver_is_told_as_sqlalchemy_tells_it_without_the_values(app: Flask) -> None:
    table = Base.metadata.tables["comment_text"]
    statement = Statement(insert(table), ["comment_id", "n", "text", "written_at"])
    values = {"comment_id": 77, "n": 1, "text": "between you and me", "written_at": NOON}

    def written() -> None:
        with writing():
            statement.run(values)

    with app.app_context(), pytest.raises(IntegrityError) as raised:
        written()
    assert "between you and me" not in str(raised.value)


@pytest.mark.sqlite
def test_an_insert_that_leaves_a_default_out_is_refused(app: Flask) -> None:
    statement = Statement(insert(Base.metadata.tables["comment"]), ["article_id", "name"])
    with app.app_context(), pytest.raises(TypeError, match="default"), writing():
        statement.run({"article_id": 1, "name": "Ada"})


def test_the_answer_to_a_comment_names_the_page_that_holds_it(make_app, clock) -> None:
    app = make_app(comments_per_page=2)
    add_article(app)
    places = []
    for n in range(3):
        ada = Person(app, "Ada", "ada@example.org")
        answer = ada.comment(f"{KIND} It is the voyage with the number {n}.", article="the-ferry")
        with app.app_context():
            status = db.session.scalars(select(Comment.status).order_by(Comment.id.desc())).first()
        assert status is Status.APPROVED
        places.append(answer.location.partition("#")[0])
    assert places[:2] == ["/articles/the-ferry"] * 2
    assert "after=" in places[2]


def test_no_page_needs_the_library_of_passkeys_or_of_training() -> None:
    asked = "import sys, wsgi; print([m for m in ('webauthn', 'sklearn', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


ROOT = Path(__file__).parents[1]


@pytest.mark.sqlite
def test_what_is_written_after_the_transaction_was_ended_from_within_is_refused_not_kept(app: Flask) -> None:
    add_article(app)
    retitled = Statement(update(Base.metadata.tables["article"]).values(title=bindparam("said")))

    def ended_within() -> None:
        with writing() as session:
            session.add(Article(key="another", title="Another", published_at=NOON, mode=Mode.OPEN))
            session.flush()
            session.rollback()
            retitled.run({"said": "Kept by mistake"})

    with app.app_context():
        with pytest.raises(RuntimeError, match="ended"):
            ended_within()
        assert set(db.session.scalars(select(Article.title))) == {"The ferry"}


@pytest.mark.sqlite
def test_a_transaction_within_a_transaction_is_refused_at_once(app: Flask) -> None:
    def nested() -> None:
        with writing(), writing():
            pass

    with app.app_context():
        with pytest.raises(RuntimeError, match="within"):
            nested()
        with writing():
            pass
        assert storing.trouble is None


@pytest.mark.sqlite
def test_all_threads_write_by_one_connection_which_ends_with_its_engine(app: Flask, article: Article) -> None:
    used = []

    def write(n: int) -> None:
        with app.app_context(), writing() as session:
            session.execute(update(Article).values(revision=Article.revision + n))
            used.append(direct.of_thread.writes.driver)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, [1] * 8))
    assert len(set(map(id, used))) == 1
    with app.app_context():
        db.engine.dispose()
        with pytest.raises(db.engine.dialect.loaded_dbapi.ProgrammingError):
            used[0].execute("SELECT 1")
        write(1)
        assert used[-1] is not used[0]
        assert db.session.scalar(select(Article.revision)) == article.revision + 9


@pytest.mark.sqlite
def test_an_engine_that_is_disposed_of_meanwhile_takes_no_transaction_along(
    app: Flask, article: Article
) -> None:
    with app.app_context():
        with writing() as session:
            session.execute(update(Article).values(revision=Article.revision + 1))
            other = threading.Thread(target=db.engine.dispose)
            other.start()
            other.join()
        assert db.session.scalar(select(Article.revision)) == article.revision + 1


@pytest.mark.sqlite
def test_a_transaction_that_was_left_open_refuses_nobody_the_next_one(app: Flask, article: Article) -> None:
    with app.app_context():
        left = direct.of_writers.connection(db.engine)
        left.driver.execute("BEGIN IMMEDIATE")
        left.driver.execute("UPDATE article SET revision = revision + 100")
        with writing() as session:
            session.execute(update(Article).values(revision=Article.revision + 1))
        assert db.session.scalar(select(Article.revision)) == article.revision + 1


@pytest.mark.sqlite
def test_a_result_that_nobody_read_to_its_end_puts_off_one_comment_and_no_more(
    app: Flask, article: Article
) -> None:
    grown = update(Article).values(revision=Article.revision + 1)
    with app.app_context():
        add_article(app, key="another")
        unread = direct.of_writers.connection(db.engine).driver.execute("SELECT id FROM article")
        unread.fetchone()
        with db.engine.connect().execution_options(write=True) as elsewhere:
            elsewhere.execute(grown)
            elsewhere.commit()
        with pytest.raises(OperationalError), writing():
            pass
        with writing() as session:
            session.execute(grown)
        assert db.session.scalar(select(Article.revision)) == article.revision + 2


@pytest.mark.sqlite
def test_a_database_that_cannot_be_opened_is_told_as_one_that_is_away(app: Flask, monkeypatch) -> None:
    with app.app_context():
        db.engine.dispose()

        def refused() -> None:
            raise db.engine.dialect.loaded_dbapi.OperationalError("unable to open database file")

        monkeypatch.setattr(db.engine, "raw_connection", refused)
        with pytest.raises(OperationalError), writing():
            pass


@pytest.mark.sqlite
def test_a_context_within_a_transaction_leaves_it_to_whoever_began_it(app: Flask) -> None:
    with app.app_context(), writing():
        db.session.add(Article(key="one", title="One", published_at=NOON))
        db.session.flush()
        with app.app_context():
            assert db.session.scalars(select(Article.key)).all() == ["one"]
        db.session.add(Article(key="two", title="Two", published_at=NOON))
    with app.app_context():
        assert sorted(db.session.scalars(select(Article.key))) == ["one", "two"]


@pytest.mark.sqlite
def test_another_house_in_the_same_thread_keeps_its_own_rows(app: Flask, tmp_path: Path) -> None:
    elsewhere = create_app(
        Settings(instance=tmp_path, database_url=f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    )
    add_article(app)
    with app.app_context(), writing(), elsewhere.app_context():
        with pytest.raises(OperationalError, match="no such table"):  # it is another file, and an empty one
            db.session.scalars(select(Article.key)).all()
        db.session.rollback()
        db.engine.dispose()
