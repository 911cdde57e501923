"""A throw-away installation, served by its own process on a free port, and gone when the block ends."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models import db
from moderation.app import create_app
from moderation.settings import Settings

_FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it listens, which process serves, and the folder of its database and log."""

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
        chosen: dict[str, Any] = {"instance": folder, "port": 0, "log_level": "warning", **settings}
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")}
        surroundings |= {f"GATEPOST_{name.upper()}": str(value) for name, value in chosen.items()}
        surroundings["PYTHONUNBUFFERED"] = "1"
        _install(Settings(**chosen), articles)
        with Path(folder, "log").open("wb") as log:
            server = subprocess.Popen(
                [*_FLASK, "serve"], env=surroundings, stdout=subprocess.PIPE, stderr=log, text=True
            )
        try:
            host, port = _address(server, Path(folder, "log"))
            yield Installation(host, port, server.pid, Path(folder))
        finally:
            server.terminate()
            try:
                server.communicate(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.communicate()


def _install(settings: Settings, articles: int) -> None:
    app = create_app(settings)
    commands = [
        ["init"],
        *(["article", "add", f"article-{n}", f"Article {n}"] for n in range(1, articles + 1)),
    ]
    for command in commands:
        done = app.test_cli_runner().invoke(args=command)
        if done.exit_code:
            raise RuntimeError(f"flask {' '.join(command)} failed:\n{done.output}")
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _address(server: subprocess.Popen[str], log: Path) -> tuple[str, int]:
    for line in server.stdout or ():
        if line.startswith("Gatepost is at http://"):
            host, _, port = line.split("//", 1)[1].strip().strip("/").rpartition(":")
            return host, int(port)
    raise RuntimeError(f"The server did not start:\n{log.read_text(encoding='utf-8')}")
