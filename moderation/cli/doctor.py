"""`flask doctor`: looks over an installation, and says how to mend what is wrong."""

from __future__ import annotations

import glob
import json
import os
import shlex
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from models import Comment, Figure, db
from models.schema import Shape, shape
from moderation import health, indexing, moderators, rights, spam, sweeps
from moderation.cli.tables import has_no_file
from moderation.health import OK
from moderation.moderators import factors
from moderation.parts import parts
from moderation.settings import Settings
from moderation.vocabulary import Role, Status

_FREE_BYTES = 1_000_000_000
_WAITS_LONG = timedelta(days=7)
_CLOCKS_APART = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what is wrong with it.

    Attributes
    ----------
    state
        "ok", "note" (worth knowing) or "mend" (something that was promised does not hold).
    said
        What was seen.
    mend
        What to do about it; "" where nothing is to be done.
    """

    about: str
    state: str
    said: str
    mend: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Say it to a program.")
@with_appcontext
def doctor(as_json: bool) -> None:
    """Look over this installation: folder, key, database, classifier, people, background work, what faces the world.

    Changes nothing. Each line says what was seen, and how to mend what is wrong; exit status 1 if anything is.
    """
    checks = WITHOUT_DATABASE if has_no_file() else CHECKS
    found = [finding for check in checks for finding in _looked(check)]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    else:
        for each in found:
            click.echo(f"{each.state:<5} {each.about:<16} {each.said}")
            if each.mend:
                click.echo(f"{'':<22} → {each.mend}")
    if any(each.state == "mend" for each in found):
        raise SystemExit(1)


Found = Iterator[Finding]


def _looked(check: Callable[[Settings], Found]) -> list[Finding]:
    """What a check finds; one that breaks is a finding itself, so that the others are still heard."""
    try:
        return list(check(parts().settings))
    except Exception as error:
        about = check.__name__.strip("_").replace("_", " ")
        return [
            Finding(about, "mend", f"could not be looked at ({type(error).__name__})", "See the lines above.")
        ]


def _folder(settings: Settings) -> Found:
    folder = settings.instance
    if not folder.is_dir():
        yield Finding("folder", "mend", f"{folder} is not there", "`flask init` makes it.")
        return
    others = stat.S_IMODE(folder.stat().st_mode) & 0o077
    if others:
        yield Finding(
            "folder", "note", f"others on this machine may look into {folder}", f"`chmod 700 {folder}`"
        )
    for path in _written_to(folder):
        if path.exists() and not os.access(path, os.W_OK):
            mend = "Run commands as the user whose it is, or `chown` it to the one who serves."
            yield Finding("rights", "mend", f"this user cannot write to {path}", mend)
    free, used = shutil.disk_usage(folder).free, _size(folder)
    said = f"{folder}: {used / 1e6:,.0f} MB, {free / 1e9:,.1f} GB free"
    if free < max(_FREE_BYTES, 2 * used):
        yield Finding(
            "disk", "mend", said, "Make room: a full disk refuses comments, and cleaning needs as much again."
        )
    else:
        yield Finding("disk", OK, said)


def _written_to(folder: Path) -> set[Path]:
    """The folder, and SQLite's file with the folder that its log is in."""
    if db.engine.dialect.name != "sqlite":
        return {folder}
    database = Path(db.engine.url.database or "").absolute()
    return {folder.absolute(), database.parent, database}


def _files(settings: Settings) -> Found:
    """What readers wrote and what is sealed lies in files: in the instance folder, and the database where that is."""
    lie_there = list(settings.instance.iterdir()) if settings.instance.is_dir() else []
    if db.engine.dialect.name == "sqlite":
        database = Path(db.engine.url.database or "").absolute()
        lie_there += database.parent.glob(f"{glob.escape(database.name)}*")
    if seen := sorted({each.absolute() for each in lie_there if each.is_file() and _is_open_to_others(each)}):
        yield Finding(
            "files",
            "mend",
            f"others on this machine may read {len(seen)} {'file' if len(seen) == 1 else 'files'} of Gatepost's",
            f"`chmod 600 {shlex.join(map(str, seen))}`",
        )


