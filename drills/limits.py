"""Redis, which shares the limits between processes, is killed, hangs, comes back, or never was there. P9."""

from __future__ import annotations

import signal
from collections import Counter
from itertools import count

from bench.private import free_port
from drills.crowd import post
from drills.desk import Desk
from drills.house import House, Server, house
from drills.ledger import Ledger
from drills.services import private_redis
from drills.telling import Telling, drill

ALLOWED = 3
TRIES = 6
LONGEST_ANSWER = 3.0
_WELL = {"there", "back", "going on"}
_networks = count(1)


@drill("P9")
def redis_down(tell: Telling) -> None:
    """With three comments an hour for a network, one network after the other sends six, while Redis is killed, comes
    back, hangs (SIGSTOP) and goes on; somebody signs in wrongly meanwhile."""
    with private_redis() as redis, house(redis_url=redis.url, limit_posts=f"{ALLOWED} per hour") as home:
        server, ledger = _warm(home), Ledger()
        _burst(tell, server, ledger, "there")
        redis.stop()
        _burst(tell, server, ledger, "killed")
        redis.start()
        _burst(tell, server, ledger, "back")
        redis.send(signal.SIGSTOP)
        _burst(tell, server, ledger, "hanging")
        redis.send(signal.SIGCONT)
        _burst(tell, server, ledger, "going on")
        _end(tell, ledger)
        ledger.compare(home, tell)


@drill("P9")
def redis_absent(tell: Telling) -> None:
    """The same where nobody ever listened at the address that is set."""
    nobody = f"redis://127.0.0.1:{free_port()}/0"
    with house(redis_url=nobody, limit_posts=f"{ALLOWED} per hour") as home:
        server, ledger = _warm(home), Ledger()
        _burst(tell, server, ledger, "absent")
        _burst(tell, server, ledger, "absent")
        _end(tell, ledger)
        ledger.compare(home, tell)


def _warm(home: House) -> Server:
    """A server that has answered once: the very first request also loads what all later ones use."""
    server = home.serve()
    post(server, "Good morning to everybody, it is the first of the day.", network=(49, 1))
    Desk(server, source="127.59.1.1").knock("mallory", "not a password at all")
    return server


def _burst(tell: Telling, server: Server, ledger: Ledger, state: str) -> None:
    network, seen = next(_networks), Counter[int]()
    for n in range(TRIES):
        words = f"Buy boats, lesson {n} from network {network}, while it is {state}."
        answer = post(server, words, network=(50, network), article=1)
        ledger.note(words, answer)
        seen[answer.status] += 1
    ails = server.ails()
    tell.expect(
        set(ails) - {"sweeps"} == (set() if state in _WELL else {"redis"}), f"{state}: /readyz {ails}"
    )
    door, seconds = Desk(server, source=f"127.60.{network}.1").knock("mallory", "not a password at all")
    counted = f"{seen[303]} taken, {seen[429]} × 429"
    tell.saw(f"{state}: /readyz {ails or 'well'}; {counted}; a wrong password {door} in {seconds:.2f} s")
    tell.expect(seen == {303: ALLOWED, 429: TRIES - ALLOWED}, f"while {state}: {dict(seen)}")
    tell.expect(0 < door < 500 and seconds < LONGEST_ANSWER, f"signing in: {door} in {seconds:.1f} s")


def _end(tell: Telling, ledger: Ledger) -> None:
    tell.saw(f"the slowest answer {ledger.slowest:.2f} s")
    tell.expect(ledger.slowest < LONGEST_ANSWER, f"an answer took {ledger.slowest:.1f} s")
    tell.expect(max(ledger.answers) < 500, f"answers {ledger.told}")
