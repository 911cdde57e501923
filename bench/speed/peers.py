"""Who is measured, each in a process of its own: Gatepost as `flask serve` starts it, Isso, and the floor.

Both have an environment of their own below the user's cache folder, with what they need to serve and nothing
else. Isso comes from PyPI and runs as its documentation says for production: gunicorn, four workers, SQLite;
its guard is off, or there would be nothing to measure. Gatepost's limits stay on, and every comment comes
from a network of its own. Both keep every other default, but that a page of ours holds the whole thread, as
theirs does. The thread has 70 comments and 30 replies.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from html import unescape
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from bench.installation import serving
from bench.post_comments import Words
from bench.speed.client import form, request

ISSO = ("isso==0.14.0", "gunicorn==27.0.1")
WORKERS = 4
TOP, REPLIES = 70, 30
ARTICLES = 20
"""Articles that comments are posted to in turn, besides the thread that is read and the one that grows."""

UNLIMITED: dict[str, object] = {
    "trusted_proxies": "127.0.0.0/8",
    "log_level": "info",
    "busy_article_per_hour": 0,
    "form_min_seconds": 0,
    "comments_per_page": 200,
}
_TOKEN = re.compile(r'name="gatepost_token"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="gatepost_token"')
_ISSO_SETTINGS = """
[general]
dbpath = {folder}/isso.db
host = http://127.0.0.1:{port}
[server]
listen = http://127.0.0.1:{port}
[guard]
enabled = false
"""


_NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log /dev/null;{user}
events {{ worker_connections 64; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type text/html;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}/html; }}
}}
"""


class Reader(Protocol):
    """Somebody whose page is measured."""

    port: int
    pid: int

    def read(self) -> bytes:
        """A request for the page."""


class Peer(Reader, Protocol):
    """Somebody who takes comments, too."""

    def posts(self, words: Sequence[Words]) -> list[bytes]:
        """Requests that post these, on articles in turn."""