def _is_open_to_others(path: Path) -> bool:
    """Whether its group or everybody may read it, and pass through its folder to it."""
    return bool(path.stat().st_mode >> 2 & path.parent.stat().st_mode & 0o011)


def _key(_settings: Settings) -> Found:
    said = health.said(health.key)
    if said == OK:
        yield Finding(
            "root key", OK, f"{parts().vault.key_id} is in use; keep a copy of it apart from backups"
        )
        if former := parts().vault.former_key_ids:
            yield Finding(
                "root key",
                "note",
                f"{len(former)} former in the file",
                "`flask privacy rotate-keys --retire`, when due.",
            )
    else:
        yield Finding(
            "root key", "mend", said, "Put the key file back, owned by the service's user, `chmod 600`."
        )


def _database(_settings: Settings) -> Found:
    answer = health.said(health.database)
    if answer != OK:
        mend = health.INTO_UTF8 if "UTF8" in answer else "Start it, or mend GATEPOST_DATABASE_URL."
        yield Finding("database", "mend", answer, mend)
        return
    with db.engine.connect() as connection:
        found = shape(connection)
    if found is Shape.NEWER:
        yield Finding(
            "database", "mend", "was made by a newer Gatepost", "Run that one, or restore a backup."
        )
    elif found is not Shape.CURRENT:
        yield Finding("database", "mend", f"the tables are {found}", "`flask init` brings them up to date.")
    else:
        yield from _sqlite() if db.engine.dialect.name == "sqlite" else _postgresql()


def _no_database(_settings: Settings) -> Found:
    yield Finding(
        "database", "mend", "there is none yet", "`flask init` makes it, `flask restore` puts one back."
    )


def _sqlite() -> Found:
    with db.engine.connect() as connection:
        mode, sync = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        )
        damage = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar()
    if damage != "ok":
        yield Finding(
            "database", "mend", f"is damaged: {damage}", "Stop Gatepost and `flask restore` the last backup."
        )
    elif (mode, sync) != ("wal", 2):
        yield Finding(
            "database", "mend", f"journal {mode}, synchronous {sync}", "Is the folder on a network drive?"
        )
    else:
        yield Finding("database", OK, f"SQLite {version}, write-ahead log, full syncs, looked through")


def _postgresql() -> Found:
    with db.engine.connect() as connection:
        values = {
            name: str(connection.exec_driver_sql(f"SHOW {name}").scalar())
            for name in ("server_version", "fsync", "synchronous_commit")
        }
        theirs = connection.scalar(select(func.now()))
    if values["fsync"] != "on" or values["synchronous_commit"] == "off":
        said = f"fsync {values['fsync']}, synchronous_commit {values['synchronous_commit']}"
        yield Finding(
            "database", "mend", said, "With these a power cut loses comments that readers were told of."
        )
    else:
        yield Finding("database", OK, f"PostgreSQL {values['server_version'].split()[0]}, durable, UTF-8")
    apart = abs(datetime.now(UTC) - theirs.astimezone(UTC)) if theirs else timedelta()
    if apart > _CLOCKS_APART:
        yield Finding(
            "clock", "mend", f"{apart.total_seconds():.0f} s from the database's", "Set both by NTP."
        )


def _sealed(_settings: Settings) -> Found:
    if health.said(health.key) == OK and (shut := rights.shut(parts().vault)):
        mend = "Put their key below the one in use in the key file, if a copy of it is left."
        yield Finding("sealed", "note", f"{shut:,} rows do not open: their key is not here", mend)


def _clock(_settings: Settings) -> Found:
    latest = db.session.scalar(select(func.max(Comment.arrived_at)))
    ahead = latest - datetime.now(UTC) if latest else timedelta()
    if ahead > _CLOCKS_APART:
        yield Finding(
            "clock", "mend", f"the latest comment is {ahead} ahead of the clock", "Set the clock by NTP."
        )


