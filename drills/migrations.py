"""Every schema that was ever released is brought up to date; a migration is killed on its way and run again. P12."""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import text

from bench.private import PostgreSQL
from drills.crowd import crowd
from drills.house import House, house
from drills.ledger import integrity
from drills.power import strace
from drills.services import private_postgresql
from drills.telling import Telling, drill
from models.schema import MIGRATIONS, migrator

COMMENTS = 40
KILLS = ((0.25, 0.5), (0.45, 0.2), (0.65, 0.0))
"""How much of the whole migration's writing is done when it is killed, and how much of the resumed one's then, which
may have less left to do; one schema after the other takes the next."""

KEPT = {
    "comments": """
        SELECT comment.id, article_id, parent_id, name, website, status, text, sealed_address, address_fingerprint
          FROM comment JOIN comment_text ON comment_text.comment_id = comment.id AND n = text_n
          JOIN contact ON contact.comment_id = comment.id ORDER BY comment.id
    """,
    "decisions": "SELECT id, comment_id, to_status, action, version FROM decision ORDER BY id",
    "scorings": "SELECT id, comment_id, classifier_version, log_odds FROM scoring ORDER BY id",
}


@drill("P12")
def migrations_of_sqlite(tell: Telling) -> None:
    """A house with comments is taken back to each released schema; `flask init` is killed on its way, early or late
    in its writing (strace), killed again when it is resumed, and then run to its end."""
    strace()
    with house() as home:
        _filled(home)
        for revision, kills in zip(_released(), cycle(KILLS), strict=False):
            with _copied(home) as old:
                _there_and_back(tell, old, revision, kills)
        _newer(tell, home)


@drill("P12")
def migrations_of_postgresql(tell: Telling) -> None:
    """The same on PostgreSQL, where it is killed at what it sends."""
    strace()
    with private_postgresql() as cluster, house(cluster) as home:
        _filled(home)
        for revision, kills in zip(_released(), cycle(KILLS), strict=False):
            _there_and_back(tell, home, revision, kills, cluster)
        _newer(tell, home)


def _filled(home: House) -> None:
    server = home.serve()
    with crowd(server) as readers:
        readers.waits_for(COMMENTS, 300)
    server.stop()


def _there_and_back(
    tell: Telling,
    home: House,
    revision: str,
    kills: tuple[float, ...],
    cluster: PostgreSQL | None = None,
) -> None:
    _taken_back(home, revision)
    before, writes, killed = _digests(home), _writes(home, revision, cluster), 0
    if revision == _released()[-1]:
        said = home.flask("serve")
        tell.saw(f"{revision}, untouched: serve says {said.stderr.strip()!r}")
        tell.expect(said.returncode == 1 and "flask init" in said.stderr, f"{revision}: served as it was")
    for share in kills:
        at = max(1, int(writes * share))
        killed += _killed(home, at)
        tell.expect(_digests(home) == before, f"{revision}: killed at {at} of {writes}, and rows differ")
    done = home.flask("init")
    after = _digests(home)
    with home.inside():
        is_other = differs()
    same = after == before
    tell.saw(
        f"{revision}: killed {killed} times, then {'the same rows' if same else 'OTHER rows'}, {integrity(home)}"
    )
    tell.expect(done.returncode == 0, f"{revision}: {done.stdout}{done.stderr}")
    tell.expect(same, f"{revision}: before {before}, after {after}")
    tell.expect(integrity(home) == "ok", f"{revision}: {integrity(home)}")
    tell.expect(not is_other, f"{revision}: the tables are not those of the code")
    tell.expect(killed == len(kills), f"{revision}: only {killed} of {len(kills)} were killed")


def _taken_back(home: House, revision: str) -> None:
    with home.inside():
        migrator(current_app).downgrade(revision=revision)


def differs() -> bool:
    """Whether the tables of the app at work are other ones than the code's."""
    try:
        migrator(current_app).check()
    except SystemExit:
        return True
    return False


def _newer(tell: Telling, home: House) -> None:
    """A schema that this code has never heard of is left alone."""
    with home.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = _digests(home)
    said = [home.flask(command) for command in ("init", "serve")]
    refused = all(each.returncode == 1 and "newer Gatepost" in each.stderr for each in said)
    tell.saw(f"a newer schema: init and serve {'refuse in one sentence' if refused else 'do NOT refuse'}")
    tell.expect(refused, f"a newer schema: {[each.stderr for each in said]}")
    tell.expect(_digests(home) == before, "a newer schema was changed")


def _released() -> list[str]:
    """Every schema before the present one, the newest first."""
    return [each.revision for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][1:]


def _digests(home: House) -> dict[str, str]:
    """How many rows there are of each kind, and a hash of them."""
    found = {name: home.rows(query) for name, query in KEPT.items()}
    home.engine.dispose()  # no lock of ours stands in the migration's way
    return {
        name: f"{len(rows)} {hashlib.sha256(repr([tuple(map(_plain, row)) for row in rows]).encode()).hexdigest()}"
        for name, rows in found.items()
    }


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def _call(home: House) -> str:
    return "pwrite64" if home.is_sqlite else "sendto"


def _writes(home: House, revision: str, cluster: PostgreSQL | None) -> int:
    """How often the migration writes: it is run to its end once, on a copy or taken back again."""
    with TemporaryDirectory(prefix="gatepost-trace-") as folder:
        trace = Path(folder, "trace")
        tracer = (strace(), "-f", "-qq", "-e", f"trace={_call(home)}", "-o", str(trace))
        if cluster is None:
            with _copied(home) as copy:
                _ran(copy.command("init", before=tracer))
        else:
            _ran(home.command("init", before=tracer))
            _taken_back(home, revision)
        lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
        return sum("resumed>" not in line for line in lines)


def _killed(home: House, at: int) -> bool:
    """Whether the migration was killed at that write."""
    call = _call(home)
    tracer = (strace(), "-f", "-qq", "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={at}")
    return _ran(home.command("init", before=(*tracer, "-o", "/dev/null"))) == -signal.SIGKILL


def _ran(run: subprocess.Popen[str]) -> int:
    run.communicate(timeout=300)
    return run.returncode


@contextmanager
def _copied(home: House) -> Iterator[House]:
    """The same house in another folder; its servers are stopped, so its files are whole."""
    with house() as copy:
        copy.engine.dispose()
        shutil.rmtree(copy.folder)
        home.engine.dispose()
        shutil.copytree(home.folder, copy.folder)
        yield copy
