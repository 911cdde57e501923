"""What learning costs: a hundred thousand labels at once, and one decision more.

Imports verdicts made of real comments into a throw-away installation, lets it learn from all of them in a process of
its own, and says how long that took, with how much memory, and what was told meanwhile. Then measures the processor's
time from a decision to the first score that knows it.

    python -m bench.many_labels [FOLDER] [--count 100000]

FOLDER holds `*.csv.gz` with the columns text, author, url and label; GATEPOST_BENCH_DATA may name it instead.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from models import db
from moderation import articles, moderators, spam
from moderation.app import create_app
from moderation.intake import Circumstances
from moderation.parts import parts
from moderation.review import Target
from moderation.settings import Settings
from moderation.spam import corpus
from moderation.spam.corpus import Labelled
from moderation.vocabulary import Action, Role

_FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")


def main() -> None:
    """Import, learn, decide; print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", default=os.environ.get("GATEPOST_BENCH_DATA", ""))
    parser.add_argument("--count", type=int, default=100_000)
    asked = parser.parse_args()
    rows = corpus.read_directory(Path(asked.folder))
    with TemporaryDirectory(prefix="gatepost-bench-") as folder:
        settings = Settings(instance=Path(folder), log_level="warning")
        app = create_app(settings)
        app.test_cli_runner().invoke(args=["init"])
        file = Path(folder, "verdicts.jsonl")
        with file.open("w", encoding="utf-8") as out:
            out.writelines(f"{json.dumps(each)}\n" for each in _verdicts(rows, asked.count))
        _told("import", _timed(folder, "import-labels", "--no-learn", str(file)))
        _told("learn", _timed(folder, "learn"))
        with app.app_context():
            _decide(rows)
            db.session.remove()
            db.engine.dispose()


def _verdicts(rows: list[Labelled], count: int) -> Iterator[dict[str, str | None]]:
    """So many different verdicts: where the comments do not suffice they come again, a little longer."""
    first = datetime(2020, 1, 1, tzinfo=UTC)
    for n in range(count):
        row = rows[n * 7919 % len(rows)]
        round_ = n // len(rows)
        yield {
            "text": row.candidate.text + (f" round {'abcdefgh'[round_ % 8]}{round_}" if round_ else ""),
            "author": row.candidate.author,
            "url": row.candidate.url,
            "label": "spam" if row.is_spam else "ham",
            "date": (first + timedelta(minutes=n)).isoformat(),
        }


def _timed(folder: str, *command: str) -> tuple[float, float, float, str]:
    """Seconds on the clock and of the processor, MiB at most, and the last lines printed by a command."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")}
    surroundings |= {"GATEPOST_INSTANCE": folder, "GATEPOST_LOG_LEVEL": "warning"}
    begun = time.monotonic()
    process = subprocess.Popen(
        [*_FLASK, "spam", *command], env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    printed = process.stdout.read().decode() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"flask spam {' '.join(command)} ended with {status}:\n{printed}")
    return time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed


def _told(name: str, took: tuple[float, float, float, str]) -> None:
    seconds, processor, memory, printed = took
    print(
        f"{name}: {seconds:.1f} s, {processor:.1f} s of the processor, {memory:.0f} MiB at most", flush=True
    )
    for line in printed.splitlines()[-8:]:
        print(f"  {line}")


def _decide(rows: list[Labelled]) -> None:
    """Decide a hundred and fifty times; of the last fifty, the processor's time until the next score knows."""
    now = datetime.now(UTC)
    max_ = moderators.add("max", Role.ADMIN, "a lamp above the old gate", now)
    article = articles.add("bench", "The bench", now)
    took = []
    for n in range(150):
        row = rows[n * 7919 % len(rows)]
        fields = {"comment": f"{row.candidate.text[:5000]} {n}", "author": "Ada", "email": "ada@example.org"}
        came = Circumstances(network=f"203.0.{n}.0/24", form_age=60)
        number = parts().intake.submit(article.id, fields, came, now).comment_id
        parts().scorer.score(spam.Candidate("The lamp is out."))
        begun = time.process_time()
        action = Action.SPAM if row.is_spam else Action.APPROVE
        parts().review.decide(max_, action, [Target(number, 1)], now)
        parts().scorer.score(spam.Candidate("The lamp is out."))
        took.append(1000 * (time.process_time() - begun))
    last = sorted(took[-50:])
    print(f"a decision and the next score: {statistics.median(last):.0f} ms of the processor in the middle,")
    print(f"  {last[-1]:.0f} ms at most")


if __name__ == "__main__":
    main()
