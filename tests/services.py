"""Runs the suite, on PostgreSQL what `TWICE` names, and brings along Chromium, PostgreSQL and Redis.

PostgreSQL and Redis are started privately where they are installed, in a temporary folder and on a free port,
and stopped at the end: nobody else's data are touched, and nothing has to reach a disk. Where they are not, those
that answer on their usual ports are used. What is missing is installed by apt-get where that is allowed (Chromium
always, the two servers with CI=true). What is then still missing is said loudly; with CI=true it fails, and so
does every test that was skipped.

    python -m tests.services [arguments for pytest]
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from bench.private import postgresql, postgresql_binaries, redis, redis_says, redis_server

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ALL_OF_IT = "GATEPOST_TEST_EVERYTHING_TWICE"
TWICE = "campaigns classifier_page copies labels migrations reports rights rules search trail"
"""Tests of what each database is asked in its own way: they run on both, the others where all is asked for; what is
marked `postgresql` runs wherever it stands."""


def main(arguments: list[str]) -> int:
    """Exit status of the suite: all of it on SQLite, then on PostgreSQL what has to do with a database."""
    signal.signal(
        signal.SIGTERM, lambda number, _frame: sys.exit(128 + number)
    )  # what was started is stopped
    missing: list[str] = []
    with ExitStack() as stack:
        if not _installed("chromium", lambda: _first_of(BROWSERS), wanted=True):
            missing.append(
                "Chromium: the browser stories are left out. Mend it with `apt-get install chromium`."
            )
        redis_url = stack.enter_context(_redis())
        if not redis_url:
            missing.append("Redis: its tests are left out. Mend it with `apt-get install redis-server`.")
        postgresql_url = stack.enter_context(_postgresql())
        if not postgresql_url:
            missing.append(
                "PostgreSQL: the suite ran on SQLite alone. Mend it with `apt-get install postgresql`."
            )
        if missing and IN_CI:
            return _verdict(1, missing, [])
        return _run_on_both(arguments, postgresql_url, redis_url, missing)


def _run_on_both(arguments: list[str], postgresql_url: str, redis_url: str, missing: list[str]) -> int:
    without = [] if _first_of(BROWSERS) else ["e2e"]
    without += [] if redis_url else ["redis"]
    status, skipped = _pytest(arguments, {"GATEPOST_TEST_REDIS_URL": redis_url}, [*without, "postgresql"])
    if postgresql_url:
        where = {"GATEPOST_TEST_REDIS_URL": redis_url, "GATEPOST_TEST_DATABASE_URL": postgresql_url}
        chosen = ["-k", " or ".join([*(f"test_{name}.py" for name in TWICE.split()), "postgresql"])]
        of_both = [] if os.environ.get(ALL_OF_IT) or arguments else chosen
        again, more = _pytest(
            [*arguments, "--ignore=tests/unit", *of_both], where, [*without, "e2e", "sqlite"]
        )
        status, skipped = status or again, skipped + more
    return _verdict(status, missing, skipped)


def _pytest(arguments: list[str], where: dict[str, str], without: list[str]) -> tuple[int, list[str]]:
    """Status of one run, and the names and reasons of the tests it skipped."""
    print(
        f"\n=== The suite on {'PostgreSQL' if 'GATEPOST_TEST_DATABASE_URL' in where else 'SQLite'}",
        flush=True,
    )
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")}
    surroundings |= {name: value for name, value in where.items() if value}
    marks = " and ".join(f"not {mark}" for mark in dict.fromkeys(without))
    with TemporaryDirectory(prefix="gatepost-tests-") as folder:
        report = Path(folder, "report.xml")
        shared = _STOLEN if "GATEPOST_TEST_DATABASE_URL" in where else _BY_FILE
        command = [sys.executable, "-m", "pytest", "-n", "2", *shared, "-m", marks]
        command += [f"--junitxml={report}", *arguments]
        status = subprocess.run(command, env=surroundings, check=False).returncode
        return status, _skipped_in(report) if report.exists() else []


_BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
"""Files as they come, the browser's first: by default those with few tests come last, which are the longest ones."""

_STOLEN = ("--dist", "worksteal")
"""On PostgreSQL no file makes anything for all of its tests, and one of them is longer than all the others."""


def _skipped_in(report: Path) -> list[str]:
    cases = ElementTree.parse(report).iter("testcase")
    return [
        f"{case.get('classname')}::{case.get('name')}: {skipped.get('message')}"
        for case in cases
        for skipped in case.findall("skipped")
    ]


def _verdict(status: int, missing: list[str], skipped: list[str]) -> int:
    if missing or skipped:
        print("\n" + "!" * 78)
        for sentence in [*missing, *(f"SKIPPED {each}" for each in skipped)]:
            print(f"!! {sentence}")
        print("!" * 78, flush=True)
    if IN_CI and (missing or skipped):
        print("With CI=true nothing may be left out.", flush=True)
        return status or 1
    return status


@contextmanager
def _postgresql() -> Iterator[str]:
    """URL of a PostgreSQL that lets us make databases, or nothing."""
    if not postgresql_binaries() and _postgresql_answers(5432):
        yield "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
    elif _installed("postgresql", postgresql_binaries, wanted=IN_CI):
        with postgresql() as private:
            yield private.url
    else:
        yield ""


@contextmanager
def _redis() -> Iterator[str]:
    """URL of an empty Redis database, or nothing."""
    if not redis_server() and redis_says(6379, "SELECT 15", "DBSIZE") == [b"+OK", b":0"]:
        yield "redis://127.0.0.1:6379/15"
    elif _installed("redis-server", redis_server, wanted=IN_CI):
        with redis() as private:
            yield private.url
    else:
        yield ""


def _installed(package: str, find: Callable[[], str], *, wanted: bool) -> str:
    """Where the program is, after installing its package where that is wanted and allowed; else nothing."""
    found = find()
    if found or not wanted or not shutil.which("apt-get"):
        return found
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if become and subprocess.run([*become, "true"], check=False, capture_output=True).returncode:
        return ""
    print(f"Installing Debian's {package} …", flush=True)
    install = [*become, "apt-get", "install", "-y", "-q", "--no-install-recommends", package]
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (install, [*become, "apt-get", "update", "-q"], install):
        subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL)
        if found := find():
            break
    return found


def _first_of(names: tuple[str, ...]) -> str:
    return next((path for name in names if (path := shutil.which(name))), "")


def _postgresql_answers(port: int) -> bool:
    import psycopg

    try:
        with psycopg.connect(
            f"host=127.0.0.1 port={port} user=postgres dbname=postgres connect_timeout=2"
        ) as it:
            row = it.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
            return bool(row and row[0])
    except psycopg.OperationalError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
