"""The server is told to stop under load; slow clients sit at the door. P1, P24."""

from __future__ import annotations

import statistics
import time

from bench.slow_clients import LIMIT_SECONDS, kept_waiting
from drills.crowd import crowd
from drills.house import house
from drills.ledger import CUT_OFF
from drills.telling import Telling, drill

ROUNDS = 5
LONGEST_STOP = 20.0


@drill("P1")
def sigterm_under_load(tell: Telling) -> None:
    """Eight readers post; the server is told to stop (SIGTERM) and started again, five times."""
    with house() as home:
        server, stops = home.serve(), []
        with crowd(server, clients=8) as readers:
            for _ in range(ROUNDS):
                readers.waits_for(20)
                time.sleep(0.3)
                stops.append(server.stop())
                server.start()
        tell.saw(f"{ROUNDS} stops, each with status 0, the slowest in {max(stops):.1f} s")
        tell.saw(f"{readers.ledger.answers[CUT_OFF]} requests in flight were cut off")
        tell.expect(max(stops) < LONGEST_STOP, "a stop took too long")
        tell.expect(not readers.ledger.answers[CUT_OFF], "a request in flight got no answer")
        readers.ledger.compare(home, tell, is_complete=True, was_killed=True)


@drill("P24")
def slow_clients(tell: Telling) -> None:
    """Sixty clients drip heads and bodies or hardly read their answers, while one reader opens pages for 10 s and
    two post."""
    with house() as home:
        server = home.serve()
        with crowd(server, clients=2, pause=0.2) as readers:
            waits, failures = kept_waiting("127.0.0.1", server.port, clients=60, seconds=10)
        slowest, middle = max(waits, default=0.0), statistics.median(waits or [0.0])
        tell.saw(
            f"{len(waits)} pages opened, {failures} failed, median {middle:.3f} s, slowest {slowest:.2f} s"
        )
        tell.expect(bool(waits) and not failures and slowest < LIMIT_SECONDS, "a reader was kept waiting")
        tell.expect(readers.ledger.slowest < LIMIT_SECONDS, f"a comment took {readers.ledger.slowest:.1f} s")
        readers.ledger.compare(home, tell, is_complete=True)
