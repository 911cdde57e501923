"""`flask backup`, `flask restore`, `flask move`: whole copies of an installation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from models import connect_options, db, prepare
from models.schema import migrator
from moderation import copies, sweeps
from moderation.cli.installation import refuse_narrow
from moderation.cli.privacy import FACTORY
from moderation.cli.tables import refuse_unless_current
from moderation.copies import Erased, Found, Progress, Returned
from moderation.errors import Damaged, Misconfigured
from moderation.parts import parts
from moderation.settings import Settings, database_address


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--to", "recipient", default="", help="Encrypt to this public key (age1…).")
@click.option(
    "--new-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Make a pair of keys instead: the secret one goes into this file, the public one is printed.",
)
@with_appcontext
def backup(file: Path | None, recipient: str, new_key: Path | None) -> None:
    """Write the whole database into one file, while Gatepost serves, and look through it.

    The file is an SQLite database, whatever Gatepost runs on; `flask restore` takes it. The root key is not in it:
    keep a copy of that elsewhere. With --to, only who has the secret key can read the backup.
    """
    if new_key:
        if file or recipient:
            raise click.UsageError("--new-key makes a pair of keys and nothing else.")
        _make_key(new_key)
        return
    if file in (None, Path()):
        raise click.UsageError("Please name the file to write.")
    refuse_unless_current()
    os.umask(0o077)
    with _bar("Copying") as progress:
        made = copies.back_up(db.engine, file.absolute(), _make_tables, recipient, progress)
    how = "encrypted" if made.is_encrypted else "not encrypted: whoever reads it reads names and texts"
    click.echo(f"{made.path}: {made.comments:,} comments, {made.size / 1e6:,.1f} MB, looked through, {how}.")
    click.echo("The root key is not in it.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key-file",
    type=click.File(encoding="utf-8", errors="replace"),
    help="The secret key, where the backup is encrypted.",
)
@click.option("--replace", is_flag=True, help="Take the place of the installation that is here.")
@with_appcontext
def restore(file: Path, key_file: TextIO | None, replace: bool) -> None:
    """Make a backup the installation. Gatepost must not be serving.

    What an SQLite file here holds is kept beside it first, also where it is damaged; on PostgreSQL the database must
    hold nothing but what `flask init` put there. Everybody has to sign in again, and what was erased here since the
    backup was made is erased again.
    """
    identity = key_file.read() if key_file else ""
    os.umask(0o077)
    folder = parts().settings.instance
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"The folder {folder} cannot be made: {error.strerror}.") from None
    is_sqlite = db.engine.dialect.name == "sqlite"
    told, is_known = _take_place(file, identity, replace) if is_sqlite else _fill(file, identity)
    click.echo(f"Restored: {told.comments:,} comments. Everybody signs in again.")
    if told.erased:
        click.echo(f"{told.erased:,} comments that were erased since the backup are erased again.")
    if not is_known:
        what = "Whatever else" if told.erased else "What"
        click.echo(
            f"{what} was erased after the backup was made has come back: please repeat those erasures."
        )
    if told.unreadable:
        click.echo(f"{told.unreadable:,} addresses are sealed under a root key that is not here.", err=True)


@click.command()
@click.option(
    "--to", "url", required=True, help="Where to: postgresql://… or sqlite:///…; an empty database."
)
@with_appcontext
def move(url: str) -> None:
    """Copy the whole installation into another database, and compare every row. Gatepost must not be serving.

    Nothing here is changed; what `flask init` alone put there is in nobody's way. Afterwards set
    GATEPOST_DATABASE_URL to the new address and start again; the instance folder with the root key stays where it is.
    """
    refuse_if_serving()
    os.umask(0o077)
    target = _target(url)
    try:
        if target.url.set(query={}) == db.engine.url.set(query={}):
            raise Misconfigured("This is the database that is in use already. Nothing was changed.")
        where = target.url.render_as_string(hide_password=False)
        with _house_at(where):
            _refuse_to_add("the copy")
        _make_tables(where)
        with _bar("Copying") as progress:
            copied = copies.copy_between(db.engine, target, progress)
    finally:
        target.dispose()
    wide = max(len(each.table) for each in copied)
    for each in copied:
        same = "the same" if each.is_same else "DIFFERENT"
        click.echo(f"  {each.table:<{wide}}  {each.rows:>9,}  {each.digest[:16]}  {same}")
    copies.refuse_differences(copied)
    click.echo(f"Copied and compared: {sum(each.rows for each in copied):,} rows.")
    click.echo(
        "Set GATEPOST_DATABASE_URL to that address and start again. The search fills up within minutes."
    )


def refuse_if_serving() -> None:
    """Stop where a server may be at work.

    Raises
    ------
    Misconfigured
    """
    if sweeps.is_serving(datetime.now(UTC)):
        minutes = int(sweeps.HELD_FOR.total_seconds() // 60)
        raise Misconfigured(
            f"Gatepost is serving. Please stop it first; after a crash, wait {minutes} minutes. Nothing was changed."
        )


def _make_key(path: Path) -> None:
    secret, public = copies.new_identity()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"# public key: {public}\n{secret}\n")
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}.") from None
    click.echo(f"The secret key is in {path}. Move it off this machine; without it no backup opens.")
    click.echo(f"Make backups with --to {public}")


def _take_place(file: Path, identity: str, replace: bool) -> tuple[Returned, bool]:
    """A backup in the place of what is here; also, whether that could tell all that was erased since."""
    database = Path(db.engine.url.database or "")
    found = copies.look(database)
    if found in _WITH_A_PAST:
        with suppress(Damaged), copies.damage_told():
            refuse_if_serving()
    if not replace:
        _refuse_to_replace(database, found)
    with copies.opened(file.absolute(), database.parent, identity) as plain:
        gone, is_known = _erased_here(found)
        db.session.remove()
        told = _settled(plain, gone)
        if found is not Found.NOTHING:
            kept = copies.keep(db.engine, found, _make_tables)
            click.echo(f"What was here before is kept: {kept.path}")
            if not kept.is_whole:
                click.echo("It is damaged: what was erased since the backup cannot all be read from it.")
                is_known = False
            elif found is Found.OURS:
                refuse_if_serving()  # who was not a while ago, before all of this
        db.engine.dispose()
        copies.put_in_place(plain, database)
    return told, is_known


_WITH_A_PAST = (Found.OURS, Found.BROKEN)


def _refuse_to_replace(database: Path, found: Found) -> None:
    if found is Found.NOTHING or (found is Found.OURS and _holds_nothing_here()):
        return
    said = {
        Found.OURS: "There is an installation here.",
        Found.FOREIGN: f"{database} is not Gatepost's.",
        Found.BROKEN: f"{database} is damaged.",
    }
    raise Misconfigured(f"{said[found]} --replace lets the backup take its place.")


def _holds_nothing_here() -> bool:
    with suppress(Damaged), copies.damage_told():
        return _holds_nothing(db.engine)
    return False


def _erased_here(found: Found) -> tuple[Sequence[Erased], bool]:
    """What is erased in the database here as far as that can be read, and whether that is all of it."""
    if found in _WITH_A_PAST:
        with suppress(Damaged), copies.damage_told():
            gone = copies.erased()
            return gone or [], found is Found.OURS and gone is not None
    return [], False


def _fill(file: Path, identity: str) -> tuple[Returned, bool]:
    """A backup into an empty database of another kind, which can tell nothing of what was erased since."""
    _refuse_to_add("the backup")
    with copies.opened(file.absolute(), parts().settings.instance, identity) as plain:
        told = _settled(plain, [])
        _make_tables(db.engine.url.render_as_string(hide_password=False))
        source = create_engine(f"sqlite:///{plain}")
        try:
            with _bar("Copying") as progress:
                copies.refuse_differences(copies.copy_between(source, db.engine, progress))
        finally:
            source.dispose()
    return told, False


def _refuse_to_add(what: str) -> None:
    """Stop where the database at hand holds more than `flask init` alone puts there; it is looked at, not changed."""
    with db.engine.connect() as connection:
        is_ours = copies.is_installation(connection)
        is_free = copies.is_empty(connection) if is_ours else not inspect(connection).get_table_names()
    if is_ours:
        refuse_if_serving()
    if not is_free:
        raise Misconfigured(
            f"That database is not empty. Please make a new one for {what}. Nothing was changed."
        )


def _settled(plain: Path, gone: Sequence[Erased]) -> Returned:
    """Bring a backup up to date and see to it while it is nobody's installation: a stop has changed nothing yet."""
    with _house_at(f"sqlite:///{plain}"):
        migrator(current_app).upgrade()
        return copies.settle(gone, parts().vault, datetime.now(UTC))


