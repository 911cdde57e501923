"""What a thousand comments cost and what a million do, in one run: pages, comments, searches, upkeep.

    python -m bench.scale [SIZES ...] [--rounds 5] [--only start,pages,inside,upkeep] [--keep FOLDER] [--into docs]

Builds an installation of each size on SQLite (`filling`), lets each be served by `flask serve`, and asks all of
them in turn, so that what slows a round down slows all. Told are medians over the rounds, and medians of the ratios
within each; upkeep, which takes minutes, is done once. `--keep` leaves the installations in a folder, or takes them
from there. With `--into` all rounds are kept in FOLDER/results, the bars drawn in FOLDER/pictures, and the tables of
FOLDER/scaling.md written.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.scale import filling, inside, measuring, telling
from bench.scale.served import database
from bench.speed.__main__ import machine
from bench.speed.choosing import chosen_of
from bench.speed.keeping import keep
from bench.speed.rounds import Turns

SIZES = (1_000, 100_000, 1_000_000)
EMPTY = "empty"
PARTS = ("start", "pages", "inside", "upkeep")


def main() -> None:
    """Build, measure, tell, keep."""
    chosen = _arguments()
    with TemporaryDirectory(prefix="gatepost-scale-") as folder:
        place, turns, about = Path(chosen.keep or folder), Turns(), machine()
        folders = {EMPTY if not size else f"{size:,}": place / str(size) for size in (0, *chosen.sizes)}
        about |= _built(folders, chosen.sizes)
        sized = {name: each for name, each in folders.items() if name != EMPTY}
        for number in range(1, chosen.rounds + 1):
            print(f"round {number} of {chosen.rounds}", flush=True)
            if "start" in chosen.only:
                measuring.starts(turns, folders)
            if "pages" in chosen.only:
                measuring.pages(turns, sized, number)
            if "inside" in chosen.only:
                inside.lookups(turns, sized)
            _tell(chosen, about | {"rounds": str(number)}, turns, sized)
        if "upkeep" in chosen.only:
            inside.upkeep(turns, sized)
            _tell(chosen, about | {"rounds": str(chosen.rounds)}, turns, sized)


def _tell(chosen: argparse.Namespace, about: dict[str, str], turns: Turns, sized: dict[str, Path]) -> None:
    """Say and keep what is known by now: a run that is broken off was not for nothing."""
    found = telling.bars(turns, list(sized), EMPTY)
    said = telling.table(turns, list(sized), found)
    room = _room(sized[list(sized)[-1]])
    print(*(f"{name}: {value}" for name, value in about.items()), "", said, "", room, sep="\n", flush=True)
    if chosen.into:
        written = {"measured": said, "room": room}
        keep(Path(chosen.into), "scale", "scaling.md", about=about, turns=turns, found=found, written=written)


def _built(folders: dict[str, Path], sizes: Sequence[int]) -> dict[str, str]:
    """Make those that are not there; how long each took and how large it is."""
    said = {}
    for (name, folder), size in zip(folders.items(), (0, *sizes), strict=True):
        if database(folder).exists():
            continue
        began = time.perf_counter()
        filling.installation(folder, size)
        seconds, room = time.perf_counter() - began, database(folder).stat().st_size
        said[f"filled, {name}"] = f"{seconds:.0f} s, {room / 1e6:,.0f} MB"
    return said


def _room(folder: Path) -> str:
    """Bytes a comment takes, table by table with its indexes, as Markdown."""
    with closing(sqlite3.connect(database(folder))) as connection:
        [(comments,)] = connection.execute("SELECT count(*) FROM comment").fetchall()
        asked = """
            SELECT CASE WHEN tbl_name LIKE 'comment_search%' THEN 'comment_search' ELSE tbl_name END,
                   sum(CASE WHEN type = 'table' THEN pgsize END), sum(CASE WHEN type = 'index' THEN pgsize END)
            FROM dbstat JOIN sqlite_master USING (name) GROUP BY 1 ORDER BY sum(pgsize) DESC"""
        rows = connection.execute(asked).fetchall()
    lines = ["| table | bytes a comment | of its indexes |", "| --- | ---: | ---: |"]
    for table, own, indexes in rows:
        if own + (indexes or 0) >= comments:
            lines.append(f"| {table} | {own / comments:.0f} | {(indexes or 0) / comments:.0f} |")
    total = [sum(row[n] or 0 for row in rows) / comments for n in (1, 2)]
    return "\n".join([*lines, f"| all | {total[0]:.0f} | {total[1]:.0f} |"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=chosen_of(PARTS), default=list(PARTS))
    parser.add_argument("--keep")
    parser.add_argument("--into")
    return parser.parse_args()


if __name__ == "__main__":
    main()
