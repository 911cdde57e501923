"""Two installations of ours with one thread each, beside which the one has 100,000 comments on other pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from bench.post_comments import Words
from bench.speed.client import Load, drive, request
from bench.speed.peers import Gatepost, gatepost
from bench.speed.rounds import Turns

ELSEWHERE = 100_000
_ROWS = (
    """INSERT INTO comment (article_id, depth, root_id, path, name, website, status, version, text_n, script,
        language, risk, arrived_at, changed_at, judged_under, is_ours)
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :size)
        SELECT 3 + n % 20, 1, NULL, '', 'Reader ' || n, '', CASE WHEN n % 10 < 8 THEN 'approved' ELSE 'spam' END, 1,
        1, 'Latin', 'en', (n * 7919 % 10007) / 500.0 - 10, '2026-01-01 12:00:00.000000', '2026-01-01 12:00:00.000000',
        '', 0 FROM numbers""",
    "UPDATE comment SET root_id = id, path = printf('%010d', id) WHERE path = ''",
    """INSERT INTO comment_text (comment_id, n, text, written_at) SELECT id, 1,
        'The timetable on the pier still shows last winter''s times, and the boat left without me, number ' || id,
        arrived_at FROM comment WHERE id NOT IN (SELECT comment_id FROM comment_text)""",
)


@contextmanager
def both(words: Iterator[Words]) -> Iterator[dict[str, Gatepost]]:
    """The empty one and the full one, served."""
    with gatepost() as empty, gatepost() as full:
        for each in (empty, full):
            each.fill(words)
        path = full.folder / "gatepost.sqlite3"
        with closing(sqlite3.connect(path, timeout=30)) as database, database:
            for statement in _ROWS:
                database.execute(statement, {"size": ELSEWHERE})
        yield {"empty": empty, "full": full}


def reading(turns: Turns, served: dict[str, Gatepost], words: Iterator[Words]) -> None:
    """One round: the page as it is kept, and as it is drawn after a comment."""
    for whose, peer in served.items():
        heard = drive(Load(peer.port, 1, 1.0, [peer.read()]))
        turns.note("GET c=1, grown", whose, p50_ms=sorted(heard.waits)[len(heard.waits) // 2] * 1000)
    for whose, peer in served.items():
        waits: list[float] = []
        while len(waits) < 9:
            if peer.published("article-2", next(words)):
                once = Load(peer.port, 1, 60, [request("GET", "/articles/article-2")], again=False)
                waits += drive(once).waits
        turns.note("first GET alone, grown", whose, ms=sorted(waits)[4] * 1000)