def _holds_nothing(engine: Engine) -> bool:
    with engine.connect() as connection:
        return copies.is_empty(connection)


def _make_tables(url: str) -> None:
    """The tables of this version at a database that has none, or older ones."""
    with _house_at(url):
        with db.engine.connect() as connection:
            refuse_narrow(connection)
        migrator(current_app).upgrade()


@contextmanager
def _house_at(url: str) -> Iterator[None]:
    """Inside an app like this one whose database is another; nothing of that is open when the block ends."""
    factory: Callable[[Settings], Flask] = current_app.extensions[FACTORY]
    app = factory(parts().settings.model_copy(update={"database_url": url}))
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def _target(url: str) -> Engine:
    try:
        database_address(url)
    except ValueError as error:
        raise Misconfigured(f"--to {error}.") from None
    try:
        target = create_engine(make_url(url), **connect_options(url))
        prepare(target)
        is_sqlite = target.dialect.name == "sqlite"
        if is_sqlite and copies.look(Path(target.url.database or "")) in (Found.FOREIGN, Found.BROKEN):
            raise Misconfigured("That database is not empty. Nothing was copied.")
        with target.connect():
            if is_sqlite:
                Path(target.url.database or "").chmod(0o600)  # one that lay there empty may be open to others
            return target
    except OSError as error:
        raise Misconfigured(f"That file cannot be ours: {error.strerror}.") from None
    except (ArgumentError, ModuleNotFoundError):
        raise Misconfigured("--to takes an address such as postgresql://user@host/name.") from None
    except SQLAlchemyError as error:
        raise Misconfigured(f"That database does not answer ({type(error).__name__}).") from None


@contextmanager
def _bar(label: str) -> Iterator[Progress]:
    with click.progressbar(length=100, label=label) as bar:

        def progress(done: int, total: int) -> None:
            bar.update(100 * done // max(total, 1) - bar.pos)

        yield progress
