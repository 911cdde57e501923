"""Readers who post, each from a loopback network of their own, and every comment in words of its own."""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import Any
from urllib.parse import urlencode

from drills.house import ARTICLES, Page, Server
from drills.ledger import CUT_OFF, DOOR_SHUT, Answer, Ledger
from drills.telling import Telling

CLIENTS = 4
PATIENCE_SECONDS = 20
_TOKEN = re.compile(r'name="gatepost_token"[^>]*value="([^"]+)"')


@dataclass
class Crowd:
    """Posts without pause until it is told to stop.

    Parameters
    ----------
    is_stubborn
        Whoever gets no answer, or is put off, sends the same words again until there is an answer for good.
    pause
        Seconds between two comments of one reader.
    """

    servers: Sequence[Server]
    clients: int = CLIENTS
    is_stubborn: bool = True
    pause: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    _leaving: threading.Event = field(default_factory=threading.Event)
    _giving_up: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def come(self) -> None:
        """All of them begin."""
        for client in range(self.clients):
            thread = threading.Thread(target=self._post_on, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def leave(self, seconds: float = 60) -> None:
        """All of them end the comment at hand, the stubborn ones until it is acknowledged."""
        self._leaving.set()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            raise TimeoutError(f"readers still waited for an answer after {seconds:.0f} s")

    def gives_up(self) -> None:
        """All of them go home at once, whatever they were at: the drill broke off."""
        self._giving_up.set()
        self._leaving.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS + 1)

    def waits_for(self, more: int, seconds: float = 60) -> None:
        """Until so many more comments are acknowledged."""
        wanted = len(self.ledger.acknowledged) + more
        end = time.monotonic() + seconds
        while len(self.ledger.acknowledged) < wanted:
            if time.monotonic() > end:
                raise TimeoutError(f"{more} more comments were not acknowledged within {seconds:.0f} s")
            time.sleep(0.02)

    def _post_on(self, client: int) -> None:
        n = 0
        while not self._leaving.is_set():
            n += 1
            words = f"{secrets.token_hex(8)} says that the ferry {client} sails at {n}."
            self._say(words, client, n)
            time.sleep(self.pause)

    def _say(self, words: str, client: int, n: int) -> None:
        for attempt in count():
            server = self.servers[(client + attempt) % len(self.servers)]
            answer = post(server, words, network=(client + 1, n), is_json=bool(client % 2))
            self.ledger.note(words, answer)
            if answer.status not in {DOOR_SHUT, CUT_OFF, 429, 503}:
                return
            if answer.status != DOOR_SHUT and not self.is_stubborn:
                return
            if self._giving_up.is_set() or (self._leaving.is_set() and not self.is_stubborn):
                return
            time.sleep(0.3 if answer.status > 0 else 0.1)


@contextmanager
def crowd(*servers: Server, **how: Any) -> Iterator[Crowd]:
    """Readers who post while the block lasts, and end their comments as it ends."""
    them = Crowd(servers, **how)
    them.come()
    try:
        yield them
    except BaseException:
        them.gives_up()
        raise
    them.leave()


def post(
    server: Server,
    words: str,
    *,
    network: tuple[int, int] = (1, 1),
    is_json: bool = False,
    article: int | None = None,
    seconds: float = PATIENCE_SECONDS,
) -> Answer:
    """One comment, from 127.x.y.1, and what came back."""
    source = f"127.{1 + network[0] % 250}.{network[1] % 256}.1"
    where = f"/articles/article-{article or 1 + network[1] % ARTICLES}"
    fields = {
        "comment": words,
        "author": f"Reader {network[0]}",
        "email": f"reader{network[0]}.{network[1]}@example.org",
    }
    link = HTTPConnection("127.0.0.1", server.port, seconds, source_address=(source, 0))
    begin = time.monotonic()
    try:
        link.connect()
    except OSError:
        return Answer(DOOR_SHUT)
    try:
        fields["gatepost_token"] = _token(server, where, link)
        begin = time.monotonic()
        kind = "application/json" if is_json else "application/x-www-form-urlencoded"
        body = json.dumps(fields) if is_json else urlencode(fields)
        link.request("POST", f"{where}/comments", body, {"Content-Type": kind})
        came = link.getresponse()
        came.read()
        location, retry = came.getheader("Location", ""), came.getheader("Retry-After", "")
        return Answer(came.status, location, retry, time.monotonic() - begin)
    except (OSError, HTTPException):
        return Answer(CUT_OFF, seconds=time.monotonic() - begin)
    finally:
        link.close()


_tokens: dict[tuple[Server, str], str] = {}


def _token(server: Server, page: str, link: HTTPConnection) -> str:
    """A form's token is good for a day: each page is opened for it once."""
    if (server, page) not in _tokens:
        link.request("GET", page)
        found = _TOKEN.search(link.getresponse().read().decode())
        if found is None:
            return ""
        _tokens[server, page] = found[1]
    return _tokens[server, page]


@dataclass
class Watching:
    """A reader who opens pages all the while: what came, and the slowest in seconds."""

    pages: list[Page] = field(default_factory=list)
    slowest: float = 0.0

    @property
    def statuses(self) -> set[int]:
        """Which there were; nothing at all where nobody looked."""
        return {page.status for page in self.pages}

    @property
    def told(self) -> str:
        """In words."""
        fine = sum(page.status == 200 for page in self.pages)
        return f"{fine} of {len(self.pages)} pages opened, the slowest in {self.slowest:.2f} s"

    def expect(self, tell: Telling, within: float, allowed: frozenset[int] = frozenset({200})) -> None:
        """Tell a fault unless there were pages, all of them in order and in time."""
        tell.expect(bool(self.pages) and self.statuses <= allowed, f"readers got {sorted(self.statuses)}")
        tell.expect(all(page.is_in_order for page in self.pages), "a page that was put off does not say when")
        tell.expect(self.slowest < within, f"a page took {self.slowest:.1f} s")


@contextmanager
def watching(server: Server, path: str = "/articles/article-1", every: float = 0.1) -> Iterator[Watching]:
    """A reader opens a page again and again while the block lasts."""
    seen, leaving = Watching(), threading.Event()
    thread = threading.Thread(target=_watch, args=(server, path, every, seen, leaving.wait), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        leaving.set()
        thread.join()  # a page that hangs is a page, too


def _watch(server: Server, path: str, every: float, seen: Watching, leaves: Callable[[float], bool]) -> None:
    while not leaves(every):
        begin = time.monotonic()
        seen.pages.append(server.get(path))
        seen.slowest = max(seen.slowest, time.monotonic() - begin)
