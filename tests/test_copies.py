"""root makes a backup while people write, gets it back whole, and moves house to another database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.engine import make_url

from models import Comment, Contact, Session, Setting, db, writing
from models.schema import migrator, revision
from moderation import copies, learning, leases, moderators, rights, search, sweeps
from moderation.app import create_app
from moderation.errors import Misconfigured
from moderation.parts import parts
from moderation.privacy import Sealed
from moderation.settings import Settings
from moderation.vocabulary import Role, Status
from tests.conftest import NOON
from tests.people import PASSWORD, Person, number_in

only_sqlite = pytest.mark.sqlite
ADDRESS = "ada@example.org"


def stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt


STOPPED = {
    "migrating": ("moderation.cli.copies.migrator", stop),
    "settling": ("moderation.copies.settle", stop),
}
"""What to put in the place of what, for a restore to be stopped on its way."""


@pytest.fixture
def comment(article, ada: Person) -> int:
    """Ada's first."""
    return number_in(ada.comment("The ferry sails at seven, whatever the weather."))


@pytest.fixture
def backup(runner: FlaskCliRunner, comment: int, tmp_path: Path) -> Path:
    """A backup with Ada's first comment in it."""
    said = runner.invoke(args=["backup", str(tmp_path / "kept.backup")])
    assert said.exit_code == 0, said.output
    assert "1 comments" in said.output
    return tmp_path / "kept.backup"


def texts(app: Flask) -> list[str]:
    with app.app_context():
        return [rights.export([each], NOON)["comments"][0]["texts"][0]["text"] for each in ids(app)]


def ids(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(select(Comment.id).order_by(Comment.id)))


def opened(app: Flask, comment_id: int) -> str:
    with app.app_context():
        contact = db.session.get_one(Contact, comment_id)
        sealed = Sealed(contact.key_id or "", contact.sealed_address or b"")
        return parts().vault.open(sealed, f"comment:{comment_id}")


def test_a_backup_is_one_file_of_its_owner_alone_and_holds_no_key_and_no_address(
    backup: Path, tmp_path: Path
) -> None:
    assert oct(backup.stat().st_mode & 0o777) == "0o600"
    assert copies.check(backup) == 1
    held = backup.read_bytes()
    assert ADDRESS.encode() not in held
    assert (tmp_path / "root.key").read_bytes().split()[-1] not in held
    assert not list(tmp_path.glob(".gatepost-*"))


@only_sqlite
def test_a_backup_put_back_is_the_installation_of_then(
    app: Flask, runner: FlaskCliRunner, backup: Path, ada: Person, comment: int, root: Person, tmp_path: Path
) -> None:
    ada.comment("A second remark, after the backup.")

    refused = runner.invoke(args=["restore", str(backup)])
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    said = runner.invoke(args=["restore", "--replace", str(backup)])

    assert said.exit_code == 0, said.output
    assert "Restored: 1 comments" in said.output
    assert ids(app) == [comment]
    assert opened(app, comment) == ADDRESS
    assert root.get("/desk/").status_code == 303  # everybody signs in again
    (aside,) = tmp_path.glob("*-before-restore-*.sqlite3")
    assert copies.check(aside) == 2
    assert ada.comment("And on it goes after that.").status_code == 303
    assert len(ids(app)) == 2


@only_sqlite
def test_what_was_erased_since_the_backup_is_erased_again(
    app: Flask, runner: FlaskCliRunner, backup: Path, comment: int
) -> None:
    with app.app_context():
        rights.erase([comment], NOON, "asked by comment")
    said = runner.invoke(args=["restore", "--replace", str(backup)])
    assert "1 comments that were erased since the backup are erased again" in said.output
    with app.app_context():
        row = db.session.get_one(Comment, comment)
        assert (row.status, row.name) == (Status.ERASED, "")


@only_sqlite
def test_a_comment_of_the_same_number_is_not_erased_with_another_one(
    app: Flask, runner: FlaskCliRunner, backup: Path, comment: int, ada: Person
) -> None:
    with app.app_context():
        with writing() as session:
            row = session.get_one(Comment, comment)
            row.arrived_at -= timedelta(days=1)
        rights.erase([comment], NOON, "asked by comment")
    said = runner.invoke(args=["restore", "--replace", str(backup)])
    assert said.exit_code == 0, said.output
    with app.app_context():
        assert db.session.get_one(Comment, comment).status is not Status.ERASED


