"""The same at 100,000 comments: started, read, posted to, killed, backed up, put back and compared. P1, P11, P12."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, MetaData, text

from drills.copies import emptied
from drills.crowd import crowd, watching
from drills.house import House, house
from drills.ledger import Ledger
from drills.telling import Telling, drill

SIZE = 100_000
SEED = 200
LONGEST_START = 10.0
LONGEST_PAGE = 1.5
_SHIFTED = {
    "comment": {"id": "comment", "root_id": "comment"},
    "comment_text": {"comment_id": "comment"},
    "contact": {"comment_id": "comment"},
    "decision": {"id": "decision", "comment_id": "comment"},
    "reason": {"decision_id": "decision"},
    "scoring": {"id": "scoring", "comment_id": "comment"},
}
"""The tables that a comment is made of, and which numbers in them are other ones in each copy."""

_OTHERWISE = {
    "path": "printf('%010d', id + turn * :comment)",
    "mark": "randomblob(32)",
    "text": "text || ' ' || turn",
}
_COUNTS = ", ".join(
    f"{status}_count = (SELECT count(*) FROM comment WHERE article_id = article.id AND status = '{status}')"  # noqa: S608
    for status in ("approved", "held", "spam", "rejected")
)
_ROWS = """
    SELECT comment.id, article_id, name, status, path, text, sealed_address, address_fingerprint, decision.action,
           classifier_version, log_odds
      FROM comment JOIN comment_text ON comment_text.comment_id = comment.id
      JOIN contact ON contact.comment_id = comment.id JOIN decision ON decision.comment_id = comment.id
      LEFT JOIN scoring ON scoring.comment_id = comment.id
     WHERE comment.id <= :last ORDER BY comment.id
"""


@drill("P1, P11, P12")
def a_hundred_thousand(tell: Telling) -> None:
    """A house of 100,000 comments is started, killed with -9 under two readers, started again and backed up while
    they post; the backup is put back elsewhere, and every row from before it is compared."""
    with TemporaryDirectory(prefix="gatepost-large-") as made, house() as home:
        seed = _seeded(home)
        began = time.monotonic()
        with home.engine.begin() as connection:
            grown(connection, SIZE // len(seed.acknowledged))
        total = home.rows("SELECT count(*) FROM comment")[0][0]
        tell.saw(f"{total:,} comments made in {time.monotonic() - began:.0f} s")
        tell.expect(total >= SIZE, f"only {total:,} comments")
        server, file = home.serve(), Path(made, "kept.backup")
        server.kill()
        starts = [server.start()]
        with crowd(server, clients=2, pause=0.1, ledger=seed) as readers, watching(server) as seen:
            readers.waits_for(10)
            server.kill()
            starts.append(server.start())
            readers.waits_for(10)
            before = dict(readers.ledger.acknowledged)
            began = time.monotonic()
            home.flask("backup", str(file)).check_returncode()
            took = time.monotonic() - began
        tell.saw(
            f"up after a kill in {max(starts):.1f} s; backup of {file.stat().st_size >> 20} MiB in {took:.0f} s"
        )
        tell.saw(f"meanwhile {seen.told}")
        tell.expect(max(starts) < LONGEST_START, f"a start took {max(starts):.1f} s")
        opened = [page for page in seen.pages if page.status]  # while it was killed there was no answer
        tell.expect(bool(opened) and all(page.is_in_order for page in opened), "a page was not in order")
        readers.ledger.compare(home, tell, is_complete=True, was_killed=True)
        _put_back(tell, home, file, Ledger(before, set(before)))


def _put_back(tell: Telling, home: House, file: Path, before: Ledger) -> None:
    last = max(before.acknowledged.values())
    with house(folder=file.with_name("again")) as again:
        emptied(again, home)
        began = time.monotonic()
        said = again.flask("restore", str(file))
        tell.expect(said.returncode == 0, f"restore: {said.stdout}{said.stderr}")
        took = time.monotonic() - began
        here, there = _digest(home, last), _digest(again, last)
        tell.saw(
            f"put back in {took:.0f} s; {here[0]:,} rows compared: {'equal' if here == there else 'OTHERS'}"
        )
        tell.expect(here == there, f"{here} became {there}")
        before.compare(again, tell)


def _seeded(home: House) -> Ledger:
    """Some comments by the front door, which are then made many."""
    server = home.serve()
    with crowd(server) as readers:
        readers.waits_for(SEED)
    server.stop()
    home.servers.remove(server)
    return readers.ledger


def grown(connection: Connection, copies: int) -> None:
    """Each comment so many times more, with all that belongs to it but its words in the search."""
    tables, steps = MetaData(), {name: _last(connection, name) for name in ("comment", "decision", "scoring")}
    tables.reflect(connection, only=list(_SHIFTED))
    connection.execute(
        text(
            "CREATE TEMP TABLE copies AS WITH RECURSIVE more(turn) AS"
            " (SELECT 1 UNION ALL SELECT turn + 1 FROM more WHERE turn < :copies) SELECT turn FROM more"
        ),
        {"copies": copies},
    )
    for name, shifted in _SHIFTED.items():
        columns = [each.name for each in tables.tables[name].columns]
        made = [
            f"{column} + turn * :{shifted[column]}" if column in shifted else _OTHERWISE.get(column, column)
            for column in columns
        ]
        statement = f"INSERT INTO {name} ({', '.join(columns)}) SELECT {', '.join(made)} FROM {name}, copies"  # noqa: S608
        connection.execute(text(statement), {step: steps[step] for step in set(shifted.values())})
    connection.execute(text(f"UPDATE article SET {_COUNTS}"))  # noqa: S608


def _last(connection: Connection, table: str) -> int:
    return int(connection.scalar(text(f"SELECT max(id) FROM {table}")) or 0)  # noqa: S608


def _digest(home: House, last: int) -> tuple[int, str]:
    """How many rows there are up to a comment, and a hash of them."""
    rows = home.rows(_ROWS, last=last)
    return len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()
