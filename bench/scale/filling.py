"""Fills an installation on SQLite with a thousand comments or with a million, in bulk.

    python -m bench.scale.filling FOLDER [COMMENTS]

Makes the installation where FOLDER has none: articles (ten thousand for a million), accounts, comments with all
that belongs to them (`rows`), the search, campaigns, kept counts, and the chain over all decisions. Nothing is left
for the sweeps to do, and whatever looks the installation over finds it sound. Moderators' password is `PASSWORD`.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import numpy as np
from flask import current_app
from sqlalchemy import select

from bench.scale.rows import CAMPAIGNS, INSERTS, YEARS, House, Rows, Writer
from bench.scale.words import Words
from models import Article, Decision, Figure, Moderator, TrailLink, db, writing
from models.schema import migrator
from moderation import learning, moderators, policy
from moderation.app import create_app
from moderation.errors import FormFaults
from moderation.parts import parts
from moderation.privacy import RootKeys
from moderation.rights.retention import DATED
from moderation.settings import Settings
from moderation.spam import Candidate
from moderation.tallies import SHARES
from moderation.vocabulary import Role

NAMES = ("max", "mia", "root")
"""Who decides, two of three times the first."""

PASSWORD = "a lamp above the old gate"  # noqa: S105 of an installation that is thrown away
TOKEN = "the-one-reader-who-is-known-by-it"  # noqa: S105
"""What the known reader's browser keeps."""

_QUICK = {"journal_mode": "OFF", "synchronous": "OFF", "locking_mode": "EXCLUSIVE", "cache_size": -800_000}
_COUNTS = """
    UPDATE article SET
        approved_count = coalesce(approved, 0), held_count = coalesce(held, 0), spam_count = coalesce(spam, 0),
        rejected_count = coalesce(rejected, 0), check_count = coalesce(checks, 0), revision = revision + 1
    FROM (SELECT article_id, sum(status = 'approved') AS approved, sum(status = 'held') AS held,
                 sum(status = 'spam') AS spam, sum(status = 'rejected') AS rejected,
                 sum(check_chance IS NOT NULL) AS checks
          FROM comment GROUP BY article_id) AS counted
    WHERE counted.article_id = article.id"""
_TALLY = f"""
    INSERT INTO tally (share, approved_count, held_count, spam_count, rejected_count, check_count)
        SELECT id % {SHARES}, sum(approved_count), sum(held_count), sum(spam_count), sum(rejected_count),
               sum(check_count)
        FROM article GROUP BY id % {SHARES}"""  # noqa: S608  our own number
_CAMPAIGNS = """
    UPDATE campaign SET
        size = (SELECT count(*) FROM likeness WHERE campaign_id = campaign.id AND NOT taken_out),
        waiting = (SELECT count(*) FROM likeness WHERE campaign_id = campaign.id AND NOT taken_out AND waits)"""


# As `trail.chain` writes both; all that is put in are numbers and words of ours.
_DECISION = '[%d,%d,%d,%d,%s,"%s","%s",%s,"%s","%s",null,null,null]'
_LINK = '[%d,"decision",%d,"%s","%s","%s"]'


def main() -> None:
    """Make it, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("comments", type=int, nargs="?", default=1_000_000)
    chosen = parser.parse_args()
    began = datetime.now(UTC)
    installation(chosen.folder, chosen.comments)
    seconds = (datetime.now(UTC) - began).total_seconds()
    size = (chosen.folder / "gatepost.sqlite3").stat().st_size
    print(f"{chosen.comments:,} comments in {chosen.folder}, {size / 1e6:,.0f} MB, in {seconds:.0f} s")


def installation(folder: Path, size: int, **settings: Any) -> None:
    """Make an installation with so many comments; 0 leaves it without any, and with one article."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "root.key").exists():
        RootKeys.create(folder / "root.key")
    url = f"sqlite:///{folder.resolve() / 'gatepost.sqlite3'}"
    app = create_app(Settings(instance=folder, database_url=url, log_level="error", **settings))
    with app.app_context():
        migrator(current_app).upgrade()
        fill(size, datetime.now(UTC))
        db.session.remove()
        db.engine.dispose()


