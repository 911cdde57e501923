"""The queue at 1,000, 100,000 and 1,000,000 comments: how long its page takes, and how many queries.

Rows are written in bulk, most of them waiting, a tenth of them in campaigns. Each page is opened through the app,
as a moderator opens it, and the median is told.

    python -m bench.queue_sizes [comments …]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event, text

from models import Article, db, writing
from moderation import learning, moderators
from moderation.app import create_app
from moderation.privacy import RootKeys
from moderation.settings import Settings
from moderation.vocabulary import Role

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 15
PAGES = {
    "held, oldest first": "/desk/?view=held",
    "held, most doubtful first": "/desk/?view=held&sort=doubtful",
    "held, likely spam first": "/desk/?view=held&sort=risk",
    "held, one comment asked for": "/desk/?view=held&focus=7",
    "held, narrowed by reason": "/desk/?view=held&reason=links",
    "held, from a score on": "/desk/?view=held&least=60",
    "all, newest first": "/desk/?view=all",
}
PASSWORD = "a lamp above the old gate"  # noqa: S105 of an installation that is thrown away


def main() -> None:
    """Build the installations, open the pages, say what it took."""
    sizes = [int(each) for each in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        built = {size: _installation(Path(folder) / str(size), size) for size in sizes}
        for name, path in PAGES.items():
            _told(name, {size: _measured(client, app, path) for size, (app, client) in built.items()})


def _told(name: str, measured: dict[int, tuple[float, int]]) -> None:
    sizes = list(measured)
    parts = [f"{size:>9,}: {measured[size][0] * 1000:6.1f} ms, {measured[size][1]} queries" for size in sizes]
    ratio = measured[sizes[-1]][0] / measured[sizes[0]][0]
    print(f"{name:<30}" + "   ".join(parts) + f"   ratio {ratio:.2f}")


def _measured(client: FlaskClient, app: Flask, path: str) -> tuple[float, int]:
    """Median of seconds, and queries of one page."""
    asked: list[str] = []
    client.get(path)
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *heard: asked.append(heard[2]))
    client.get(path)
    queries = sum(each.lstrip("(").startswith(("SELECT", "WITH")) for each in asked)
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = client.get(path)
        taken.append(time.perf_counter() - began)
        if answer.status_code != 200:
            sys.exit(f"{path}: {answer.status}")
    return statistics.median(taken), queries


def _installation(folder: Path, size: int) -> tuple[Flask, FlaskClient]:
    folder.mkdir()
    RootKeys.create(folder / "root.key")
    url = f"sqlite:///{folder / 'gatepost.sqlite3'}"
    app = create_app(Settings(instance=folder, database_url=url, log_level="error"))
    now = datetime.now(UTC)
    with app.app_context():
        upgrade()
        learning.install_base(now)
        moderators.add("max", Role.MODERATOR, PASSWORD, now)
        fill(size, now)
    client = app.test_client()
    sent = {"name": "max", "password": PASSWORD}
    client.post("/desk/sign-in", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    return app, client


def fill(size: int, now: datetime) -> None:
    """Ten articles; six comments in ten wait; a tenth of what waits is in twenty campaigns."""
    with writing() as session:
        for n in range(1, 11):
            session.add(Article(key=f"article-{n}", title=f"Article {n}", published_at=now))
        session.flush()
        last = session.scalar(text("SELECT max(version) FROM classifier WHERE active"))
        values: dict[str, Any] = {"size": size, "at": now.replace(tzinfo=None), "version": last}
        values["early"] = (now - timedelta(days=30)).replace(tzinfo=None)
        for statement in _ROWS:
            session.execute(text(statement), values)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")


_STATUS = (
    "CASE WHEN n % 10 < 6 THEN 'held' WHEN n % 10 = 6 THEN 'spam' WHEN n % 10 = 7 THEN 'rejected'"
    " ELSE 'approved' END"
)
_NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :size)"
_ROWS = (
    # Only our own words are put together here.
    f"""INSERT INTO comment (id, article_id, depth, root_id, path, name, website, status, version, text_n, script,
        language, risk, arrived_at, changed_at, judged_under, is_ours)
        {_NUMBERS} SELECT n, 1 + n % 10, 1, n, printf('%010d', n), 'Reader ' || n, '', {_STATUS}, 1, 1, 'Latin', 'en',
        (n * 7919 % 10007) / 500.0 - 10, :early, :early, '', 0 FROM numbers""",  # noqa: S608
    """INSERT INTO comment_text (comment_id, n, text, written_at) SELECT id, 1,
        'The timetable on the pier still shows last winter''s times, and the boat left without me again, number '
        || id || '.', arrived_at FROM comment""",
    """INSERT INTO contact (comment_id, address_fingerprint, network_fingerprint)
        SELECT id, CAST(printf('%032d', id % 5000) AS BLOB), CAST(printf('%032d', id % 900) AS BLOB) FROM comment""",
    """INSERT INTO scoring (comment_id, text_n, classifier_version, log_odds, scored_at)
        SELECT id, 1, :version, risk, arrived_at FROM comment""",
    """INSERT INTO decision (comment_id, text_n, version, to_status, action, decided_at, note, policy)
        SELECT id, 1, 1, status, CASE status WHEN 'held' THEN 'hold' WHEN 'spam' THEN 'spam'
        WHEN 'rejected' THEN 'reject' ELSE 'approve' END, arrived_at, '', '' FROM comment""",
    """INSERT INTO reason (decision_id, position, code, detail)
        SELECT id, 0, CASE id % 20 WHEN 0 THEN 'links' ELSE 'looks-like-spam' END, '0.40' FROM decision""",
    """INSERT INTO campaign (id, found_at, latest_at, size, waiting)
        SELECT id, :early, :at, 0, 0 FROM comment WHERE id <= 20""",
    """INSERT INTO likeness (comment_id, campaign_id, waits, taken_out)
        SELECT id, CASE WHEN id % 10 = 5 THEN 1 + id / 10 % 20 END, status = 'held', 0 FROM comment""",
    """UPDATE campaign SET size = (SELECT count(*) FROM likeness WHERE campaign_id = campaign.id),
        waiting = (SELECT count(*) FROM likeness WHERE campaign_id = campaign.id AND waits)""",
    """UPDATE article SET
        held_count = (SELECT count(*) FROM comment WHERE article_id = article.id AND status = 'held'),
        spam_count = (SELECT count(*) FROM comment WHERE article_id = article.id AND status = 'spam'),
        rejected_count = (SELECT count(*) FROM comment WHERE article_id = article.id AND status = 'rejected'),
        approved_count = (SELECT count(*) FROM comment WHERE article_id = article.id AND status = 'approved')""",
)

if __name__ == "__main__":
    main()
