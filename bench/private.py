"""PostgreSQL and Redis of our own: in a temporary folder, on a free port of 127.0.0.1, gone when the block ends."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A cluster of our own, to be stopped and started; it refuses to run as root, so root runs it as postgres."""

    folder: Path
    binaries: Path
    port: int
    is_durable: bool

    @property
    def url(self) -> str:
        """Its first database, for whoever may make others."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """One of its databases."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        """Make the empty cluster."""
        if _is_root():
            shutil.chown(self.folder, "postgres")
        self._control("-o", "-U postgres -A trust -E UTF8 -N", "initdb")

    def start(self) -> None:
        """Let it answer."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
            f" -c fsync={'on' if self.is_durable else 'off'}"
        )
        self._control("-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Let it answer no more: `fast` in order, `immediate` as in a crash."""
        self._control("-m", mode, "stop")

    def _control(self, *arguments: str) -> None:
        command = [str(self.binaries / "pg_ctl"), "-s", "-w", "-D", str(self.folder / "data"), *arguments]
        subprocess.run([*_as_postgres(), *command], check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


@dataclass(slots=True)
class Redis:
    """A server of our own, empty and kept in memory alone."""

    binary: str
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """A database of it."""
        return f"redis://127.0.0.1:{self.port}/15"

    def start(self) -> None:
        """Let it answer."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command = [self.binary, *options, "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(lambda: redis_says(self.port, "PING") == [b"+PONG"])

    def send(self, number: int) -> None:
        """Send its process a signal."""
        if self.process is not None:
            self.process.send_signal(number)

    def stop(self) -> None:
        """Let it answer no more, whatever state it is in."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def postgresql(*, is_durable: bool = False) -> Iterator[PostgreSQL]:
    """A PostgreSQL that is running; nothing of it reaches a disk unless it is durable.

    Raises
    ------
    FileNotFoundError
        It is not installed.
    """
    binaries = postgresql_binaries()
    if not binaries:
        raise FileNotFoundError("PostgreSQL is not installed (`apt-get install postgresql`)")
    with TemporaryDirectory(prefix="gatepost-postgresql-", ignore_cleanup_errors=True) as folder:
        server = PostgreSQL(Path(folder), Path(binaries), free_port(), is_durable)
        server.make()
        try:
            server.start()
            yield server
        finally:
            with suppress(subprocess.CalledProcessError):  # it may be stopped already
                server.stop("immediate")


@contextmanager
def redis() -> Iterator[Redis]:
    """A Redis that is running.

    Raises
    ------
    FileNotFoundError
        It is not installed.
    """
    binary = redis_server()
    if not binary:
        raise FileNotFoundError("Redis is not installed (`apt-get install redis-server`)")
    with TemporaryDirectory(prefix="gatepost-redis-") as folder:
        server = Redis(binary, Path(folder), free_port())
        try:
            server.start()
            yield server
        finally:
            server.stop()


def postgresql_binaries() -> str:
    """Debian keeps them off the PATH, one folder a version; the newest that is there, or nothing."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return next((str(folder) for folder in reversed(folders) if (folder / "initdb").exists()), "")


def redis_server() -> str:
    """Where Redis is, or nothing."""
    return shutil.which("redis-server") or ""


def redis_says(port: int, *commands: str) -> list[bytes]:
    """A line for each command; nothing if it does not answer within a second."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
        with connection.makefile("rb") as answers:
            return [answers.readline().strip() for _ in commands]
    return []


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], seconds: float = START_SECONDS, what: str = "the server") -> float:
    """Wait until it is so; returns after how many seconds that was.

    Raises
    ------
    TimeoutError
    """
    begin = time.monotonic()
    while not ready():
        if time.monotonic() - begin > seconds:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - begin


def _is_root() -> bool:
    return os.geteuid() == 0


def _as_postgres() -> list[str]:
    return ["runuser", "-u", "postgres", "--"] if _is_root() else []
