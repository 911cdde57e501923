"""root sets an installation up, brings it up to date, and is told in one sentence when it cannot start."""

from __future__ import annotations

import gc
import os
import runpy
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from alembic.script import ScriptDirectory
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from models import Article, ClassifierVersion, Contact, db, schema
from models.schema import migrator
from moderation import articles, health
from moderation.app import create_app
from moderation.settings import Settings
from tests.database import database

WSGI = Path(__file__).parents[1] / "wsgi.py"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where nothing is installed yet."""
    return tmp_path / "home"


@pytest.fixture
def make(home: Path, worker: str) -> Iterator[Callable[..., Flask]]:
    """Builds the app over that place and an empty database."""
    made: list[Flask] = []
    with database(f"{worker}_bare", home) as url:

        def build(**knobs: Any) -> Flask:
            made.append(create_app(Settings(instance=home, database_url=url, **knobs)))
            return made[-1]

        yield build
        for app in made:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def told(app: Flask, *command: str) -> Result:
    return app.test_cli_runner().invoke(args=command)


def refusal(app: Flask, *command: str) -> str:
    """The one sentence with which the command ends."""
    result = told(app, *command)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), result.exception
    return result.output


@pytest.mark.postgresql
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_does_not_hold_every_letter_is_refused(
    make, home: Path, worker: str, tmp_path: Path, encoding: str
) -> None:
    with database(f"{worker}_narrow", tmp_path, encoding) as url:
        app = create_app(Settings(instance=home, database_url=url))
        for command in (["init"], ["serve"]):
            said = refusal(app, *command)
            assert encoding in said
            assert "ENCODING 'UTF8'" in said
        found = told(app, "doctor").output
        assert encoding in found
        assert "ENCODING 'UTF8'" in found
        with app.app_context():
            db.engine.dispose()

        whole = make()
        assert told(whole, "init").exit_code == 0
        assert encoding in refusal(whole, "move", "--to", url)
        copy = tmp_path / "whole.backup"
        assert told(whole, "backup", str(copy)).exit_code == 0
        assert encoding in refusal(app, "restore", str(copy))
        with app.app_context():
            db.engine.dispose()


@pytest.mark.postgresql
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_an_installation_in_such_a_database_is_moved_out_of_it(
    make, home: Path, worker: str, tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        database(f"{worker}_narrow", tmp_path, encoding) as url,
        database(f"{worker}_wide", tmp_path) as wide,
    ):
        narrow = create_app(Settings(instance=home, database_url=url))
        with monkeypatch.context() as before_it_was_looked_at:
            before_it_was_looked_at.setattr(health, "letters", lambda _connection: health.OK)
            assert told(narrow, "init").exit_code == 0
            assert told(narrow, "article", "add", "a-cafe", "Le café").exit_code == 0
            with narrow.app_context():
                migrator(narrow).downgrade(revision="0008")  # it is that of an earlier Gatepost
                db.engine.dispose()
        assert "flask init" in refusal(narrow, "serve")
        assert encoding in refusal(narrow, "init")
        assert encoding in refusal(narrow, "serve")
        moved = told(narrow, "move", "--to", wide)
        assert moved.exit_code == 0, moved.output
        there = create_app(Settings(instance=home, database_url=wide))
        with there.app_context():
            assert db.session.scalar(select(Article.title)) == "Le café"
            db.session.remove()
            db.engine.dispose()
        with narrow.app_context():
            db.engine.dispose()


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_the_doctor_makes_no_file_where_nothing_is_installed(home: Path) -> None:
    home.mkdir()
    app = create_app(Settings(instance=home))
    said = told(app, "doctor")
    assert said.exit_code == 1
    assert "there is none yet" in said.output
    assert "`flask init` makes it" in said.output
    assert list(home.iterdir()) == []


def test_all_files_of_an_installation_are_its_owners_alone(home: Path, usual_umask: None) -> None:
    home.mkdir()
    app = create_app(Settings(instance=home))
    for command in (["queue", "list"], ["init"], ["article", "list"]):
        told(app, *command)
    with app.app_context():
        assert {oct(each.stat().st_mode & 0o777) for each in home.iterdir()} == {"0o600"}
        db.engine.dispose()


def test_a_password_in_the_databases_address_is_never_said(home: Path) -> None:
    away = create_app(
        Settings(instance=home, database_url="postgresql://127.0.0.1:1/gatepost?password=S3CRET")
    )
    for command in ("init", "serve"):
        said = refusal(away, command)
        assert "postgresql://127.0.0.1:1/gatepost does not answer" in said
    here = create_app(
        Settings(instance=home, database_url=f"sqlite:///{home / 'gatepost.sqlite3'}?timeout=7")
    )
    assert f"Ready: sqlite:///{home / 'gatepost.sqlite3'}, classifier" in told(here, "init").output
    for app in (away, here):
        with app.app_context():
            db.engine.dispose()


def test_the_schemas_are_known_without_alembic_as_alembic_knows_them() -> None:
    walked = ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()
    assert schema._revisions() == tuple(each.revision for each in walked)


def test_init_makes_a_private_folder_a_private_key_the_tables_and_a_classifier(make, home) -> None:
    app = make()

    result = told(app, "init")

    assert result.exit_code == 0, result.output
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "root.key").stat().st_mode & 0o777 == 0o600
    with app.app_context():
        assert db.session.scalar(select(ClassifierVersion.version).where(ClassifierVersion.active))
    assert set(parts_of(app).values()) == {"ok", "nobody has swept yet"}


def test_a_new_database_file_is_its_owners_alone(make, home) -> None:
    told(make(), "init")

    assert {path.stat().st_mode & 0o077 for path in home.iterdir()} == {0}


def test_a_database_that_names_several_migrations_is_refused(make) -> None:
    app = make()
    told(app, "init")
    with app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES ('0003')"))
        connection.commit()
    assert "alembic_version is broken" in refusal(app, "serve")


def test_init_twice_keeps_the_key_and_everything_else(make, home) -> None:
    told(make(), "init")
    told(make(), "article", "add", "the-ferry", "The ferry")
    key = (home / "root.key").read_bytes()

    result = told(make(), "init")

    assert result.exit_code == 0, result.output
    assert (home / "root.key").read_bytes() == key
    assert "the-ferry" in told(make(), "article", "list").output


def test_init_makes_no_new_key_for_a_database_that_was_sealed_with_another(make, home) -> None:
    told(make(), "init")
    (home / "root.key").unlink()

    assert "please put the old one back" in refusal(make(), "init")
    assert not (home / "root.key").exists()


def test_a_root_key_may_come_from_a_setting_and_no_file_is_made(make, home) -> None:
    elsewhere = home.parent / "elsewhere"
    told(create_app(Settings(instance=elsewhere)), "init")
    text = (elsewhere / "root.key").read_text()

    result = told(make(root_key=text), "init")

    assert result.exit_code == 0, result.output
    assert not (home / "root.key").exists()


@pytest.mark.sqlite
def test_an_older_database_is_copied_whole_before_it_is_changed(make, home, monkeypatch) -> None:
    told(make(), "init")
    told(make(), "article", "add", "the-ferry", "The ferry")
    known = schema._revisions()
    monkeypatch.setattr(schema, "_revisions", lambda: ("later", *known))

    result = told(make(), "init")

    assert result.exit_code == 0, result.output
    (copy,) = home.glob(f"*-before-{known[0]}-*")
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT key FROM article").fetchall() == [("the-ferry",)]


def test_a_classifier_that_cannot_be_read_stops_init_with_a_sentence(make, monkeypatch) -> None:
    monkeypatch.setattr("moderation.spam.base_bytes", lambda: b"torn")

    assert "cannot be read" in refusal(make(), "init")


def test_serve_refuses_before_there_is_an_installation(make) -> None:
    assert refusal(make(), "serve") == "Error: There is no installation yet. `flask init` makes one.\n"


def test_serve_refuses_a_key_that_others_can_read(make, home) -> None:
    told(make(), "init")
    (home / "root.key").chmod(0o644)

    assert str(home / "root.key") in refusal(make(), "serve")


def test_serve_refuses_a_missing_key_and_a_weak_one(make, home) -> None:
    told(make(), "init")
    (home / "root.key").write_text("password" * 8)
    weak = refusal(make(), "serve")
    (home / "root.key").unlink()
    missing = refusal(make(), "serve")

    assert "root.key" in weak
    assert "root.key" in missing
    assert "password" not in weak


def test_serve_refuses_tables_that_are_newer_or_older_than_the_code(make, monkeypatch) -> None:
    app = make()
    told(app, "init")
    known = schema._revisions()
    monkeypatch.setattr(schema, "_revisions", lambda: ("later", *known))
    assert "`flask init` brings it up to date" in refusal(make(), "serve")
    monkeypatch.undo()
    with app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()

    assert "made by a newer Gatepost" in refusal(make(), "serve")
    assert "made by a newer Gatepost" in refusal(make(), "init")


@pytest.mark.sqlite
def test_a_file_that_cannot_be_opened_or_written_is_told_with_why(make, home, monkeypatch) -> None:
    told(make(), "init")
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorname = "SQLITE_FULL"
    monkeypatch.setattr(articles, "everything", Mock(side_effect=OperationalError("SELECT 1", None, full)))
    assert "The database could not do that (the disk is full)" in refusal(make(), "article", "list")
    monkeypatch.undo()
    (home / "gatepost.sqlite3").unlink()
    (home / "gatepost.sqlite3").mkdir()
    assert "does not answer (the file cannot be opened)" in refusal(make(), "article", "list")


def test_a_port_that_is_taken_is_told_and_not_shared(make, home) -> None:
    import socket

    told(make(), "init")
    with socket.socket() as neighbour:
        neighbour.bind(("127.0.0.1", 0))
        neighbour.listen()
        port = neighbour.getsockname()[1]

        assert f"127.0.0.1:{port} cannot be listened on" in refusal(make(port=port), "serve")


ON_TABLES = [
    ("article", "list"),
    ("moderator", "invite", "max"),
    ("queue", "approve", "1"),
    ("demo",),
    ("spam", "learn"),
    ("spam", "explain", "--comment", "1"),
    ("trail", "verify"),
    ("privacy", "erase", "--comment", "1"),
    ("privacy", "scrub"),
    ("privacy", "rotate-keys"),
    ("backup", "monday"),
    ("move", "--to", "sqlite:///elsewhere"),
]


@pytest.mark.parametrize("command", ON_TABLES, ids=" ".join)
def test_a_command_before_init_says_what_to_do(make, home, command: tuple[str, ...]) -> None:
    home.mkdir()

    assert refusal(make(), *command) == "Error: There is no installation yet. `flask init` makes one.\n"
    assert not list(home.iterdir())


@pytest.mark.parametrize("command", ON_TABLES, ids=" ".join)
def test_a_command_changes_nothing_in_tables_of_another_version(
    make, home, monkeypatch, command: tuple[str, ...]
) -> None:
    app = make()
    told(app, "init")
    known, key = schema._revisions(), (home / "root.key").read_bytes()
    for revisions, said in (
        (
            ("later", *known),
            "Error: The database is older than this Gatepost. `flask init` brings it up to date.",
        ),
        (("0001",), "Error: The database was made by a newer Gatepost than this one."),
    ):
        monkeypatch.setattr(schema, "_revisions", lambda given=revisions: given)
        assert refusal(app, *command).startswith(said)
    assert (home / "root.key").read_bytes() == key


def test_the_demo_has_every_status_and_its_password_opens_the_desk(make) -> None:
    app = make()
    told(app, "init")

    result = told(app, "demo")

    assert result.exit_code == 0, result.output
    with app.app_context():
        counts = dict(db.session.execute(text("SELECT status, count(*) FROM comment GROUP BY status")).all())
        depths = db.session.execute(text("SELECT max(depth) FROM comment")).scalar()
        told_addresses = db.session.scalars(select(Contact.sealed_address)).all()
    assert set(counts) == {"approved", "held", "spam", "rejected"}
    assert sum(counts.values()) == 70
    assert depths == 5
    assert all(told_addresses)
    password = result.output.split("Password:")[1].split()[0]
    answer = app.test_client().post(
        "/desk/sign-in",
        data={"name": "admin", "password": password},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 303


def test_the_demo_stays_out_of_an_installation_in_use(make) -> None:
    told(make(), "init", "--demo")

    again = told(make(), "demo")

    assert again.exit_code == 0
    assert "was left out" in again.output
    assert "Password" not in again.output
    assert told(make(), "article", "list").output.count("\n") == 3


def test_the_demo_never_decides_before_a_comment_came_in(make) -> None:
    app = make()
    told(app, "init", "--demo")

    with app.app_context():
        early = db.session.execute(
            text(
                "SELECT count(*) FROM decision JOIN comment ON comment.id = comment_id WHERE decided_at < arrived_at"
            )
        ).scalar()
        unexplained = db.session.execute(
            text("SELECT count(*) FROM comment WHERE id NOT IN (SELECT comment_id FROM decision)")
        ).scalar()
    assert (early, unexplained) == (0, 0)


@pytest.mark.sqlite
def test_every_command_leaves_the_database_in_one_file(home: Path) -> None:
    url = f"sqlite:///{home / 'gatepost.sqlite3'}"
    chosen = {"GATEPOST_INSTANCE": str(home), "GATEPOST_DATABASE_URL": url, "FLASK_SKIP_DOTENV": "1"}
    chosen["PATH"] = os.environ["PATH"]
    for command in ("init", "demo", "queue list"):
        run = [sys.executable, "-m", "flask", "--app", str(WSGI), *command.split()]
        ended = subprocess.run(run, env=chosen, capture_output=True, text=True, check=False, timeout=120)
        assert ended.returncode == 0, ended.stderr
        assert [path.name for path in home.glob("gatepost.sqlite3*")] == ["gatepost.sqlite3"], command


def parts_of(app: Flask) -> dict[str, str]:
    return app.test_client().get("/readyz").get_json()["parts"]


def test_a_wrong_setting_stops_every_start_with_its_name_and_without_its_value(monkeypatch) -> None:
    monkeypatch.setenv("GATEPOST_PORT", "hunter2")

    with pytest.raises(SystemExit, match="GATEPOST_PORT") as stopped:
        runpy.run_path(str(WSGI))
    gc.unfreeze()  # what other tests leave is the collector's again

    assert "hunter2" not in str(stopped.value)
    assert gc.isenabled()
