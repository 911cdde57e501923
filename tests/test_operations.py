"""root asks whether the house is well, and is told which part is not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, text, update
from sqlalchemy.exc import OperationalError

from models import ClassifierVersion, Lease, db, direct, schema, writing
from moderation import sweeps
from moderation.app import create_app
from moderation.settings import Settings
from tests.people import Person


@pytest.fixture
def swept(clock, app) -> None:
    """Background work was done a moment ago."""
    with app.app_context():
        sweeps.sweep(datetime.now(UTC), "here")


def test_everything_is_well(app, swept, ada: Person) -> None:
    answer = ada.get("/readyz")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ok",
        "parts": dict.fromkeys(("database", "storing", "schema", "key", "classifier", "sweeps"), "ok"),
        "addresses_stopped": 0,
    }
    assert answer.headers["Cache-Control"] == "no-store"


def sick_parts(answer) -> dict[str, str]:
    assert answer.status_code == 503
    assert answer.get_json()["status"] == "sick"
    return {name: said for name, said in answer.get_json()["parts"].items() if said != "ok"}


def test_sweeps_that_stopped_are_named_with_when(clock, app, swept, ada: Person) -> None:
    clock.shift(timedelta(minutes=4))

    assert sick_parts(ada.get("/readyz")) == {"sweeps": "no pass has gone well since 2026-03-14 12:00:00 UTC"}


@contextmanager
def only_to_be_read(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever connects meanwhile may read, not write, and stays so: a disk as it was, a server that stands by."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            module = sys.modules["models.db"]
            monkeypatch.setattr(module, "_PRAGMAS", (*module._PRAGMAS, "query_only=ON"))
            db.engine.dispose()
            yield
            monkeypatch.undo()
            return
        hand = create_engine(db.engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        say = f'ALTER DATABASE "{db.engine.url.database}" {{}} default_transaction_read_only'
        with hand.connect() as connection:
            connection.execute(text(say.format("SET") + " = on"))
            db.engine.dispose()
            try:
                yield
            finally:
                connection.execute(text(say.format("RESET")))


def test_a_database_that_can_only_be_read_puts_comments_off_says_so_and_heals_by_itself(
    app, swept, article, ada: Person, max_: Person, monkeypatch
) -> None:
    with only_to_be_read(app, monkeypatch):
        put_off = ada.comment("It sails at seven.")
        assert put_off.status_code == 503
        assert put_off.headers["Retry-After"]
        assert ada.get(f"/articles/{article.key}").status_code == 200
        assert sick_parts(ada.get("/readyz"))["storing"].endswith("UTC: the database can only be read")
        assert "the database can only be read.</strong>" in max_.get("/desk/").text

    answers = [ada.comment("It sails at seven.").status_code for _ in range(2)]
    assert answers in ([303, 303], [503, 303])  # whoever comes first may meet a connection of then
    assert ada.get("/readyz").status_code == 200
    assert "can only be read" not in max_.get("/desk/").text


@pytest.mark.parametrize("path", ["/", "/comments/1"])
def test_a_connection_that_breaks_and_cannot_even_be_rolled_back_puts_the_reader_off(
    app, article, ada: Person, monkeypatch, path: str
) -> None:
    with app.app_context():
        dialect, pool = db.engine.dialect, db.engine.pool
    assert ada.get("/").status_code == 200
    lent, begin = pool.checkedout(), dialect.do_execute

    def gone(*asked: Any) -> None:
        if asked[1:2] == ("BEGIN",):
            return begin(*asked)
        raise dialect.loaded_dbapi.OperationalError("the connection is lost")

    with monkeypatch.context() as broken:
        broken.setattr(dialect, "do_execute", gone)
        broken.setattr(dialect, "do_rollback", gone)
        put_off = ada.get(path)
    assert put_off.status_code == 503
    assert put_off.headers["Retry-After"]
    assert pool.checkedout() == lent
    assert ada.get("/").status_code == 200


def test_a_connection_that_breaks_behind_an_answer_spoils_it_not(
    app, article, ada: Person, monkeypatch
) -> None:
    with app.app_context():
        dialect, pool = db.engine.dialect, db.engine.pool
    assert ada.get("/").status_code == 200
    lent = pool.checkedout()

    def gone(*_: object) -> None:
        raise dialect.loaded_dbapi.OperationalError("the connection is lost")

    with monkeypatch.context() as broken:
        broken.setattr(dialect, "do_rollback", gone)
        assert ada.get("/").status_code == 200
    assert pool.checkedout() == lent
    assert ada.get("/").status_code == 200


@pytest.mark.sqlite
def test_p2_every_connection_to_the_file_syncs_before_a_comment_is_answered(app, swept, ada: Person) -> None:
    """The kernel is not asked here; `python -m drills power-cut` watches it."""
    with app.app_context():
        ways = (
            direct.of_thread.own.connection(db.engine).pooled,
            direct.of_writers.connection(db.engine).pooled,
        )
        for connection in (db.engine.raw_connection(), *ways):
            said = [connection.driver_connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _SYNCING]
            assert said == ["wal", 2]


_SYNCING = ("journal_mode", "synchronous")


@pytest.mark.sqlite
def test_a_lock_that_somebody_else_holds_is_named(app, swept, ada: Person, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules["models.turns"], "WAIT_SECONDS", 0.3)
    with app.app_context():
        other = db.engine.raw_connection()
        other.driver_connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError), writing() as session:
            session.execute(update(Lease).values(holder="nobody"))
        assert sick_parts(ada.get("/readyz"))["storing"].endswith("somebody else holds the database's lock")
        other.driver_connection.execute("ROLLBACK")
        other.close()
        with writing():
            pass
    assert ada.get("/readyz").status_code == 200


def test_a_missing_classifier_is_named(app, swept, ada: Person) -> None:
    with app.app_context(), writing() as session:
        session.execute(update(ClassifierVersion).values(active=False))
    try:
        assert sick_parts(ada.get("/readyz")) == {"classifier": "none is in use: every comment is held"}
    finally:
        with app.app_context(), writing() as session:
            session.execute(update(ClassifierVersion).values(active=True))


def test_tables_of_another_time_are_named(app, swept, ada: Person, monkeypatch) -> None:
    known = schema._revisions()
    monkeypatch.setattr(schema, "_revisions", lambda: ("later", *known))

    assert sick_parts(ada.get("/readyz")) == {"schema": "the tables are older; see `flask init`"}


def test_a_key_that_others_can_read_is_named(app, swept, ada: Person, tmp_path) -> None:
    (tmp_path / "root.key").chmod(0o644)

    assert sick_parts(ada.get("/readyz")) == {"key": "the root key is missing, weak, or others can read it"}


def test_a_database_that_is_away_is_named_without_telling_where_it_was(tmp_path) -> None:
    away = create_app(Settings(instance=tmp_path, database_url=f"sqlite:///{tmp_path / 'secret' / 'place'}"))
    client = away.test_client()

    answer = client.get("/readyz")

    assert {"database", "schema", "classifier", "sweeps"} <= set(sick_parts(answer))
    assert "secret" not in answer.text
    assert client.get("/healthz").status_code == 200
    with away.app_context():
        db.engine.dispose()


def test_being_alive_needs_no_database(app, ada: Person) -> None:
    with app.app_context():
        statements = []
        from sqlalchemy import event

        event.listen(db.engine, "before_cursor_execute", lambda *heard: statements.append(heard[2]))
        answer = ada.get("/healthz")

        assert (answer.text, statements) == ("ok\n", [])
        db.session.execute(text("SELECT 1"))
        assert statements


def schema_of(app) -> str:
    """The revision that the tables are at."""
    with app.app_context(), db.engine.connect() as connection:
        return schema.revision(connection) or ""
