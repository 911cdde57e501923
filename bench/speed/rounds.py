"""The rounds: everybody takes each turn in one round, and the medians over the rounds are told."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from bench.installation import started
from bench.post_comments import Words
from bench.speed.client import Load, drive, request
from bench.speed.peers import Floor, Gatepost, Isso, Peer, Reader, Static
from bench.speed.processes import memory_mb, processor_seconds

SECONDS = 2.0
FRESH_A_ROUND = 8
MOST_POSTS_A_SECOND = 1500
_GOOD = {200, 201, 202, 303, 304}


@dataclass(slots=True)
class Turns:
    """What each turn of each round brought: by name of the turn, whose it was, and what of it."""

    found: dict[tuple[str, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, turn: str, whose: str, **values: float) -> None:
        """Keep what a turn brought."""
        for what, value in values.items():
            self.found[turn, whose, what].append(value)

    def median(self, turn: str, whose: str, what: str) -> float:
        """The median over the rounds."""
        return statistics.median(self.found[turn, whose, what])

    def ratio(self, turn: str, what: str, whose: str = "gatepost", to: str = "isso") -> float:
        """The median of the ratios within each round: what slows a round down slows both."""
        pairs = zip(self.found[turn, whose, what], self.found[turn, to, what], strict=True)
        return statistics.median(a / b for a, b in pairs)

    def rows(self) -> list[dict[str, Any]]:
        """All of it, for a file."""
        return [
            {"turn": turn, "whose": whose, "what": what, "rounds": [round(each, 4) for each in values]}
            for (turn, whose, what), values in self.found.items()
        ]


class Measuring:
    """Lets the peers take turns; requests come from a process of its own."""

    def __init__(
        self, peers: dict[str, Peer], words: Iterator[Words], turns: Turns, file: Static | None = None
    ) -> None:
        self.peers, self.words, self.turns = peers, words, turns
        self.readers: dict[str, Reader] = {**peers, **({"nginx": file} if file else {})}
        self._client = ProcessPoolExecutor(1, get_context("spawn"))

    def __enter__(self) -> Measuring:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.shutdown()

    def reading(self) -> None:
        """The thread, as it was and as it is when the reader has it."""
        for connections in (1, 8):
            for whose, reader in self.readers.items():
                self._drive(f"GET c={connections}", whose, [reader.read()], connections)
            for whose, peer in self.peers.items():
                if isinstance(peer, Gatepost | Floor):
                    self._drive(f"304 c={connections}", whose, [peer.read_again()], connections)

    def posting(self, seconds: float = SECONDS) -> None:
        """Comments, on articles in turn."""
        for connections in (1, 8):
            words = [next(self.words) for _ in range(int(MOST_POSTS_A_SECOND * seconds))]
            for whose, peer in self.peers.items():
                self._drive(f"POST c={connections}", whose, peer.posts(words), connections, again=False)

    def first_after_a_comment(self) -> None:
        """The thread right after somebody wrote in it; Isso draws it anew each time anyway."""
        ours, theirs = self.peers["gatepost"], self.peers["isso"]
        if not isinstance(ours, Gatepost) or not isinstance(theirs, Isso):
            return
        first: list[float] = []
        again: list[float] = []
        while len(first) < FRESH_A_ROUND:
            if ours.published("article-2", next(self.words)):
                first.append(_timed(_once(ours.port, "/articles/article-2")))
                again.append(_timed(_once(theirs.port, "/?uri=%2Farticle-1%2F")))
        self.turns.note("first GET", "gatepost", ms=statistics.median(first) * 1000)
        self.turns.note("first GET", "isso", ms=statistics.median(again) * 1000)

    def memory(self) -> None:
        """Right after the load."""
        for whose, peer in self.peers.items():
            self.turns.note("under load", whose, mb=memory_mb(peer.pid))

    def _drive(
        self, turn: str, whose: str, requests: list[bytes], connections: int, *, again: bool = True
    ) -> None:
        peer = self.readers[whose]
        before = processor_seconds(peer.pid)
        load = Load(peer.port, connections, SECONDS, requests, again)
        heard = self._client.submit(drive, load).result(timeout=120)
        used = processor_seconds(peer.pid) - before
        if bad := {status: n for status, n in heard.statuses.items() if status not in _GOOD}:
            raise RuntimeError(f"{turn} of {whose}: answers {bad}")
        waits = statistics.quantiles(heard.waits, n=100)
        self.turns.note(
            turn,
            whose,
            per_second=len(heard.waits) / heard.seconds,
            p50_ms=waits[49] * 1000,
            p99_ms=waits[98] * 1000,
            cpu_ms=used * 1000 / len(heard.waits),
        )


def start(turns: Turns, name: str, **settings: object) -> None:
    """From the command to the first page."""
    began = time.perf_counter()
    with started(**settings) as (_, address, _):
        drive(_once(int(address.rpartition(":")[2]), "/"))
        turns.note("start", name, seconds=time.perf_counter() - began)


def _once(port: int, path: str) -> Load:
    return Load(port, 1, 60, [request("GET", path)], again=False)


def _timed(load: Load) -> float:
    return drive(load).waits[0]
