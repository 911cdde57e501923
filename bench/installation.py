"""A throw-away installation, served by its own process on a free port, and gone when the block ends."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from models import db
from moderation.app import create_app
from moderation.settings import Settings

PYTHON = "GATEPOST_BENCH_PYTHON"
"""Names the interpreter that serves, where it is not the one that runs this."""

_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it listens, which process serves, and the folder of its database."""

    host: str
    port: int
    pid: int
    folder: Path

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What its database answers, read from outside while it is being served."""
        with closing(
            sqlite3.connect(f"file:{self.folder / 'gatepost.sqlite3'}?mode=ro", uri=True)
        ) as database:
            return database.execute(query, values).fetchall()


@contextmanager
def serving(articles: int = 1, **settings: Any) -> Iterator[Installation]:
    """An installation with that many open articles, keyed `article-1` and so on; `settings` as in the docs.

    Raises
    ------
    RuntimeError
        It did not start; the message holds what it printed.
    """
    with TemporaryDirectory(prefix="gatepost-bench-") as folder:
        chosen: dict[str, Any] = {"instance": Path(folder), "log_level": "warning", **settings}
        install(Settings(**chosen), articles)
        with started(**chosen) as (process, address, _):
            host, _, port = address.rpartition(":")
            yield Installation(host, int(port), process.pid, Path(folder))


@contextmanager
def started(*options: str, **settings: Any) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """`flask serve` with these options and settings: the process, host:port, and what it printed before.

    It listens on a free port unless one is set, and is stopped when the block ends.
    """
    with TemporaryFile("w+", encoding="utf-8") as log:
        process = launched(log, "serve", *options, **{"port": 0, **settings})
        try:
            printed, address = listening(process)
            if not address:
                log.seek(0)
                raise RuntimeError(f"The server did not start:\n{printed}{log.read()}")
            yield process, address, printed
        finally:
            _stop(process)


def launched(
    log: IO[str] | int,
    *arguments: str,
    before: Sequence[str] = (),
    around: Mapping[str, str] | None = None,
    typed: int | None = None,
    program: Sequence[str] = (),
    **settings: Any,
) -> subprocess.Popen[str]:
    """`flask` with these arguments and settings, in a process group of its own; what it logs goes to `log`.

    Parameters
    ----------
    before
        The command that runs it, such as a tracer.
    around
        Further environment variables.
    typed
        What stands for its standard input, as `subprocess` has it.
    program
        What is run instead of `flask`.
    """
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")}
    surroundings |= {f"GATEPOST_{name.upper()}": str(value) for name, value in settings.items()}
    surroundings |= {"PYTHONUNBUFFERED": "1", **(around or {})}
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)  # an installation keeps what it has compiled
    flask = (os.environ.get(PYTHON) or sys.executable, "-m", "flask", "--app", "wsgi")
    command = [*before, *(program or flask), *arguments]
    return subprocess.Popen(
        command,
        env=surroundings,
        stdin=typed,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        process_group=0,
    )


def listening(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What was printed until the server listened, and host:port; empty if it never did."""
    printed = ""
    for line in process.stdout or ():
        printed += line
        if line.startswith("Gatepost is at http://"):
            return printed, line.split("//", 1)[1].strip().strip("/")
    return printed, ""


def install(settings: Settings, articles: int) -> None:
    """Make the installation, with that many open articles."""
    app = create_app(settings)
    commands = [
        ["init"],
        *(["article", "add", f"article-{n}", f"Article {n}"] for n in range(1, articles + 1)),
    ]
    for command in commands:
        done = app.test_cli_runner().invoke(args=command)
        if done.exit_code:
            raise RuntimeError(f"flask {' '.join(command)} failed:\n{done.output}") from done.exception
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
