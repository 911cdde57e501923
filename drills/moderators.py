"""Two moderators decide on one comment at the same moment. P4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from drills.crowd import post
from drills.desk import Desk, employ
from drills.hosts import pair_of_hosts
from drills.house import House, Server, house
from drills.ledger import Ledger
from drills.telling import Telling, drill

ROUNDS = 25
_STANDING = """
    SELECT comment.status, comment.version, decision.to_status, moderator.name, label.label
      FROM comment JOIN decision ON decision.comment_id = comment.id AND decision.moderator_id IS NOT NULL
      JOIN moderator ON moderator.id = decision.moderator_id
      LEFT JOIN label ON label.comment_id = comment.id
     WHERE comment.id = :comment
"""
_WANTED = {"max": ("approve", "approved", "ham"), "selma": ("spam", "spam", "spam")}


@drill("P4")
def two_moderators(tell: Telling) -> None:
    """max approves and selma calls spam the same comment at the same moment, 25 times."""
    with house(hold_everything=True) as home:
        server = home.serve()
        _both(tell, home, [server, server])


@drill("P4")
def two_moderators_at_two_hosts(tell: Telling) -> None:
    """The same with each of them at a server of their own, on one PostgreSQL."""
    with pair_of_hosts(hold_everything=True) as pair:
        _both(tell, pair.home, [pair.one, pair.other])


def _both(tell: Telling, home: House, servers: Sequence[Server]) -> None:
    employ(home, *_WANTED)
    ledger, desks = Ledger(), {name: Desk(server) for name, server in zip(_WANTED, servers, strict=True)}
    for name, desk in desks.items():
        desk.enters(name)
    wins, faulty = Counter[str](), []
    for n in range(ROUNDS):
        words = f"Remark {n} that waits for two people at once."
        answer = post(servers[0], words, network=(3, n))
        ledger.note(words, answer)
        said = _at_once(desks, answer.comment_id)
        winners = [name for name, status in said.items() if status == 303]
        rows = home.rows(_STANDING, comment=answer.comment_id)
        wins.update(winners)
        if sorted(said.values()) != [303, 409] or not _agrees(rows, winners):
            faulty.append((said, rows))
    fine = ROUNDS - len(faulty)
    tell.saw(f"{fine} of {ROUNDS}: one 303, one 409; status, trail and label are the winner's")
    tell.saw(f"max was first {wins['max']} times, selma {wins['selma']} times")
    tell.expect(not faulty, f"rounds that do not add up: {faulty[:3]}")
    ledger.compare(home, tell, is_complete=True)


def _at_once(desks: dict[str, Desk], comment_id: int) -> dict[str, int]:
    barrier = Barrier(len(desks))

    def decide(name: str) -> int:
        barrier.wait()
        return desks[name].decides(_WANTED[name][0], comment_id, 1)

    with ThreadPoolExecutor(len(desks)) as pool:
        return dict(zip(desks, pool.map(decide, desks), strict=True))


def _agrees(rows: list[tuple[object, ...]], winners: list[str]) -> bool:
    if len(rows) != 1 or len(winners) != 1:
        return False
    _, status, label = _WANTED[winners[0]]
    return rows[0] == (status, 2, status, winners[0], label)