@only_sqlite
def test_a_backup_makes_an_installation_where_there_is_none(
    make_app: Callable[..., Flask],
    app: Flask,
    runner: FlaskCliRunner,
    backup: Path,
    comment: int,
    tmp_path: Path,
) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    for path in tmp_path.glob("gatepost.sqlite3*"):
        path.unlink()
    said = runner.invoke(args=["restore", str(backup)])
    assert said.exit_code == 0, said.output
    assert "please repeat those erasures" in said.output
    assert opened(app, comment) == ADDRESS


@only_sqlite
@pytest.mark.parametrize("step", ["migrating", "settling"])
def test_a_restore_that_is_stopped_on_its_way_has_changed_nothing(
    app: Flask, runner: FlaskCliRunner, backup: Path, comment: int, monkeypatch, step: str, tmp_path: Path
) -> None:
    with app.app_context():
        rights.erase([comment], NOON, "asked by comment")
    monkeypatch.setattr(*STOPPED[step])
    said = runner.invoke(args=["restore", "--replace", str(backup)])
    assert said.exit_code == 1, said.output
    with app.app_context():
        assert db.session.get_one(Comment, comment).status is Status.ERASED
    assert not list(tmp_path.glob("*-before-restore-*"))
    assert not list(tmp_path.glob(".gatepost-*"))


