"""The server is killed as nobody should, under load: P1, P3."""

from __future__ import annotations

import random
import statistics
import time

from bench.private import PostgreSQL
from drills.crowd import Crowd, crowd
from drills.house import House, Server, house
from drills.services import private_postgresql
from drills.telling import Telling, drill

ROUNDS = 20
ACKNOWLEDGED_A_ROUND = 12
LONGEST_START = 10.0
PAUSE = 0.02


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


def _rounds(tell: Telling, home: House, servers: list[Server]) -> None:
    chance = random.Random(9)
    with crowd(*servers, pause=PAUSE) as readers:
        starts = [_round(readers, servers[n % len(servers)], chance) for n in range(ROUNDS)]
    slowest, middle = max(starts), statistics.median(starts)
    tell.saw(f"{ROUNDS} kills; up again in {middle:.1f} s, at most {slowest:.1f} s")
    tell.expect(slowest < LONGEST_START, f"a start took {slowest:.1f} s")
    readers.ledger.compare(home, tell, is_complete=True)


def _round(readers: Crowd, server: Server, chance: random.Random) -> float:
    readers.waits_for(ACKNOWLEDGED_A_ROUND)
    time.sleep(chance.random() * 0.1)  # anywhere in the middle of a comment
    server.kill()
    return server.start()


def _expect_durable(tell: Telling, cluster: PostgreSQL, home: House) -> None:
    said = {name: home.rows(f"SHOW {name}")[0][0] for name in ("fsync", "synchronous_commit")}
    tell.saw(f"PostgreSQL with {said}")
    tell.expect(cluster.is_durable and set(said.values()) == {"on"}, "PostgreSQL is not durable")
