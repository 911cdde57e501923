"""An installation: `init` makes it or brings it up to date, `serve` lets readers in."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Connection

from models import db
from models.schema import Shape, migrator, revision
from moderation import health, learning, spam
from moderation.background import background
from moderation.cli import tables
from moderation.cli.demo import load_demo
from moderation.cli.serving import Server, keep_memory_small, spare_the_collector
from moderation.errors import Misconfigured
from moderation.parts import parts
from moderation.privacy import RootKeys, Vault
from moderation.settings import Settings


@click.command()
@click.option("--demo", is_flag=True, help="Also load the demo, if the installation is empty.")
@with_appcontext
def init(demo: bool) -> None:
    """Make the installation, or bring it up to date. Safe to repeat.

    Makes the instance folder and its root key where there are none, brings the tables up to date (a copy of an
    SQLite database is kept beside it first), and reads the shipped classifier in.
    """
    _install()
    if demo:
        load_demo()


@click.command()
@click.option("--init", "first_init", is_flag=True, help="First do what `flask init` does.")
@click.option("--demo", "first_demo", is_flag=True, help="First load the demo, if the installation is empty.")
@with_appcontext
def serve(first_init: bool, first_demo: bool) -> None:
    """Serve, and do the background work, until SIGTERM or SIGINT.

    Requests in flight are answered first.
    """
    keep_memory_small()
    if first_init:
        _install()
    if first_demo:
        load_demo()
    app, settings = current_app._get_current_object(), parts().settings  # type: ignore[attr-defined]
    _refuse_unless_ready()
    try:
        server = Server(app, settings)
    except OSError as error:
        raise Misconfigured(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}."
        ) from None
    with background(app, settings):
        click.echo(f"Gatepost is at {server.address}\nModerators sign in at {server.address}desk/sign-in")
        spare_the_collector()
        server.run()
    click.echo("Gatepost has stopped.")


def _install() -> None:
    settings = parts().settings
    _folder(settings.instance)
    _key(settings)
    _tables()
    version = _classifier()
    click.echo(f"Ready: {tables.where()}, classifier {version}.")


def _folder(folder: Path) -> None:
    """A new folder is its owner's alone; one that was there is left as it is, with a word if others may look."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if not folder.is_dir():
            raise Misconfigured(f"{folder} is no folder.") from None
        if folder.stat().st_mode & 0o077:
            click.echo(
                f"Note: others on this machine may look into {folder}. `chmod 700` keeps them out.", err=True
            )
    except OSError as error:
        raise Misconfigured(f"The folder {folder} cannot be made: {error.strerror}.") from None


def _key(settings: Settings) -> None:
    path = settings.instance / "root.key"
    if settings.root_key.get_secret_value() or path.exists() or path.is_symlink():
        _open_vault()
    elif tables.found() is not Shape.MISSING:
        raise Misconfigured(
            f"There is a database, but no root key at {path}. A new key could not open its addresses:"
            " please put the old one back."
        )
    else:
        RootKeys.create(path)
        click.echo(f"Made the root key {path}. Keep a copy, apart from the copies of the database.")


def _open_vault() -> Vault:
    """A key that is missing, weak or readable by others stops us here."""
    return parts().vault


def _tables() -> None:
    found = tables.found()
    if found is Shape.NEWER:
        raise Misconfigured(tables.NEWER)
    if found is Shape.MISSING:
        _refuse_narrow_here()
    if found is Shape.OLDER and db.engine.dialect.name == "sqlite":
        click.echo(f"Kept a copy of the database: {_copied(Path(db.engine.url.database or ''))}")
    if found is not Shape.CURRENT:
        migrator(current_app).upgrade()
    _refuse_narrow_here()  # where there is an installation only now: who is to be moved must be up to date


def _classifier() -> str:
    try:
        return learning.install_base(datetime.now(UTC), parts().scorer.given, click.echo)
    except (spam.BadArtefact, OSError) as error:
        raise Misconfigured(f"The classifier that comes with Gatepost cannot be read: {error}") from None


def _copied(database: Path) -> Path:
    """A whole copy of an SQLite database beside it, named for its revision and the second, on the disk."""
    with db.engine.connect() as connection:
        before = revision(connection)
    copy = database.with_name(f"{database.stem}-before-{before}-{datetime.now(UTC):%Y%m%dT%H%M%S}.sqlite3")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.chmod(0o600)
    with copy.open("rb+") as written:
        os.fsync(written.fileno())
    return copy


def _refuse_unless_ready() -> None:
    """Stop before the first reader comes, with a sentence that says what to do.

    Raises
    ------
    Misconfigured
    """
    found = tables.found()
    if found is not Shape.OLDER:
        _refuse_narrow_here()
    if found is Shape.MISSING:
        raise Misconfigured(tables.MISSING)
    _open_vault()
    if found is Shape.OLDER:
        raise Misconfigured(tables.OLDER)
    if found is Shape.NEWER:
        raise Misconfigured(tables.NEWER)


def refuse_narrow(connection: Connection) -> None:
    """Stop at a database in which some comments could not be stored.

    Raises
    ------
    Misconfigured
    """
    if (said := health.letters(connection)) != health.OK:
        raise Misconfigured(f"This database cannot be used: {said}. {health.INTO_UTF8}")


def _refuse_narrow_here() -> None:
    if db.engine.dialect.name == "sqlite":
        return
    with db.engine.connect() as connection:
        refuse_narrow(connection)
