"""One of the installations that are measured: served by its own process, and asked as a browser asks."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

import numpy as np

from bench.installation import started
from bench.scale.filling import NAMES, PASSWORD, TOKEN
from bench.scale.words import Words
from bench.speed.client import Load, drive, form, request

SETTINGS: dict[str, Any] = {
    "trusted_proxies": "127.0.0.0/8",
    "log_level": "info",
    "busy_article_per_hour": 0,
    "form_min_seconds": 0,
    "limit_sign_ins_per_account": "1000 per minute",
    "limit_sign_ins": "1000 per minute",
    "learn_every": 0,
    "learn_at": "",
}
"""Every comment comes from a network of its own; nothing is learned meanwhile."""

BUSIEST = "article-1"
USUAL = [f"article-{n}" for n in range(2, 10)]
"""Articles with about a hundred comments each, in every installation."""

_TOKEN = re.compile(r'name="gatepost_token"[^>]*value="([^"]*)"')
_PATIENCE = 120


class Served:
    """A server, and its database as it is seen from outside."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder
        self._cookie = self._signed_in()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with closing(sqlite3.connect(database(self.folder), timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    def seconds(self, path: str, times: int = 16, *, at_desk: bool = False) -> list[float]:
        """How long a page takes, asked for so many times over one connection."""
        asked = request("GET", path, Cookie=self._cookie) if at_desk else request("GET", path)
        heard = drive(Load(self.port, 1, 0, [asked] * times, again=False))
        if set(heard.statuses) != {200}:
            raise RuntimeError(f"{path}: answers {dict(heard.statuses)}")
        return heard.waits

    def drawn_anew(self, paths: Sequence[str]) -> list[float]:
        """How long each of these pages takes once its article's revision is another."""
        found = []
        for path in paths:
            key = path.removeprefix("/articles/").partition("?")[0]
            with closing(sqlite3.connect(database(self.folder), timeout=30)) as connection, connection:
                connection.execute("UPDATE article SET revision = revision + 1 WHERE key = ?", (key,))
            found += self.seconds(path, 1)
        return found

    def posts(self, texts: Sequence[str], start: int, *, is_known: bool = False) -> list[float]:
        """How long it takes to post each of these, under the usual articles in turn."""
        cookie = {"Cookie": f"gatepost_reader={TOKEN}"} if is_known else {}
        tokens = {key: self._token(key) for key in USUAL}
        requests = []
        for n, text in enumerate(texts, start):
            key = USUAL[n % len(USUAL)]
            fields = {"comment": text, "author": f"Reader {n}", "email": f"reader{n}@example.org"}
            sender = f"10.{n // 250 % 250}.{n % 250}.1"
            body = form(fields | {"gatepost_token": tokens[key]})
            path = f"/articles/{key}/comments"
            requests.append(request("POST", path, body, X_Forwarded_For=sender, **cookie))
        heard = drive(Load(self.port, 1, 0, requests, again=False))
        if set(heard.statuses) != {303}:
            raise RuntimeError(f"POST: answers {dict(heard.statuses)}")
        return heard.waits

    def settle(self) -> None:
        """Wait until the sweeps have passed once, and found nothing more to do."""
        end, now = monotonic() + _PATIENCE, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        swept = "SELECT 1 FROM lease WHERE name = 'swept' AND until > datetime(?, '+3 minutes')"
        while not self.rows(swept, now):
            if monotonic() > end:
                raise TimeoutError("The sweeps do not end.")
            sleep(0.1)

    def _token(self, key: str) -> str:
        found = _TOKEN.search(self._answer("GET", f"/articles/{key}")[1])
        return unescape(found[1]) if found else ""

    def _signed_in(self) -> str:
        sent = urlencode({"name": NAMES[0], "password": PASSWORD})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        cookie, _ = self._answer("POST", "/desk/sign-in", sent, kind)
        if not cookie:
            raise RuntimeError("Signing in did not work.")
        return cookie.partition(";")[0]

    def _answer(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[str, str]:
        """The cookie that was set, and the page."""
        with closing(HTTPConnection("127.0.0.1", self.port, 60)) as link:
            link.request(method, path, body, headers or {})
            answer = link.getresponse()
            return answer.getheader("Set-Cookie", ""), answer.read().decode()


@contextmanager
def serving(folders: dict[str, Path]) -> Iterator[dict[str, Served]]:
    """All of them, each by `flask serve`, once nothing is left to do in the background."""
    with ExitStack() as stack:
        found = {}
        for name, folder in folders.items():
            _, address, _ = stack.enter_context(started(instance=folder, **SETTINGS))
            found[name] = Served(int(address.rpartition(":")[2]), folder)
            found[name].settle()
        yield found


def database(folder: Path) -> Path:
    """The file of an installation."""
    return folder / "gatepost.sqlite3"


def texts(count: int, seed: int) -> list[str]:
    """Comments to post, the same to everybody."""
    words = Words(np.random.default_rng(1))
    drawn = words.texts(count, np.zeros(count, dtype=bool))
    return [f"{each.typed} ({seed})" for each in drawn]