@only_sqlite
def test_what_is_not_gatepost_s_is_replaced_on_demand_alone_and_kept(
    backup: Path, comment: int, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.sqlite3"
    with closing(sqlite3.connect(foreign)) as database, database:
        database.execute("CREATE TABLE precious (word TEXT)")
        database.execute("INSERT INTO precious VALUES ('kept')")
    before = foreign.read_bytes()
    there = create_app(Settings(instance=tmp_path, database_url=f"sqlite:///{foreign}"))
    refused = there.test_cli_runner().invoke(args=["restore", str(backup)])
    assert refused.exit_code == 1
    assert "not Gatepost's" in refused.output
    assert foreign.read_bytes() == before
    said = there.test_cli_runner().invoke(args=["restore", "--replace", str(backup)])
    assert said.exit_code == 0, said.output
    (aside,) = tmp_path.glob("foreign-before-restore-*.sqlite3")
    assert aside.read_bytes() == before
    assert oct(aside.stat().st_mode & 0o777) == "0o600"
    assert ids(there) == [comment]
    with there.app_context():
        db.session.remove()
        db.engine.dispose()


@only_sqlite
@pytest.mark.parametrize("damage", ["header", "page", "half"])
def test_a_damaged_installation_gives_way_to_a_backup_and_is_kept_as_it_is(
    app: Flask, runner: FlaskCliRunner, backup: Path, comment: int, tmp_path: Path, damage: str
) -> None:
    database = tmp_path / "gatepost.sqlite3"
    with app.app_context():
        rights.erase([comment], NOON, "asked by comment")
    before = damaged(app, database, damage)
    not_made = runner.invoke(args=["backup", str(tmp_path / "another")])
    assert not_made.exit_code == 1
    assert "Error: The database is damaged" in not_made.output
    assert "`flask restore --replace`" in not_made.output
    assert not (tmp_path / "another").exists()
    refused = runner.invoke(args=["restore", str(backup)])
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    said = runner.invoke(args=["restore", "--replace", str(backup)])
    assert said.exit_code == 0, said.output
    assert "is damaged" in said.output
    assert "please repeat those erasures" in said.output
    (aside,) = tmp_path.glob("*-before-restore-*.sqlite3")
    assert aside.read_bytes() == before
    assert oct(aside.stat().st_mode & 0o777) == "0o600"
    with app.app_context():
        is_erased = db.session.get_one(Comment, comment).status is Status.ERASED
    assert is_erased == (damage == "page")  # what can be read of it is heeded


def damaged(app: Flask, database: Path, damage: str) -> bytes:
    """Spoil a database's header or the page that an index begins at, or cut it; returns what it holds then."""
    with app.app_context():
        place = db.session.scalar(text("SELECT rootpage FROM sqlite_master WHERE name = 'ix_event_kind'"))
        size = db.session.scalar(text("PRAGMA page_size"))
        db.session.remove()
        db.engine.dispose()
    held = bytearray(database.read_bytes())
    at = 0 if damage == "header" else (place - 1) * size
    held[at : at + 100] = bytes(100)
    held = held[: len(held) // 2] if damage == "half" else held
    database.write_bytes(held)
    return bytes(held)


@only_sqlite
def test_an_installation_that_holds_no_comment_cannot_tell_what_was_erased(
    backup: Path, comment: int, tmp_path: Path
) -> None:
    new = create_app(Settings(instance=tmp_path, database_url=f"sqlite:///{tmp_path / 'new.sqlite3'}"))
    assert new.test_cli_runner().invoke(args=["init"]).exit_code == 0
    said = new.test_cli_runner().invoke(args=["restore", str(backup)])
    assert said.exit_code == 0, said.output
    assert "please repeat those erasures" in said.output
    with new.app_context():
        db.session.remove()
        db.engine.dispose()


def test_an_encrypted_backup_opens_with_its_secret_key_alone(
    app: Flask, runner: FlaskCliRunner, comment: int, tmp_path: Path
) -> None:
    secret, target = tmp_path / "secret", tmp_path / "sealed.backup"
    made = runner.invoke(args=["backup", "--new-key", str(secret)])
    assert oct(secret.stat().st_mode & 0o777) == "0o600"
    public = made.output.split()[-1]
    said = runner.invoke(args=["backup", str(target), "--to", public])
    assert said.exit_code == 0, said.output
    assert b"whatever the weather" not in target.read_bytes()
    with copies.opened(target, tmp_path, secret.read_text()) as plain:
        assert copies.check(plain) == 1
    for wrong in ("", "AGE-SECRET-KEY-1", copies.new_identity()[0]):
        with pytest.raises(Misconfigured), copies.opened(target, tmp_path, wrong):
            pass
    assert runner.invoke(args=["backup", str(tmp_path / "x"), "--to", "age1nonsense"]).exit_code == 1


@pytest.mark.parametrize("at", [0, 100, 5_000, -100])
def test_a_damaged_backup_is_told_and_nothing_changes(
    app: Flask, runner: FlaskCliRunner, backup: Path, comment: int, at: int
) -> None:
    held = bytearray(backup.read_bytes())
    held[at : at + 60 if at >= 0 else None] = b"\xff" * 60
    backup.write_bytes(held if at != -100 else held[:-6_000])
    said = runner.invoke(args=["restore", "--replace", str(backup)])
    assert said.exit_code == 1, said.output
    assert "backup" in said.output
    assert ids(app) == [comment]


def test_what_is_there_is_never_written_over(runner: FlaskCliRunner, backup: Path) -> None:
    before = backup.read_bytes()
    again = runner.invoke(args=["backup", str(backup)])
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert backup.read_bytes() == before


def test_while_it_serves_nothing_is_put_back_or_moved(
    app: Flask, runner: FlaskCliRunner, backup: Path, tmp_path: Path
) -> None:
    with app.app_context():
        leases.taken(sweeps.SWEEPER, "elsewhere", datetime.now(UTC), sweeps.HELD_FOR)
    for command in (["restore", "--replace", str(backup)], ["move", "--to", f"sqlite:///{tmp_path}/new"]):
        said = runner.invoke(args=command)
        assert said.exit_code == 1
        assert "Gatepost is serving" in said.output


@only_sqlite
def test_comments_that_arrive_during_a_backup_are_whole_in_it_or_not_at_all(
    app: Flask, article, ada: Person, tmp_path: Path
) -> None:
    ada.comment("One that was there before.")
    arrived: list[int] = []

    def write(_done: int, _all: int) -> None:
        if len(arrived) < 3:
            arrived.append(number_in(ada.comment(f"One that came in between, number {len(arrived)}.")))

    with app.app_context():
        made = copies.back_up(db.engine, tmp_path / "kept", lambda _url: None, progress=write)
    assert made.comments == 1
    assert len(arrived) >= 1
    assert len(ids(app)) == 1 + len(arrived)


def test_moving_copies_every_row_and_says_so(
    app: Flask, runner: FlaskCliRunner, comment: int, ada: Person, tmp_path: Path, make_app
) -> None:
    ada.comment("A reply to myself.", comment_parent=str(comment))
    url = f"sqlite:///{tmp_path / 'new-house.sqlite3'}"
    said = runner.invoke(args=["move", "--to", url])
    assert said.exit_code == 0, said.output
    assert "DIFFERENT" not in said.output
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Comment)) == 2
    engine.dispose()
    assert "not empty" in runner.invoke(args=["move", "--to", url]).output


@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_that_was_moved_to_is_its_owner_s_alone(
    runner: FlaskCliRunner, comment: int, tmp_path: Path, is_there: bool
) -> None:
    new = tmp_path / "new-house.sqlite3"
    before = os.umask(0o022)
    try:
        if is_there:
            new.touch()
        said = runner.invoke(args=["move", "--to", f"sqlite:///{new}"])
    finally:
        os.umask(before)
    assert said.exit_code == 0, said.output
    assert oct(new.stat().st_mode & 0o777) == "0o600"


