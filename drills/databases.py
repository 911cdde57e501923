"""PostgreSQL is restarted under load, crashes, and stays away for a while. P7."""

from __future__ import annotations

import time

from bench.private import wait_until
from drills.crowd import crowd, post, watching
from drills.house import Server, house
from drills.services import private_postgresql
from drills.telling import Telling, drill

AWAY_SECONDS = 8
LONGEST_ANSWER = 5.6


@drill("P7")
def postgresql_restarted(tell: Telling) -> None:
    """Four readers post while PostgreSQL is restarted, twice in order (fast) and twice as by a crash (immediate)."""
    with private_postgresql() as cluster, house(cluster) as home:
        server = home.serve()
        with crowd(server, pause=0.02) as readers:
            for mode in ("fast", "immediate") * 2:
                readers.waits_for(20)
                cluster.stop(mode)
                cluster.start()
            readers.waits_for(20)
        readers.ledger.compare(home, tell, is_complete=True)
        tell.expect(readers.ledger.slowest < LONGEST_ANSWER, f"an answer took {readers.ledger.slowest:.1f} s")


@drill("P7")
def postgresql_away(tell: Telling) -> None:
    """PostgreSQL is stopped for eight seconds, while four readers post and one opens pages; then it comes back."""
    with private_postgresql() as cluster, house(cluster) as home:
        server = home.serve()
        with crowd(server, pause=0.1) as readers:
            readers.waits_for(20)
            cluster.stop()
            with watching(server) as seen:
                time.sleep(AWAY_SECONDS)
            sick = server.get("/readyz")
            cluster.start()
            healed = wait_until(lambda: _takes(server), what="a comment taken again")
        tell.saw(
            f"away: /readyz {sick[0]}; pages {sorted(set(seen.statuses))}, the slowest in {seen.slowest:.2f} s"
        )
        tell.saw(f"the first comment after it was back was taken within {healed:.1f} s, without a restart")
        tell.expect(set(seen.statuses) <= {200, 503}, f"pages answered {sorted(set(seen.statuses))}")
        tell.expect(sick[0] == 503 and "database" in sick[1], "/readyz does not say so")
        tell.expect(max(seen.slowest, readers.ledger.slowest) < LONGEST_ANSWER, "somebody waited for long")
        tell.expect(readers.ledger.answers[503] > 0, "nobody was put off, so nothing was tried")
        readers.ledger.compare(home, tell, is_complete=True)


def _takes(server: Server) -> bool:
    return (
        post(server, f"Is it back at {time.monotonic_ns()}?", network=(77, time.monotonic_ns())).status == 303
    )
