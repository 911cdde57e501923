"""PostgreSQL is restarted under load, crashes, and stays away for a while. P7."""

from __future__ import annotations

import time

from sqlalchemy import create_engine, text

from bench.private import PostgreSQL, wait_until
from drills.crowd import crowd, post, watching
from drills.house import Server, house
from drills.services import private_postgresql
from drills.telling import Telling, drill

AWAY_SECONDS = 8
LONGEST_ANSWER = 5.6
PUT_OFF = 12
PAGES = frozenset({200, 503})


@drill("P7")
def postgresql_restarted(tell: Telling) -> None:
    """Four readers post and one opens pages while PostgreSQL is restarted, twice in order (fast) and twice as by a
    crash (immediate)."""
    with private_postgresql() as cluster, house(cluster) as home:
        server = home.serve()
        with crowd(server, pause=0.02) as readers, watching(server) as seen:
            for mode in ("fast", "immediate") * 2:
                readers.waits_for(20)
                cluster.stop(mode)
                cluster.start()
            readers.waits_for(20)
        tell.saw(f"four restarts; the slowest comment took {readers.ledger.slowest:.1f} s; {seen.told}")
        seen.expect(tell, LONGEST_ANSWER, PAGES)
        tell.expect(readers.ledger.slowest < LONGEST_ANSWER, f"an answer took {readers.ledger.slowest:.1f} s")
        readers.ledger.compare(home, tell, is_complete=True)


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
            ails = server.ails()
            cluster.start()
            healed = wait_until(lambda: _takes(server), what="a comment taken again")
        tell.saw(f"away: /readyz {ails}; pages {sorted(seen.statuses)}, the slowest in {seen.slowest:.2f} s")
        tell.saw(f"the first comment after it was back was taken within {healed:.1f} s, without a restart")
        tell.expect({"database", "storing"} <= set(ails), f"/readyz says {ails}")
        tell.expect(readers.ledger.slowest < LONGEST_ANSWER, f"an answer took {readers.ledger.slowest:.1f} s")
        seen.expect(tell, LONGEST_ANSWER, PAGES)
        tell.expect(readers.ledger.answers[503] > 0, "nobody was put off, so nothing was tried")
        readers.ledger.compare(home, tell, is_complete=True)


@drill("P7, P8")
def postgresql_read_only(tell: Telling) -> None:
    """PostgreSQL refuses all writing for a while, as a server does that only stands by, while four readers post and
    one opens pages; then it writes again."""
    with private_postgresql() as cluster, house(cluster) as home:
        server, name = home.serve(), home.engine.url.database
        with crowd(server, pause=0.1) as readers, watching(server) as seen:
            readers.waits_for(20)
            _say(cluster, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
            _say(
                cluster, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> 'postgres'"
            )
            wait_until(lambda: readers.ledger.answers[503] >= PUT_OFF, what="readers put off")
            ails = server.ails()
            _say(cluster, f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            healed = wait_until(lambda: _takes(server), what="a comment taken again")
        tell.saw(f"/readyz {ails}; meanwhile {seen.told}; a comment was taken again within {healed:.1f} s")
        tell.expect("can only be read" in ails.get("storing", ""), f"/readyz says {ails}")
        seen.expect(tell, LONGEST_ANSWER, PAGES)
        readers.ledger.compare(home, tell, is_complete=True)


def _say(cluster: PostgreSQL, statement: str) -> None:
    hand = create_engine(cluster.url, isolation_level="AUTOCOMMIT")
    with hand.connect() as connection:
        connection.execute(text(statement))
    hand.dispose()


def _takes(server: Server) -> bool:
    return (
        post(server, f"Is it back at {time.monotonic_ns()}?", network=(77, time.monotonic_ns())).status == 303
    )