def test_somebody_else_s_file_is_moved_to_by_nobody(
    runner: FlaskCliRunner, comment: int, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "foreign.sqlite3")) as database, database:
        database.execute("CREATE TABLE precious (word TEXT)")
    before = (tmp_path / "foreign.sqlite3").read_bytes()
    said = runner.invoke(args=["move", "--to", f"sqlite:///{tmp_path / 'foreign.sqlite3'}"])
    assert said.exit_code == 1
    assert "not empty" in said.output
    assert (tmp_path / "foreign.sqlite3").read_bytes() == before


def test_a_name_that_cannot_be_written_is_told(runner: FlaskCliRunner, comment: int, tmp_path: Path) -> None:
    for name in ("x" * 300, "x" * 250):  # of the second, the checksum's name is too long
        said = runner.invoke(args=["backup", str(tmp_path / name)])
        assert isinstance(said.exception, SystemExit)
        assert "cannot be written" in said.output
    assert not list(tmp_path.glob("xx*"))
    nameless = runner.invoke(args=["backup", ""])
    assert "Please name the file" in nameless.output


def test_a_pair_of_keys_is_made_alone(runner: FlaskCliRunner, comment: int, tmp_path: Path) -> None:
    key = tmp_path / "key"
    for more in ([str(tmp_path / "file")], ["--to", "zzz"]):
        said = runner.invoke(args=["backup", "--new-key", str(key), *more])
        assert said.exit_code == 2
        assert "--new-key" in said.output
    assert not key.exists()


def test_a_key_file_that_is_no_text_and_a_folder_that_is_none_are_told(
    app: Flask, runner: FlaskCliRunner, comment: int, tmp_path: Path
) -> None:
    public, target = copies.new_identity()[1], tmp_path / "sealed.backup"
    assert runner.invoke(args=["backup", str(target), "--to", public]).exit_code == 0
    (tmp_path / "noise").write_bytes(b"\xff\xfe\x00")
    there = create_app(
        Settings(instance=tmp_path / "noise", database_url=f"sqlite:///{tmp_path / 'new.sqlite3'}")
    )
    for said in (
        there.test_cli_runner().invoke(args=["restore", str(target)]),
        create_app(Settings(instance=tmp_path, database_url=f"sqlite:///{tmp_path / 'new.sqlite3'}"))
        .test_cli_runner()
        .invoke(args=["restore", "--key-file", str(tmp_path / "noise"), str(target)]),
    ):
        assert isinstance(said.exception, SystemExit)
        assert "Error:" in said.output


def test_nothing_is_moved_to_where_it_is(app: Flask, runner: FlaskCliRunner) -> None:
    with app.app_context():
        here = db.engine.url.render_as_string(hide_password=False)
    said = runner.invoke(args=["move", "--to", here])
    assert said.exit_code == 1
    assert "in use already" in said.output


def test_a_place_that_is_none_is_told(runner: FlaskCliRunner, comment: int, tmp_path: Path) -> None:
    for url in (
        "nonsense",
        "mysql://x/y",
        f"sqlite:///{tmp_path}/no/such/folder",
        "postgresql://127.0.0.1:1/x",
        "postgresql://127.0.0.1:abc/x",
        "postgresql:///x?user=ada@desk",
        "sqlite://",
        "sqlite:///:memory:",
    ):
        said = runner.invoke(args=["move", "--to", url])
        assert said.exit_code == 1, url
        assert "Error:" in said.output


@pytest.mark.postgresql
def test_a_backup_of_postgresql_is_the_same_kind_of_file(
    app: Flask, backup: Path, comment: int, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(backup)) as held:
        assert held.execute("SELECT count(*) FROM comment").fetchone() == (1,)
    with copies.opened(backup, tmp_path) as plain:
        source = create_engine(f"sqlite:///{plain}")
        with source.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(Session)) == 0
        source.dispose()


@pytest.fixture
def elsewhere(app: Flask) -> Iterator[str]:
    """An empty database of PostgreSQL beside this test's."""
    here = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    name = f"{here.database}_elsewhere"
    hand = create_engine(here, isolation_level="AUTOCOMMIT")
    with hand.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield here.set(database=name).render_as_string(hide_password=False)
    with hand.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    hand.dispose()


@pytest.fixture
def there(elsewhere: str, tmp_path: Path) -> Iterator[Flask]:
    """An app at that database; nothing of it is open afterwards."""
    app = create_app(Settings(instance=tmp_path, database_url=elsewhere))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.postgresql