class Gatepost:
    """Our own, through its own form."""

    def __init__(self, port: int, pid: int, folder: Path) -> None:
        self.port, self.pid, self.folder = port, pid, folder
        self.tag = ""

    def fill(self, words: Iterator[Words]) -> None:
        """Make the threads that are read; comments that the classifier lets wait are replaced by others."""
        for article in ("article-1", "article-2"):
            tops: list[int] = []
            while len(tops) < TOP:
                tops += self.published(article, next(words))
            replies = 0
            for parent in range(10 * REPLIES):
                if replies < REPLIES:
                    replies += len(self.published(article, next(words), tops[parent % TOP]))
        self.tag = self.answer("GET", "/articles/article-1")[1]["etag"]

    def read(self) -> bytes:
        return request("GET", "/articles/article-1")

    def read_again(self) -> bytes:
        """A request that says what it has already."""
        return request("GET", "/articles/article-1", If_None_Match=self.tag)

    def posts(self, words: Sequence[Words]) -> list[bytes]:
        articles = [f"article-{3 + n}" for n in range(ARTICLES)]
        tokens = {article: self._token(article) for article in articles}
        made = []
        for n, each in enumerate(words):
            article = articles[n % ARTICLES]
            body = form(self._fields(each) | {"gatepost_token": tokens[article]})
            made.append(
                request("POST", f"/articles/{article}/comments", body, X_Forwarded_For=_network(each))
            )
        return made

    def published(self, article: str, words: Words, parent: int = 0) -> list[int]:
        """Post one; its id if it is public, else nothing."""
        fields = self._fields(words) | {"gatepost_token": self._token(article), "comment_parent": str(parent)}
        sender = {"X-Forwarded-For": _network(words)}
        status, headers, _ = self.answer("POST", f"/articles/{article}/comments", form(fields), **sender)
        place = headers.get("location", "")
        return [int(place.partition("#comment-")[2])] if status == 303 and "held=" not in place else []

    def answer(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask once."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        return _answer(self.port, method, path, body, kind | headers)

    def _token(self, article: str) -> str:
        found = _TOKEN.search(self.answer("GET", f"/articles/{article}")[2].decode())
        return unescape(found[1] or found[2]) if found else ""

    @staticmethod
    def _fields(words: Words) -> dict[str, str]:
        email = f"reader{words.n}@example.org"
        return {"comment": words.text, "author": words.name, "email": email, "url": words.website}


class Isso:
    """The one that users would pick instead."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid

    def fill(self, words: Iterator[Words]) -> None:
        """Make the thread that is read."""
        tops = [self._posted("/article-1/", next(words)) for _ in range(TOP)]
        for parent in tops[:REPLIES]:
            self._posted("/article-1/", next(words), parent)
        for n in range(ARTICLES):
            self._posted(f"/article-{3 + n}/", next(words))

    def read(self) -> bytes:
        return request("GET", "/?uri=%2Farticle-1%2F")

    def posts(self, words: Sequence[Words]) -> list[bytes]:
        return [
            request(
                "POST",
                f"/new?uri=%2Farticle-{3 + n % ARTICLES}%2F",
                self._body(each),
                "application/json",
            )
            for n, each in enumerate(words)
        ]

    def _posted(self, uri: str, words: Words, parent: int | None = None) -> int:
        kind = {"Content-Type": "application/json"}
        path = f"/new?uri={uri.replace('/', '%2F')}"
        status, _, body = _answer(self.port, "POST", path, self._body(words, parent), kind)
        if status not in {201, 202}:
            raise RuntimeError(f"Isso answered {status}: {body[:200]!r}")
        return int(json.loads(body)["id"])

    @staticmethod
    def _body(words: Words, parent: int | None = None) -> bytes:
        said = {"text": words.text, "author": words.name, "email": f"reader{words.n}@example.org"}
        website = {"website": words.website} if words.website else {}
        return json.dumps({**said, **website, "title": "An article", "parent": parent}).encode()


class Floor:
    """One page and one insert."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid

    def read(self) -> bytes:
        return request("GET", "/page")

    def read_again(self) -> bytes:
        """A request that says what it has already."""
        return request("GET", "/page", If_None_Match='"a0b1c2d3e4f5"')

    def posts(self, words: Sequence[Words]) -> list[bytes]:
        bodies = [form({"author": each.name, "comment": each.text}) for each in words]
        return [request("POST", "/rows", body) for body in bodies]


class Static:
    """A file."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid

    def read(self) -> bytes:
        return request("GET", "/page.html")


@contextmanager
def gatepost(**settings: object) -> Iterator[Gatepost]:
    """Served by its own command; `settings` besides those that lift the limits."""
    with serving(ARTICLES + 2, **{**UNLIMITED, **settings}) as served:
        yield Gatepost(served.port, served.pid, served.folder)


@contextmanager
def isso() -> Iterator[Isso]:
    """Installed where it is not yet, and served."""
    python = _environment("-".join(ISSO).replace("=", ""), *ISSO)
    with TemporaryDirectory(prefix="gatepost-bench-isso-") as folder:
        port = _free_port()
        path = Path(folder) / "isso.cfg"
        path.write_text(_ISSO_SETTINGS.format(folder=folder, port=port))
        command = [str(python.with_name("gunicorn")), "-w", str(WORKERS), "--preload"]
        command += ["-b", f"127.0.0.1:{port}", "--log-level", "warning", "isso.run"]
        with _process(command, port, ISSO_SETTINGS=str(path)) as process:
            yield Isso(port, process.pid)


@contextmanager
def floor() -> Iterator[Floor]:
    """The minimal view and the bare insert, on waitress."""
    with TemporaryDirectory(prefix="gatepost-bench-floor-") as folder:
        port = _free_port()
        command = [sys.executable, "-m", "bench.speed.floor", str(port), f"{folder}/rows.sqlite3"]
        with _process(command, port) as process:
            yield Floor(port, process.pid)


@contextmanager
def nginx(page: bytes) -> Iterator[Static | None]:
    """The same page as a file, by nginx where it is installed: nothing that is drawn comes near to it."""
    if (program := shutil.which("nginx")) is None:
        print("nginx is not installed: its static file is left out.", flush=True)
        yield None
        return
    with TemporaryDirectory(prefix="gatepost-bench-nginx-") as folder:
        port, path = _free_port(), Path(folder)
        (path / "html").mkdir()
        (path / "html" / "page.html").write_bytes(page)
        user = " user root;" if os.geteuid() == 0 else ""
        (path / "conf").write_text(_NGINX.format(folder=folder, port=port, user=user))
        with _process([program, "-p", folder, "-c", f"{folder}/conf"], port) as process:
            yield Static(port, process.pid)


@contextmanager
def _process(command: list[str], port: int, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env={**os.environ, **more}, stdout=quiet, stderr=quiet)
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} did not start")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def as_installed() -> Path:
    """A Python with what `requirements.txt` names, and nothing of what is only there to check us."""
    pins = Path("requirements.txt")
    return _environment(
        f"gatepost-{sha256(pins.read_bytes()).hexdigest()[:12]}", "--require-hashes", "-r", str(pins)
    )


def _environment(name: str, *wanted: str) -> Path:
    """The Python of an environment with these packages, made at the first use."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = cache / "gatepost-bench" / name
    python = place / "bin" / "python"
    if not (place / ".installed").exists():
        print(f"Installing {' '.join(wanted)} into {place} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *wanted]
        subprocess.run(pip, check=True)
        (place / ".installed").touch()
    return python


def _answer(
    port: int, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    link = HTTPConnection("127.0.0.1", port, 30)
    try:
        link.request(method, path, body or None, headers)
        answer = link.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        link.close()


def _network(words: Words) -> str:
    """An address in a network of its own."""
    return f"10.{words.n // 250 % 250}.{words.n % 250}.1"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def different(words: Sequence[Words], start: int) -> Iterator[Words]:
    """These comments again and again, each time with another ending: no two are the same comment."""
    for n in count(start):
        each = words[n % len(words)]
        yield Words(n, f"{each.text} ({n})", each.name, each.website)
