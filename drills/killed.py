"""The server is killed as nobody should, under load: P1, P3."""

from __future__ import annotations

import os
import random
import signal
import statistics
import time

from bench.private import PostgreSQL, wait_until
from drills.crowd import Crowd, crowd
from drills.house import House, Server, house
from drills.services import private_postgresql
from drills.telling import Telling, drill

ROUNDS = 20
ROUNDS_OF_GUNICORN = 9
WORKERS = 2
ACKNOWLEDGED_A_ROUND = 12
LONGEST_START = 10.0
PAUSE = 0.1


@drill("P1, P3")
def kill_9_on_sqlite(tell: Telling) -> None:
    """Four readers post by form and JSON and try again; the server is killed with -9 under them and started
    again, 20 times."""
    with house() as home:
        _rounds(tell, home, [home.serve()])


@drill("P1, P3")
def kill_9_on_postgresql(tell: Telling) -> None:
    """The same with two processes on one PostgreSQL: each time one of them is killed, and the readers go to
    the other."""
    with private_postgresql() as cluster, house(cluster) as home:
        _expect_durable(tell, cluster, home)
        _rounds(tell, home, [home.serve(), home.serve()])


@drill("P1, P3")
def kill_9_of_worker_and_master(tell: Telling) -> None:
    """gunicorn with two workers, as in `deploy/`, on one PostgreSQL: under four readers who try again a worker is
    killed with -9, which the master replaces, and in every third round the master, which is started again."""
    with private_postgresql() as cluster, house(cluster) as home:
        server, chance = home.serve(is_gunicorn=True), random.Random(9)
        replaced, starts = [], []
        with crowd(server, pause=PAUSE) as readers:
            for n in range(ROUNDS_OF_GUNICORN):
                wait_until(lambda: len(server.workers()) == WORKERS, what="all workers")
                readers.waits_for(ACKNOWLEDGED_A_ROUND)
                time.sleep(chance.random() * 0.1)
                if n % 3 == 2:
                    starts.append(_master_killed(server))
                else:
                    replaced.append(_worker_killed(server, chance))
            readers.waits_for(ACKNOWLEDGED_A_ROUND)
        tell.saw(f"{len(replaced)} workers killed, another one stood in within {max(replaced):.1f} s")
        tell.saw(f"{len(starts)} masters killed; up again in at most {max(starts):.1f} s")
        tell.expect(max(replaced + starts) < LONGEST_START, "it took too long")
        readers.ledger.compare(home, tell, is_complete=True, was_killed=True)


def _worker_killed(server: Server, chance: random.Random) -> float:
    """After how many seconds there was another in its place."""
    victim = chance.choice(server.workers())
    os.kill(victim, signal.SIGKILL)
    return wait_until(
        lambda: victim not in server.workers() and len(server.workers()) == WORKERS, what="another worker"
    )


def _master_killed(server: Server) -> float:
    """After how many seconds it was up again; its workers notice by themselves that it is gone."""
    if server.process is not None:
        server.process.kill()
        server.process.wait()
    return server.start()


def _rounds(tell: Telling, home: House, servers: list[Server]) -> None:
    chance = random.Random(9)
    with crowd(*servers, pause=PAUSE) as readers:
        starts = [_round(readers, servers[n % len(servers)], chance) for n in range(ROUNDS)]
    slowest, middle = max(starts), statistics.median(starts)
    tell.saw(f"{ROUNDS} kills; up again in {middle:.1f} s, at most {slowest:.1f} s")
    tell.expect(slowest < LONGEST_START, f"a start took {slowest:.1f} s")
    readers.ledger.compare(home, tell, is_complete=True, was_killed=True)


def _round(readers: Crowd, server: Server, chance: random.Random) -> float:
    readers.waits_for(ACKNOWLEDGED_A_ROUND)
    time.sleep(chance.random() * 0.1)  # anywhere in the middle of a comment
    server.kill()
    return server.start()


def _expect_durable(tell: Telling, cluster: PostgreSQL, home: House) -> None:
    said = {name: home.rows(f"SHOW {name}")[0][0] for name in ("fsync", "synchronous_commit")}
    tell.saw(f"PostgreSQL with {said}")
    tell.expect(cluster.is_durable and set(said.values()) == {"on"}, "PostgreSQL is not durable")
