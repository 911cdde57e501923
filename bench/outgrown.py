"""What a second process costs: CPU per comment of two processes on PostgreSQL and Redis, beside one on the same.

Client, PostgreSQL, Redis and servers share the machine, so requests/s say little; CPU is that of the serving
processes, as the kernel counts it. PostgreSQL and Redis are private ones, PostgreSQL durable. Each installation has a
database of its own; both take turns in each round, the order changes from round to round, and the same two clients
send the same comments: to one port, or each to its own. Comments that the form would refuse are left out.

    python -m bench.outgrown [FOLDER] [--rounds 5] [--seconds 4] [--into docs]

FOLDER as for `python -m bench.speed`. With `--into` what was measured is kept in FOLDER/results/outgrown.json.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import create_engine, text

from bench.installation import install, started
from bench.post_comments import Words, sample
from bench.private import PostgreSQL, postgresql, redis
from bench.speed.__main__ import ENOUGH, is_taken, machine
from bench.speed.bars import Bar
from bench.speed.client import Load, drive
from bench.speed.peers import ARTICLES, UNLIMITED, Gatepost, different
from bench.speed.processes import processor_seconds
from bench.speed.rounds import MOST_POSTS_A_SECOND, Turns
from moderation.settings import Settings

CLIENTS = 2
CONNECTIONS = (1, 4)
"""Of each client."""

WARM_UP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Served:
    """One installation and the processes that serve it, one for each client or the same one for both."""

    processes: tuple[Gatepost, ...]

    @property
    def cpu_seconds(self) -> float:
        """What all of them have used."""
        return sum(processor_seconds(each.pid) for each in self.processes)

    def loads(self, words: Sequence[Words], connections: int, seconds: float) -> list[Load]:
        """What each client sends: its half of the comments."""
        at = [self.processes[n % len(self.processes)] for n in range(CLIENTS)]
        return [
            Load(each.port, connections, seconds, each.posts(words[n::CLIENTS]), again=False)
            for n, each in enumerate(at)
        ]


def main() -> None:
    """Measure, print, keep."""
    chosen = _arguments()
    taken = [each for each in sample(Path(chosen.folder), ENOUGH, 40, 1500) if is_taken(each)]
    words = different(taken, 0)
    turns, about = Turns(), machine() | {"peers": "one process and two"}
    with _both() as served, ProcessPoolExecutor(CLIENTS, get_context("spawn")) as clients:
        for whose in served:
            _turn(Turns(), clients, (whose, served[whose]), _some(words, WARM_UP_SECONDS), 4, WARM_UP_SECONDS)
        for n in range(chosen.rounds):
            for connections in CONNECTIONS:
                same = _some(words, chosen.seconds)
                for whose in sorted(served, reverse=bool(n % 2)):
                    _turn(turns, clients, (whose, served[whose]), same, connections, chosen.seconds)
    found = [
        Bar(
            f"POST: CPU of two processes ÷ one, PostgreSQL and Redis, c={CLIENTS * connections}",
            1.15,
            1.05,
            turns.ratio(_name(connections), "cpu_ms", "two", "one"),
            True,
        )
        for connections in CONNECTIONS
    ]
    print(*(f"{name}: {value}" for name, value in about.items()), sep="\n")
    print(
        *(f"{row['turn']:<12}{row['whose']:<6}{row['what']:<12}{row['rounds']}" for row in turns.rows()),
        sep="\n",
    )
    print("| work | bar | aim | measured | reached |\n| --- | --- | --- | --- | --- |")
    print(*(each.row for each in found), sep="\n")
    if chosen.into:
        kept = json.dumps({"about": about, "turns": turns.rows()}, ensure_ascii=False, indent=1)
        path = Path(chosen.into, "results", "outgrown.json")
        path.write_text(kept + "\n", encoding="utf-8")


def _turn(
    turns: Turns,
    clients: ProcessPoolExecutor,
    whose: tuple[str, Served],
    words: Sequence[Words],
    *how: Any,
) -> None:
    connections, seconds = how
    name, served = whose
    loads = served.loads(words, connections, seconds)
    before = served.cpu_seconds
    heard = list(clients.map(drive, loads))
    used = served.cpu_seconds - before
    statuses = set().union(*(each.statuses for each in heard))
    if statuses != {303}:
        raise RuntimeError(f"{_name(connections)} of {name}: answers {statuses}")
    count = sum(len(each.waits) for each in heard)
    per_second = sum(len(each.waits) / each.seconds for each in heard)
    turns.note(_name(connections), name, cpu_ms=used * 1000 / count, per_second=per_second)


def _name(connections: int) -> str:
    return f"POST c={CLIENTS * connections}"


def _some(words: Iterator[Words], seconds: float) -> list[Words]:
    return [next(words) for _ in range(int(MOST_POSTS_A_SECOND * seconds / 2))]


@contextmanager
def _both() -> Iterator[dict[str, Served]]:
    """The one that is served by one process, and the one that is served by two."""
    with ExitStack() as stack:
        cluster = stack.enter_context(postgresql(is_durable=True))
        url = stack.enter_context(redis()).url
        yield {
            "one": stack.enter_context(_served(cluster, url, 1)),
            "two": stack.enter_context(_served(cluster, url, 2)),
        }


@contextmanager
def _served(cluster: PostgreSQL, redis_url: str, processes: int) -> Iterator[Served]:
    with TemporaryDirectory(prefix="gatepost-bench-") as folder, ExitStack() as stack:
        settings: dict[str, Any] = {
            **UNLIMITED,
            "instance": Path(folder),
            "database_url": _database(cluster, f"bench_{processes}"),
            "redis_url": redis_url,
        }
        install(Settings(**settings), ARTICLES + 2)
        ports = _neighbours(processes)
        at_work = [stack.enter_context(started(**settings, port=port)) for port in ports]
        yield Served(
            tuple(
                Gatepost(int(address.rpartition(":")[2]), process.pid, Path(folder))
                for process, address, _ in at_work
            )
        )


def _neighbours(count: int) -> range:
    """Free ports beside each other, as an operator would choose them: servers there take cores of their own."""
    for first in range(20_000, 30_000, count):
        with ExitStack() as stack:
            probes = [stack.enter_context(socket.socket()) for _ in range(count)]
            with suppress(OSError):
                for port, probe in enumerate(probes, first):
                    probe.bind(("127.0.0.1", port))
                return range(first, first + count)
    raise RuntimeError("There are no free ports beside each other.")


def _database(cluster: PostgreSQL, name: str) -> str:
    hand = create_engine(cluster.url, isolation_level="AUTOCOMMIT")
    with hand.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    hand.dispose()
    return cluster.url_of(name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", nargs="?", default=os.environ.get("GATEPOST_BENCH_DATA", "../shared/data"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--into")
    return parser.parse_args()


if __name__ == "__main__":
    main()
