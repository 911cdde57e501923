"""Runs the drills and prints what was done, what was seen, and whether that is what was promised.

    python -m drills [NAME …] [--list] [--table FILE]

NAME is a drill or a module of drills; without any, all of them run. Each makes an installation in a temporary folder
and serves it with `flask serve` on a free port of 127.0.0.1. Exit status 1 if one of them failed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import platform
import signal
import sys
import time
from pathlib import Path

import drills
from drills.telling import DRILLS, Drill, Told, Verdict, table, told


def main() -> int:
    """Exit status: 0 when none failed."""
    signal.signal(
        signal.SIGTERM, lambda number, _frame: sys.exit(128 + number)
    )  # what was started is stopped
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="only name them")
    parser.add_argument("--table", type=Path, help="also write the table into this file")
    asked = parser.parse_args()
    picked = chosen(asked.names)
    if asked.list:
        print("\n".join(f"{each.name}: {each.what}" for each in picked))
        return 0
    begin = time.monotonic()
    results = [told(each) for each in picked]
    said = f"{_counted(results, time.monotonic() - begin)}\n\n{table(results)}\n"
    print(f"\n{said}")
    if asked.table:
        asked.table.write_text(said, encoding="utf-8")
    return int(any(each.verdict is Verdict.FAILED for each in results))


def chosen(names: list[str]) -> list[Drill]:
    for module in pkgutil.iter_modules(drills.__path__):
        if module.name != "__main__":
            importlib.import_module(f"drills.{module.name}")
    known = {each.name for each in DRILLS} | {_module(each) for each in DRILLS}
    if strangers := [name for name in names if name not in known]:
        sys.exit(f"There is no drill {', '.join(strangers)}. There are: {', '.join(sorted(known))}.")
    return [each for each in DRILLS if not names or {each.name, _module(each)} & set(names)]


def _module(each: Drill) -> str:
    return each.run.__module__.rpartition(".")[2]


def _counted(results: list[Told], seconds: float) -> str:
    counts = [f"{sum(each.verdict is verdict for each in results)} {verdict}" for verdict in Verdict]
    where = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    return f"{len(results)} drills in {seconds / 60:.0f} minutes on {where}: {', '.join(counts)}."


if __name__ == "__main__":
    sys.exit(main())
