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
from time import monotonic, sleep, time
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
    "keep_spam_text_days": 36_500,
}
"""Every comment comes from a network of its own; nothing is learned meanwhile, and no spam falls due, after which the
sweeps would write the whole index of words anew."""

BUSIEST = "article-1"
USUAL = [f"article-{n}" for n in range(2, 10)]
"""Articles with about a hundred comments each, in every installation."""

_TOKEN = re.compile(r'name="gatepost_token"[^>]*value="([^"]*)"')
_PATIENCE = 120
_RUN = int(time())


class Busy(RuntimeError):
    """It asked to come again later (503)."""


class Served:
    """A server, and its database as it is seen from outside."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder
        self._cookie = self._signed_in()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        with closing(sqlite3.connect(database(self.folder), timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    def answered(self, asked: bytes, status: int = 200) -> float:
        """Seconds until this request is answered."""
        heard = drive(Load(self.port, 1, 0, [asked], again=False))
        if 503 in heard.statuses:
            raise Busy
        if set(heard.statuses) != {status}:
            raise RuntimeError(f"{asked[:80]!r}: answers {dict(heard.statuses)}")
        return heard.waits[0]

    def at_desk(self, path: str) -> float:
        """Seconds that a page of the desk takes."""
        return self.answered(request("GET", path, Cookie=self._cookie))

    def drawn_anew(self, path: str) -> float:
        """Seconds that the page of an article takes once its revision is another."""
        key = path.removeprefix("/articles/").partition("?")[0]
        with closing(sqlite3.connect(database(self.folder), timeout=30)) as connection, connection:
            connection.execute("UPDATE article SET revision = revision + 1 WHERE key = ?", (key,))
        return self.answered(request("GET", path))

    def posts(self, said: Sequence[str], start: int, *, is_known: bool = False) -> list[bytes]:
        """Requests that post each of these, under the usual articles in turn, each from a network of its own."""
        headers = {"Cookie": f"gatepost_reader={TOKEN}"} if is_known else {}
        tokens, requests = {key: self._token(key) for key in USUAL}, []
        for n, comment in enumerate(said, start):
            key = USUAL[n % len(USUAL)]
            fields = {"comment": comment, "author": f"Reader {n}", "email": f"reader{n}@example.org"}
            body = form(fields | {"gatepost_token": tokens[key]})
            sender = {"X_Forwarded_For": f"10.{n // 250 % 250}.{n % 250}.1", **headers}
            requests.append(_post(f"/articles/{key}/comments", body, sender))
        return requests

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


def _post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    return request("POST", path, body, "application/x-www-form-urlencoded", **headers)


def database(folder: Path) -> Path:
    """The file of an installation."""
    return folder / "gatepost.sqlite3"


def texts(count: int, number: int) -> list[str]:
    """Comments to post, the same to everybody, and others in each round and run."""
    words = Words(np.random.default_rng(1))
    drawn = words.texts(count, np.zeros(count, dtype=bool))
    return [f"{each.typed} ({number}, {_RUN})" for each in drawn]
