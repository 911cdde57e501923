"""Gatepost beside Isso and beside the floors, in one run: requests, processor, memory, start.

The floors are a bare Flask view, a bare insert, and the same page as a file by nginx, where that is installed.

    python -m bench.speed [FOLDER] [--rounds 5] [--only read,post,score,start,growth] [--into docs]

FOLDER holds `*.csv.gz` with the columns text, author and url; GATEPOST_BENCH_DATA may name it instead. Of these,
comments of 40 to 1,500 characters are read and posted, the same ones to everybody. With `--into` what was measured is
kept in a folder's results/, drawn in its pictures/, and written into its performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import classifier_speed
from bench.installation import PYTHON, install
from bench.post_comments import Words, sample
from bench.speed import growth, peers, rounds
from bench.speed.bars import bars
from bench.speed.choosing import chosen_of
from bench.speed.keeping import keep
from bench.speed.rounds import Measuring, Turns
from moderation.errors import FormFaults
from moderation.intake import Reply
from moderation.settings import Settings

ENOUGH = 40_000
"""Comments, so that none comes twice: copies of one text are a campaign, which costs more than comments do."""

PARTS = ("read", "post", "score", "start", "growth")


def main() -> None:
    """Measure, print, keep."""
    chosen = _arguments()
    os.environ.setdefault(PYTHON, str(peers.as_installed()))
    words = [each for each in sample(Path(chosen.folder), ENOUGH, 40, 1500) if is_taken(each)]
    stream, turns, about = peers.different(words, 0), Turns(), machine()
    print(*(f"{name}: {value}" for name, value in about.items()), sep="\n")
    _beside_isso(chosen, stream, turns)
    for _ in range(chosen.rounds if "score" in chosen.only else 0):
        for length, ours, naive in classifier_speed.lengths((100, 500, 5000), 30):
            turns.note(f"score {length}", "gatepost", us=ours)
            turns.note(f"score {length}", "naive", us=naive)
    if "start" in chosen.only:
        _start(chosen.rounds, turns)
    if "growth" in chosen.only:
        with growth.both(stream) as served:
            for _ in range(chosen.rounds):
                growth.reading(turns, served, stream)
    _tell(turns)
    if set(chosen.only) >= set(PARTS):
        found = list(bars(turns))
        head = ["| work | bar | aim | measured | reached |", "| --- | --- | --- | --- | --- |"]
        table = "\n".join([*head, *(each.row for each in found)])
        print(table)
        if chosen.into:
            written = {"measured": table}
            keep(
                Path(chosen.into),
                "speed",
                "performance.md",
                about=about,
                turns=turns,
                found=found,
                written=written,
            )


def is_taken(words: Words) -> bool:
    """Whether the form takes it; some old comments have a website that is none, and both are sent the same ones."""
    try:
        email = "reader@example.org"
        Reply.read({"comment": words.text, "author": words.name, "email": email, "url": words.website}, True)
    except FormFaults:
        return False
    return True


def machine() -> dict[str, str]:
    """On what this is measured."""
    said = subprocess.run(["lscpu"], capture_output=True, text=True, check=False).stdout
    facts = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    libraries = ("flask", "sqlalchemy", "waitress", "numpy", "scikit-learn")
    return {
        "processor": f"{facts.get('Model name', '?').strip()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
        "peers": ", ".join(peers.ISSO),
        "libraries": ", ".join(f"{name} {version(name)}" for name in libraries),
        "busy": f"load {os.getloadavg()[0]:.1f} at the beginning",
    }


def _beside_isso(chosen: argparse.Namespace, stream: Iterator[Words], turns: Turns) -> None:
    if not {"read", "post"} & set(chosen.only):
        return
    with peers.isso() as isso, peers.floor() as floor, peers.gatepost() as gatepost:
        gatepost.fill(stream)
        isso.fill(stream)
        served: dict[str, peers.Peer] = {"isso": isso, "gatepost": gatepost, "floor": floor}
        page = gatepost.answer("GET", "/articles/article-1")[2]
        with peers.nginx(page) as file, Measuring(served, stream, turns, file) as measuring:
            for _ in range(chosen.rounds if "read" in chosen.only else 0):
                measuring.reading()
                measuring.first_after_a_comment()
            for _ in range(chosen.rounds if "post" in chosen.only else 0):
                measuring.posting()
                measuring.memory()


def _start(count: int, turns: Turns) -> None:
    with TemporaryDirectory(prefix="gatepost-bench-") as folder:
        settings: dict[str, Any] = {"instance": Path(folder), "log_level": "info"}
        install(Settings(**settings), 1)
        for _ in range(count):
            rounds.start(turns, "gatepost", **settings)


def _tell(turns: Turns) -> None:
    seen: dict[tuple[str, str], list[str]] = {}
    for turn, whose, what in turns.found:
        seen.setdefault((turn, whose), []).append(f"{what} {turns.median(turn, whose, what):9.3f}")
    for (turn, whose), parts in seen.items():
        print(f"{turn:<24}{whose:<10}" + "  ".join(parts))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", nargs="?", default=os.environ.get("GATEPOST_BENCH_DATA", "../shared/data"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=chosen_of(PARTS), default=list(PARTS))
    parser.add_argument("--into")
    return parser.parse_args()


if __name__ == "__main__":
    main()
