"""A house for a drill: an installation in a temporary folder, and processes that serve it and may be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from sqlalchemy import Engine, create_engine, text

from bench.installation import install, launched, listening
from bench.private import PostgreSQL, free_port
from moderation.settings import Settings

ARTICLES = 3
STOP_SECONDS = 20


@dataclass(eq=False)
class Server:
    """One process that serves the house; whatever happens to it, it can be started again at the same port."""

    house: House
    port: int
    before: Sequence[str] = ()
    around: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def start(self) -> float:
        """Serve; returns after how many seconds it answered.

        Raises
        ------
        RuntimeError
            It did not start.
        """
        begin = time.monotonic()
        chosen = {**self.house.chosen, "port": self.port}
        self.process = launched(self.house.log, "serve", before=self.before, around=self.around, **chosen)
        _, address = listening(self.process)
        if not address or self.get("/healthz")[0] != 200:
            raise RuntimeError(f"The server did not start:\n{self.house.logged()[-2000:]}")
        return time.monotonic() - begin

    def kill(self) -> None:
        """As nobody should: at once, and what it started with it."""
        self.send(signal.SIGKILL)
        self._ended()

    def stop(self) -> tuple[int, float]:
        """As an operator does; exit status, and the seconds it took."""
        begin = time.monotonic()
        self.send(signal.SIGTERM)
        return self._ended(), time.monotonic() - begin

    def send(self, number: int) -> None:
        """A signal to the process, and to what it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def get(self, path: str, seconds: float = 60) -> tuple[int, str]:
        """Status and text of a page; 0 where no answer came."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            link.request("GET", path)
            answer = link.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, HTTPException):
            return 0, ""
        finally:
            link.close()

    def _ended(self) -> int:
        if self.process is None:
            return 0
        try:
            self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.process.communicate()
        return self.process.returncode


@dataclass(eq=False)
class House:
    """An installation with three open articles, `article-1` and so on."""

    folder: Path
    chosen: dict[str, Any]
    log: IO[str]
    engine: Engine
    servers: list[Server] = field(default_factory=list)

    @property
    def database(self) -> Path:
        """The file, where it is SQLite."""
        return self.folder / "gatepost.sqlite3"

    @property
    def is_sqlite(self) -> bool:
        """Whether its database is a file."""
        return self.engine.dialect.name == "sqlite"

    def serve(self, before: Sequence[str] = (), around: Mapping[str, str] | None = None) -> Server:
        """One more process that serves."""
        server = Server(self, free_port(), before, around or {})
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
        said, complaint = process.communicate(words, timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, said, complaint)

    def command(self, *arguments: str, before: Sequence[str] = (), **settings: Any) -> subprocess.Popen[str]:
        """A command of the house that has begun."""
        chosen = {**self.chosen, **settings}
        return launched(subprocess.PIPE, *arguments, before=before, typed=subprocess.PIPE, **chosen)

    def logged(self) -> str:
        """All that its servers have logged."""
        return Path(self.log.name).read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End what still runs."""
        for server in self.servers:
            server.kill()
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
