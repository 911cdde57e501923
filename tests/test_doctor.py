"""root asks the doctor, who says what is wrong and how to mend it, and tells when Redis is away."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import event, text, update

from models import ClassifierVersion, Comment, db, writing
from moderation import health, leases, moderators, sweeps
from moderation.app import create_app
from moderation.parts import parts
from moderation.settings import Settings
from moderation.vocabulary import Role
from tests.conftest import NOON, PASSWORD
from tests.people import Person

AWAY = "redis://127.0.0.1:1/0"


def without_redis() -> None:
    """The app at work is told of a Redis that is not there."""
    at_work = parts()
    at_work.settings = at_work.settings.model_copy(update={"redis_url": AWAY})


def asked(app: Flask) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """The exit status, and what was found by what it is about."""
    answer = app.test_cli_runner().invoke(args=["doctor", "--json"])
    found: dict[str, list[dict[str, str]]] = {}
    for each in json.loads(answer.stdout):
        found.setdefault(each["about"], []).append(each)
    return answer.exit_code, found


@pytest.fixture
def employed(app: Flask) -> Flask:
    """The house has an admin."""
    with app.app_context():
        moderators.add("root", Role.ADMIN, PASSWORD, NOON)
        if db.engine.dialect.name == "postgresql":
            event.listen(db.engine, "connect", durably)
            db.engine.dispose()
    return app


def durably(connection: Any, _record: object) -> None:
    """Tests are in a hurry, and have PostgreSQL answer before it has written: no house to be told well."""
    connection.execute("SET synchronous_commit = on")
    connection.commit()


def test_a_house_that_is_well_is_told_so(employed: Flask) -> None:
    status, found = asked(employed)
    assert status == 0, found
    assert found["database"][0]["state"] == found["classifier"][0]["state"] == "ok"
    assert found["people"][0]["said"] == "admins without a second step: root"
    plain = employed.test_cli_runner().invoke(args=["doctor"])
    assert plain.exit_code == 0
    assert "→ They set one up under /desk/account." in plain.output


def test_each_ailment_is_named_with_what_mends_it(
    make_app: Callable[..., Flask], tmp_path: Path, article, ada: Person
) -> None:
    app = make_app(site_url="https://comments.example.org")
    ada.comment("The ferry sails at seven.")
    with app.app_context():
        without_redis()
        with writing() as session:
            session.execute(update(ClassifierVersion).values(active=False))
            session.execute(update(Comment).values(arrived_at=datetime.now(UTC) + timedelta(days=2)))
        leases.taken(sweeps.SWEEPER, "elsewhere", datetime.now(UTC), sweeps.HELD_FOR)
    (tmp_path / "root.key").chmod(0o644)
    try:
        status, found = asked(app)
    finally:
        with app.app_context(), writing() as session:
            session.execute(update(ClassifierVersion).values(active=True))
    assert status == 1
    sick = {about for about, each in found.items() if each[0]["state"] == "mend"}
    assert {"root key", "clock", "people", "background work", "proxy", "redis"} <= sick
    assert "classifier" in sick
    assert all(each["mend"] for several in found.values() for each in several if each["state"] == "mend")


@pytest.mark.sqlite
def test_files_that_others_may_read_are_named_with_what_keeps_them_out(
    employed: Flask, tmp_path: Path
) -> None:
    others = {tmp_path / "gatepost.sqlite3": 0o644, tmp_path / "before monday.age": 0o640}
    (tmp_path / "before monday.age").touch()
    (tmp_path / "notes").touch(0o600)
    (tmp_path / "gatepost.sqlite3-wal").touch(0o600)
    for path, mode in others.items():
        path.chmod(mode)
    tmp_path.chmod(0o700)
    assert "files" not in asked(employed)[1]
    tmp_path.chmod(0o701)
    assert [each["mend"] for each in asked(employed)[1]["files"]] == [
        f"`chmod 600 {tmp_path}/gatepost.sqlite3`"
    ]
    tmp_path.chmod(0o750)
    status, found = asked(employed)
    assert status == 1
    (named,) = found["files"]
    assert named["state"] == "mend"
    assert named["said"].startswith("others on this machine may read 2 files")
    assert named["mend"] == f"`chmod 600 '{tmp_path}/before monday.age' {tmp_path}/gatepost.sqlite3`"


@pytest.mark.sqlite
def test_a_folder_and_a_file_that_cannot_be_written_are_named(
    employed: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for closed in (tmp_path, tmp_path / "gatepost.sqlite3"):
        monkeypatch.setattr(os, "access", lambda path, _how, closed=closed: Path(path) != closed)
        status, found = asked(employed)
        assert status == 1
        assert [each["said"] for each in found["rights"]] == [f"this user cannot write to {closed}"]


@pytest.mark.sqlite
def test_before_there_is_a_folder_the_doctor_says_what_makes_all(tmp_path: Path) -> None:
    status, found = asked(create_app(Settings(instance=tmp_path / "home")))
    assert status == 1
    assert not (tmp_path / "home").exists()
    assert found["database"][0]["said"] == "there is none yet"
    assert [each for several in found.values() for each in several if "could not" in each["said"]] == []


def test_a_check_that_breaks_leaves_the_others_heard(tmp_path: Path) -> None:
    lost = create_app(Settings(instance=tmp_path, database_url=f"sqlite:///{tmp_path / 'no' / 'where'}"))
    status, found = asked(lost)
    assert status == 1
    assert found["database"][0]["mend"] == "Start it, or mend GATEPOST_DATABASE_URL."
    assert found["people"][0]["said"].startswith("could not be looked at")
    assert "files" not in found
    with lost.app_context():
        db.engine.dispose()


def test_redis_that_is_away_makes_the_house_degraded_and_the_desk_says_so(
    make_app: Callable[..., Flask], root: Person
) -> None:
    app = make_app()
    with app.app_context():
        without_redis()
        sweeps.sweep(datetime.now(UTC), "here")
        health.look_after_redis(NOON)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json["status"] == "degraded"
    assert "each process counts" in answer.json["parts"]["redis"]
    selma = Person(app, "Selma", "")
    assert selma.post("/desk/sign-in", {"name": "root", "password": PASSWORD}).status_code == 303
    assert "Redis does not answer." in selma.get("/desk/").text
    assert "Redis does not answer." not in root.get("/desk/").text


def test_slow_statements_are_logged_without_what_they_were_given(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(1000))
    monkeypatch.setattr("moderation.slow.time.perf_counter", lambda: next(now))
    app = make_app(slow_query_ms=900)
    with app.app_context(), structlog.testing.capture_logs() as told:
        db.session.execute(text("SELECT :address"), {"address": "ada@example.org"})
    assert told[-1]["ms"] == 1000
    assert "SELECT" in told[-1]["sql"]
    assert "ada@example.org" not in str(told)
