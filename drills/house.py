"""A house for a drill: an installation in a temporary folder, and processes that serve it and may be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, NamedTuple

from flask import Flask
from sqlalchemy import Engine, create_engine, text

from bench.installation import install, launched
from bench.private import PostgreSQL, free_port
from models import db
from moderation.app import create_app
from moderation.settings import Settings

ARTICLES = 3
START_SECONDS = 60
STOP_SECONDS = 20
COMMAND_SECONDS = 300
_ROOT = Path(__file__).parents[1]
_GUNICORN = (sys.executable, "-m", "gunicorn", "-c", str(_ROOT / "deploy" / "gunicorn.conf.py"))


class Page(NamedTuple):
    """What came back for a page: status 0 is no answer at all."""

    status: int
    text: str = ""
    retry_after: str = ""

    @property
    def is_in_order(self) -> bool:
        """Whether a reader got the page, or was told when to come again."""
        return self.status == 200 or (self.status == 503 and self.retry_after.isdigit())


@dataclass(eq=False)
class Server:
    """What serves the house at one port: one process, or a master with workers where it is gunicorn.

    Whatever happens to it, it can be started again.
    """

    house: House
    port: int
    before: Sequence[str] = ()
    around: Mapping[str, str] = field(default_factory=dict)
    is_gunicorn: bool = False
    process: subprocess.Popen[str] | None = None

    def start(self) -> float:
        """Serve; returns after how many seconds it answered.

        Raises
        ------
        RuntimeError
            It did not start within a minute, or ended.
        """
        begin = time.monotonic()
        self.process = self._launched()
        while not (self._is_up() and self.get("/healthz", 2).status == 200):
            if self.process.poll() is not None or time.monotonic() - begin > START_SECONDS:
                self.kill()
                raise RuntimeError(f"The server did not start:\n{self.house.logged()[-2000:]}")
            time.sleep(0.05)
        return time.monotonic() - begin

    def kill(self) -> None:
        """As nobody should: at once, and what it started with it."""
        self.send(signal.SIGKILL)
        self._ended()

    def stop(self) -> float:
        """As an operator does; returns the seconds it took.

        Raises
        ------
        RuntimeError
            It did not stop in order.
        """
        begin = time.monotonic()
        self.send(signal.SIGTERM)
        if status := self._ended():
            raise RuntimeError(f"told to stop, the server ended with {status}")
        return time.monotonic() - begin

    def send(self, number: int) -> None:
        """A signal to the process, and to what it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def workers(self) -> list[int]:
        """The processes that it started."""
        if self.process is None:
            return []
        with suppress(OSError):
            threads = Path(f"/proc/{self.process.pid}/task").iterdir()
            return [int(pid) for each in threads for pid in (each / "children").read_text().split()]
        return []

    def get(self, path: str, seconds: float = 20) -> Page:
        """A page."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            link.request("GET", path)
            answer = link.getresponse()
            return Page(answer.status, answer.read().decode(), answer.getheader("Retry-After", ""))
        except (OSError, HTTPException):
            return Page(0)
        finally:
            link.close()

    def ails(self) -> dict[str, str]:
        """The parts that `/readyz` names, and what it says ails them; nothing where all is well."""
        page = self.get("/readyz")
        if not page.status:
            return {"server": "no answer"}
        return {name: said for name, said in json.loads(page.text)["parts"].items() if said != "ok"}

    def _launched(self) -> subprocess.Popen[str]:
        log, chosen = self.house.log, {**self.house.chosen, "port": self.port}
        if self.is_gunicorn:
            arguments = ("-b", f"127.0.0.1:{self.port}", "wsgi:app")
            return launched(log, *arguments, program=_GUNICORN, around=self.around, **chosen)
        return launched(log, "serve", before=self.before, around=self.around, **chosen)

    def _is_up(self) -> bool:
        """Whether it is this one that may answer, and no orphan of a master that was killed."""
        return not self.is_gunicorn or bool(self.workers())

    def _ended(self) -> int:
        """Its exit status, 0 if it does not run. It is known no more then: its number may be another's soon."""
        process = self.process
        if process is None:
            return 0
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            process.communicate()
        self.process = None
        return process.returncode


@dataclass(eq=False)
class House:
    """An installation with three open articles, `article-1` and so on."""

    folder: Path
    chosen: dict[str, Any]
    log: IO[str]
    engine: Engine
    servers: list[Server] = field(default_factory=list)
    commands: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The file, where it is SQLite."""
        return self.folder / "gatepost.sqlite3"

    @property
    def is_sqlite(self) -> bool:
        """Whether its database is a file."""
        return self.engine.dialect.name == "sqlite"

    def serve(self, **how: Any) -> Server:
        """One more server; `how` as `Server` has it."""
        server = Server(self, free_port(), **how)
        self.servers.append(server)
        server.start()
        return server

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """What the database answers from outside."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def flask(self, *arguments: str, words: str = "", **settings: Any) -> subprocess.CompletedProcess[str]:
        """A command of the house, run to its end; `words` go to its standard input."""
        process = self.command(*arguments, **settings)
        said, complaint = process.communicate(words, timeout=COMMAND_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, said, complaint)

    def command(self, *arguments: str, before: Sequence[str] = (), **settings: Any) -> subprocess.Popen[str]:
        """A command of the house that has begun."""
        chosen = {**self.chosen, **settings}
        begun = launched(subprocess.PIPE, *arguments, before=before, typed=subprocess.PIPE, **chosen)
        self.commands.append(begun)
        return begun

    @contextmanager
    def inside(self) -> Iterator[Flask]:
        """Its app in this very process, for what needs no process of its own."""
        app = create_app(Settings(**self.chosen))
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()

    def logged(self) -> str:
        """All that its servers have logged."""
        return Path(self.log.name).read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End what still runs."""
        for server in self.servers:
            server.kill()
        for command in self.commands:
            if command.poll() is None:
                os.killpg(command.pid, signal.SIGKILL)
                command.communicate()
        self.engine.dispose()
        self.log.close()


@contextmanager
def house(cluster: PostgreSQL | None = None, folder: Path | None = None, **settings: Any) -> Iterator[House]:
    """A house on SQLite, or in a database of its own in the cluster; gone when the block ends.

    Nobody types in a drill, so forms may come back at once, no article is too busy, and whoever is put off may try
    again as often as they like.
    """
    with TemporaryDirectory(prefix="gatepost-drill-", ignore_cleanup_errors=True) as made:
        home = folder or Path(made, "home")
        chosen: dict[str, Any] = {
            "instance": home,
            "log_level": "warning",
            "form_min_seconds": 0,
            "busy_article_per_hour": 0,
            "limit_posts": "1000 per minute",
            **settings,
        }
        if cluster is not None:
            chosen["database_url"] = _database(cluster)
        at_home = Settings(**chosen)
        install(at_home, ARTICLES)
        with Path(made, "log").open("w+", encoding="utf-8") as log:
            it = House(home, chosen, log, create_engine(at_home.database, pool_pre_ping=True))
            try:
                yield it
            finally:
                it.close()


def _database(cluster: PostgreSQL) -> str:
    name = f"drill_{time.monotonic_ns()}"
    hand = create_engine(cluster.url, isolation_level="AUTOCOMMIT")
    with hand.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    hand.dispose()
    return cluster.url_of(name)