def _classifier(_settings: Settings) -> Found:
    in_use = parts().scorer.classifier
    if in_use is None:
        yield Finding(
            "classifier", "mend", "none is in use: every comment is held", "`flask init` reads one in."
        )
        return
    score = parts().scorer.score(spam.Candidate("A word about the ferry.", "Ada", "", "The ferry"))
    if score is None:
        yield Finding("classifier", "mend", f"{in_use.version} does not score", "Go back to another version.")
        return
    yield Finding("classifier", OK, f"{in_use.version} is in use, and scores")


def _people(_settings: Settings) -> Found:
    admins = [each for each in moderators.people() if each.role is Role.ADMIN and not each.disabled_at]
    if not admins:
        yield Finding("people", "mend", "no admin can sign in", "`flask moderator add NAME --role admin`")
        return
    without = sorted(each.name for each in admins if each.id not in factors.protected())
    if without:
        said = f"admins without a second step: {', '.join(without)}"
        yield Finding("people", "note", said, "They set one up under /desk/account.")
    else:
        yield Finding("people", OK, f"{len(admins)} admins, all with a second step")


def _background(_settings: Settings) -> Found:
    if not sweeps.is_serving(datetime.now(UTC)):
        yield Finding("serving", "note", "no process sweeps now", "`flask serve`, if one should.")
        return
    said = health.said(health.background)
    mend = "" if said == OK else "See its log for “a sweep failed”."
    yield Finding("background work", OK if said == OK else "mend", "goes well" if said == OK else said, mend)


def _left_to_do(_settings: Settings) -> Found:
    if (left := db.session.get(Figure, indexing.NAME)) is not None:
        remaining = int(left.value["last"]) - int(left.value["after"])
        yield Finding(
            "search", "note", f"{remaining:,} comments still to index", "The sweeps do so; nothing to do."
        )
    if rights.is_due():
        yield Finding(
            "erasing", "note", "free pages hold erased words", "`flask privacy scrub`, when it is quiet."
        )
    waits = db.session.scalar(select(func.min(Comment.arrived_at)).where(Comment.status == Status.HELD))
    if waits and datetime.now(UTC) - waits > _WAITS_LONG:
        days = (datetime.now(UTC) - waits).days
        yield Finding(
            "queue", "note", f"a comment has waited for {days} days", "Somebody should look: /desk/"
        )


def _outside(settings: Settings) -> Found:
    if not settings.site_url:
        mend = "Set GATEPOST_SITE_URL=https://… once readers come by name: other names are refused then."
        yield Finding("site", "note", "its public address is not set", mend)
    elif not settings.is_secure:
        yield Finding(
            "site", "mend", "readers come without TLS", "Put a proxy with TLS in front; see deploy/."
        )
    if settings.is_secure and not settings.trusted_proxies:
        mend = (
            "GATEPOST_TRUSTED_PROXIES=127.0.0.1/32, if the proxy is here: else all readers share one limit."
        )
        yield Finding("proxy", "mend", "TLS ends in front, but no proxy is believed", mend)
    if settings.host not in {"127.0.0.1", "::1", "localhost"} and not settings.trusted_proxies:
        mend = "GATEPOST_HOST=127.0.0.1, or name the proxy in front of it: GATEPOST_TRUSTED_PROXIES."
        yield Finding("site", "note", f"listens on {settings.host} without a proxy", mend)


def _redis(settings: Settings) -> Found:
    if settings.redis_url:
        said = health.said(health.redis)
        is_well = said == OK
        yield Finding(
            "redis", OK if is_well else "mend", "answers" if is_well else said, "" if is_well else "Start it."
        )
    elif db.engine.dialect.name != "sqlite":
        mend = "GATEPOST_REDIS_URL, if several processes serve: else each counts for itself."
        yield Finding("redis", "note", "limits are counted in each process", mend)


CHECKS: tuple[Callable[[Settings], Found], ...] = (
    _folder,
    _files,
    _key,
    _database,
    _sealed,
    _clock,
    _classifier,
    _people,
    _background,
    _left_to_do,
    _outside,
    _redis,
)

WITHOUT_DATABASE: tuple[Callable[[Settings], Found], ...] = (
    _folder,
    _files,
    _key,
    _no_database,
    _outside,
    _redis,
)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