def fill(size: int, now: datetime) -> None:
    """Fill the installation of the app at work, which holds no comments yet. Nobody else has its database open."""
    learning.install_base(now)
    for name in NAMES:
        _account(name, Role.ADMIN if name == "root" else Role.MODERATOR, now)
    _articles(max(1, min(10_000, size // 100)), now)
    if not size:
        return
    house, path = _house(now), Path(db.engine.url.database or "")
    db.session.remove()
    db.engine.dispose()
    with _bulk(path) as database:
        for campaign in range(1, CAMPAIGNS + 1):
            at = _moment(now)
            database.execute("INSERT INTO campaign VALUES (?, ?, ?, 0, 0, NULL)", (campaign, at, at))
        writer = Writer(house, 1, size, np.random.default_rng(20))
        with click.progressbar(length=size, label=f"{size:>9,} comments") as bar:
            for batch in _made_beside(writer):
                for table, columns in INSERTS.items():
                    _insert(database, table, columns, batch.get(table, []))
                bar.update(len(batch["comment"]))
        database.execute(_COUNTS)
        database.execute(_TALLY)
        database.execute(_CAMPAIGNS)
        _chain(database)


def _account(name: str, role: Role, now: datetime) -> None:
    try:
        moderators.add(name, role, PASSWORD, now)
    except FormFaults:
        return  # it is there


def _articles(count: int, now: datetime) -> None:
    chance = np.random.default_rng(7)
    titles = Words(chance).names
    with writing() as session:
        session.add_all(
            Article(
                key=f"article-{n}",
                title=f"{titles[n % len(titles)]} and the {titles[n * 31 % len(titles)].split()[1].lower()}",
                body="<p>What this is about.</p>",
                published_at=now - timedelta(days=365 * YEARS) * (n / count),
            )
            for n in range(1, count + 1)
        )


def _house(now: datetime) -> House:
    at_work, words = parts(), Words(np.random.default_rng(3))
    classifier = at_work.scorer.classifier
    if classifier is None:
        raise RuntimeError("There is no classifier.")
    said = words.texts(300, np.zeros(300, dtype=bool))
    features = [
        classifier.kept(Candidate(each.typed, words.names[n], "", "An article")).to_bytes()
        for n, each in enumerate(said)
    ]
    accounts = {row.name: row.id for row in db.session.execute(select(Moderator.name, Moderator.id))}
    articles = db.session.execute(select(Article.id, Article.title, Article.key).order_by(Article.id))
    under = policy.Rules.of(at_work.settings, at_work.scorer.thresholds).digest
    with writing() as session:
        kept = at_work.settings
        asked = {"days": kept.keep_address_days, "unwelcome": kept.keep_unwelcome_days}
        session.merge(Figure(name=DATED, value=asked, made_at=now))
    return House(
        now=now,
        vault=at_work.vault,
        settings=at_work.settings,
        articles=[(row.id, f"{row.title} {row.key}".lower().replace("-", " ")) for row in articles],
        moderators=[accounts[NAMES[0]], accounts[NAMES[0]], accounts[NAMES[1]]],
        decisions=db.session.scalar(select(Decision.id).order_by(Decision.id.desc())) or 0,
        version=classifier.version,
        under=at_work.scorer.under,
        policy=under,
        token=at_work.vault.fingerprint_token(TOKEN),
        features=features,
    )


def _made_beside(writer: Writer) -> Iterator[Rows]:
    """What it writes, made by a process of its own while we store what came before."""
    fork = get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_make, args=(writer, theirs), daemon=True)
    process.start()
    theirs.close()
    with suppress(EOFError):
        while True:
            yield ours.recv()
    process.join()
    if process.exitcode:
        raise RuntimeError("The process that makes the rows has ended before they were made.")


def _make(writer: Writer, out: Any) -> None:
    for batch in writer.batches():
        out.send(batch)


@contextmanager
def _bulk(path: Path) -> Iterator[sqlite3.Connection]:
    """The database as it is filled quickest: nothing is synced, and indexes are made at the end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        for name, value in _QUICK.items():
            database.execute(f"PRAGMA {name}={value}")
        database.execute("BEGIN")
        named = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        indexes = database.execute(named).fetchall()
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        yield database
        with click.progressbar(indexes, label=f"{len(indexes):>9} indexes ") as bar:
            for _, statement in bar:
                database.execute(statement)
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode=WAL")


def _insert(database: sqlite3.Connection, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    if table == "likeness_place":
        rows.sort()  # beside each other they are written at once
    marks = ", ".join("?" * (columns.count(",") + 1))
    verb = "INSERT OR REPLACE" if table == "likeness_place" else "INSERT"
    # Only our own names are put together here.
    database.executemany(f"{verb} INTO {table} ({columns}) VALUES ({marks})", rows)


def _chain(database: sqlite3.Connection) -> None:
    """Bind all decisions as the trail's sweep does (`trail.chain`), without an object for each."""
    last = database.execute("SELECT n, digest FROM trail_link ORDER BY n DESC LIMIT 1").fetchone()
    n, digest = last or (0, bytes(32))
    asked = """
        SELECT id, comment_id, text_n, version, from_status, to_status, action, moderator_id, decided_at, policy
        FROM decision ORDER BY id"""
    reading, rows = database.cursor().execute(asked), []
    while found := reading.fetchmany(20_000):
        for row in found:
            n += 1
            at = f"{row[8].replace(' ', 'T')}+00:00"
            told = _digest(_DECISION % (*row[:4], _json(row[4]), *row[5:7], _json(row[7]), at, row[9]))
            link = _LINK % (n, row[0], row[6], at, told.hex())
            digest = _digest(link, digest)
            rows.append((n, "decision", row[0], row[6], row[8], told, digest))
        columns = ", ".join(each.name for each in TrailLink.__table__.columns if each.name != "removed_at")
        _insert(database, "trail_link", columns, rows)
        rows.clear()


def _digest(told: str, before: bytes = b"") -> bytes:
    return sha256(before + told.encode()).digest()


def _json(value: str | int | None) -> str:
    return "null" if value is None else str(value) if isinstance(value, int) else f'"{value}"'


def _moment(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")


if __name__ == "__main__":
    main()
