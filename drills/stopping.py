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
        tell.saw(f"{ROUNDS} stops, the slowest in {max(seconds for _, seconds in stops):.1f} s")
        tell.saw(f"{readers.ledger.answers[CUT_OFF]} requests in flight were cut off")
        tell.expect(
            {status for status, _ in stops} == {0}, f"exit statuses {[status for status, _ in stops]}"
        )
        tell.expect(max(seconds for _, seconds in stops) < LONGEST_STOP, "a stop took too long")
        tell.expect(not readers.ledger.answers[CUT_OFF], "a request in flight got no answer")
        readers.ledger.compare(home, tell, is_complete=True)


@drill("P24")
def slow_clients(tell: Telling) -> None:
    """Sixty clients drip heads and bodies or hardly read their answers, while one reader opens pages for 15 s."""
    with house() as home:
        server = home.serve()
        waits, failures = kept_waiting("127.0.0.1", server.port, clients=60, seconds=15)
        slowest, middle = max(waits, default=0.0), statistics.median(waits or [0.0])
        tell.saw(
            f"{len(waits)} pages opened, {failures} failed, median {middle:.3f} s, slowest {slowest:.2f} s"
        )
        tell.expect(bool(waits) and not failures and slowest < LIMIT_SECONDS, "a reader was kept waiting")
