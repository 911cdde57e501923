"""Can a clock tell a known address from an unknown one? Posts interleaved pairs and lets statistics judge.

Each pair is one comment with an address that has approved comments here, and one with an address that was never seen,
in an order drawn by chance, with words of their own of the same length. What is timed is the whole request.

    python -m bench.oracle [--count 2000]

Fails when the two can be parted: a Mann-Whitney p below 0.001 and an effect size (Cliff's delta) beyond 0.1.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask, current_app
from scipy.stats import mannwhitneyu

from models import Contact, db
from models.schema import migrator
from moderation import articles, learning
from moderation.app import create_app
from moderation.privacy import RootKeys
from moderation.settings import Settings
from moderation.web.pages import now

KNOWN = "ada@example.org"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"[^>]* value="([^"]*)"')


def main() -> int:
    """Exit status: 0 when nothing parts the two."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    count, chance = parser.parse_args().count, random.Random(7)
    times: dict[bool, list[float]] = {True: [], False: []}
    spent: dict[bool, list[float]] = {True: [], False: []}
    with TemporaryDirectory() as folder:
        app = _installed(Path(folder))
        for n in range(100):  # ada has a history, and everything is warm
            _posted(app, n, KNOWN)
        for n in range(100, 100 + count):
            for is_known in chance.sample([True, False], 2):
                wall, cpu = _posted(
                    app, 2 * n + is_known, KNOWN if is_known else f"nobody{n:05d}@example.org"
                )
                times[is_known].append(wall)
                spent[is_known].append(cpu)
        with app.app_context():
            print(f"{count} pairs, {db.session.query(Contact).count()} comments at the end")
            db.engine.dispose()
    return max(_judged("clock on the wall", times), _judged("processor's time", spent))


def _judged(what: str, times: dict[bool, list[float]]) -> int:
    known, unknown = times[True], times[False]
    test = mannwhitneyu(known, unknown)
    delta = 2 * test.statistic / (len(known) * len(unknown)) - 1
    middle = statistics.median(known) - statistics.median(unknown)
    spread = statistics.pstdev([*known, *unknown])
    d = (statistics.mean(known) - statistics.mean(unknown)) / spread
    print(
        f"{what}: medians {1e3 * statistics.median(known):.2f} and {1e3 * statistics.median(unknown):.2f} ms"
        f" (difference {1e6 * middle:+.0f} µs), Cliff's delta {delta:+.3f}, Cohen's d {d:+.3f}, p {test.pvalue:.2f}"
    )
    return int(test.pvalue < 0.001 and abs(delta) > 0.1)


def _posted(app: Flask, n: int, address: str) -> tuple[float, float]:
    client = app.test_client()
    page = client.get("/articles/bench").text
    form = dict(_HIDDEN.findall(page))
    typed = form | {
        "comment": f"Remark {n:06d} about the ferry in the morning.",
        "author": "Ada",
        "email": address,
    }
    visitor = {"REMOTE_ADDR": f"10.{n // 60_000}.{n // 250 % 250}.{n % 250}"}
    begin, cpu = time.perf_counter(), time.thread_time()
    answer = client.post(
        "/articles/bench/comments",
        data=typed,
        headers={"Sec-Fetch-Site": "same-origin"},
        environ_base=visitor,
    )
    took = time.perf_counter() - begin, time.thread_time() - cpu
    if answer.status_code != 303:
        sys.exit(f"a comment was answered {answer.status_code}")
    return took


def _installed(folder: Path) -> Flask:
    RootKeys.create(folder / "root.key")
    settings = Settings(
        instance=folder,
        form_min_seconds=0,
        limit_posts="1000000 per minute",
        busy_article_per_hour=0,
        log_level="error",
        hold_everything=True,
    )
    app = create_app(settings)
    with app.app_context():
        migrator(current_app).upgrade()
        learning.install_base(now())
        articles.add("bench", "The ferry", now(), body="<p>It sails at seven.</p>")
        db.session.remove()
    return app


if __name__ == "__main__":
    sys.exit(main())