@pytest.mark.parametrize("way", ["moved", "restored"])
def test_what_came_to_postgresql_goes_on_with_its_numbers_keys_and_search(
    app: Flask, runner: FlaskCliRunner, backup: Path, comment: int, elsewhere: str, tmp_path: Path, way: str
) -> None:
    settings = Settings(instance=tmp_path, database_url=elsewhere, form_min_seconds=0)
    there = create_app(settings)
    if way == "moved":
        said = runner.invoke(args=["move", "--to", elsewhere])
    else:
        said = there.test_cli_runner().invoke(args=["restore", str(backup)])
    assert said.exit_code == 0, said.output
    again = Person(there, "Ada", ADDRESS)
    assert number_in(again.comment("The first one in the new house.")) > comment
    assert opened(there, comment) == ADDRESS
    with there.app_context():
        sweeps.sweep(datetime.now(UTC), "here")
        assert search.find(search.Wish.read("weather", "")).ids == (comment,)
        db.session.remove()
        db.engine.dispose()


@pytest.mark.postgresql
def test_a_restore_that_is_stopped_leaves_an_empty_database_empty(
    backup: Path, there: Flask, monkeypatch
) -> None:
    monkeypatch.setattr(*STOPPED["settling"])
    assert there.test_cli_runner().invoke(args=["restore", str(backup)]).exit_code == 1
    monkeypatch.undo()
    said = there.test_cli_runner().invoke(args=["restore", str(backup)])
    assert said.exit_code == 0, said.output


@pytest.mark.postgresql
def test_a_backup_is_not_added_to_what_a_database_holds(
    app: Flask, runner: FlaskCliRunner, backup: Path, comment: int
) -> None:
    for options in ([], ["--replace"]):
        said = runner.invoke(args=["restore", *options, str(backup)])
        assert said.exit_code == 1
        assert "Please make a new one" in said.output
    assert ids(app) == [comment]


@pytest.mark.postgresql
@pytest.mark.parametrize("way", ["moved", "restored"])
def test_what_init_and_a_server_alone_put_there_is_in_nobody_s_way(
    app: Flask, runner: FlaskCliRunner, backup: Path, comment: int, there: Flask, elsewhere: str, way: str
) -> None:
    assert there.test_cli_runner().invoke(args=["init"]).exit_code == 0
    with there.app_context():
        leases.taken(sweeps.SWEEPER, "there", datetime.now(UTC), sweeps.HELD_FOR)
    put = (
        partial(runner.invoke, args=["move", "--to", elsewhere])
        if way == "moved"
        else partial(there.test_cli_runner().invoke, args=["restore", str(backup)])
    )
    assert "Gatepost is serving" in put().output
    with there.app_context():
        sweeps.sweep(datetime.now(UTC), "there")
        leases.handed_on(sweeps.SWEEPER, "there")
    said = put()
    assert said.exit_code == 0, said.output
    assert ids(there) == [comment]
    with there.app_context():
        learning.install_base(NOON)
        moderators.add("root", Role.ADMIN, PASSWORD, NOON)
        db.session.remove()
    assert "empty" in put().output


@pytest.mark.postgresql
def test_a_database_that_somebody_has_set_up_is_not_written_over(
    runner: FlaskCliRunner, comment: int, there: Flask, elsewhere: str
) -> None:
    assert there.test_cli_runner().invoke(args=["init"]).exit_code == 0
    with there.app_context():
        with writing() as session:
            session.add(Setting(name="x", version=1, value=1, set_at=NOON))
        db.session.remove()
        db.engine.dispose()
    said = runner.invoke(args=["move", "--to", elsewhere])
    assert said.exit_code == 1
    assert "not empty" in said.output


@pytest.mark.postgresql
@pytest.mark.parametrize("way", ["moved", "restored"])
def test_somebody_else_s_database_is_not_written_into(
    runner: FlaskCliRunner, backup: Path, comment: int, there: Flask, elsewhere: str, way: str
) -> None:
    other = create_engine(elsewhere)
    with other.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE wp_posts (id integer)")
    if way == "moved":
        said = runner.invoke(args=["move", "--to", elsewhere])
    else:
        said = there.test_cli_runner().invoke(args=["restore", str(backup)])
    assert said.exit_code == 1
    assert "not empty" in said.output
    assert inspect(other).get_table_names() == ["wp_posts"]
    other.dispose()


@pytest.mark.postgresql
def test_an_older_installation_is_not_brought_up_to_date_by_a_move_to_it(
    runner: FlaskCliRunner, comment: int, there: Flask, elsewhere: str
) -> None:
    assert there.test_cli_runner().invoke(args=["init"]).exit_code == 0
    with there.app_context():
        migrator(there).downgrade(revision="0008")
    said = runner.invoke(args=["move", "--to", elsewhere])
    assert said.exit_code == 1
    assert "another version" in said.output
    with there.app_context(), db.engine.connect() as connection:
        assert revision(connection) == "0008"
