"""The drills would notice: each kind of harm is done on purpose here, and told as a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from drills.crowd import Watching
from drills.house import Page
from drills.ledger import CUT_OFF, DOOR_SHUT, Answer, Ledger
from drills.power import counted
from drills.telling import DRILLS, Drill, NotHere, Telling, Verdict, told
from models import Article, db
from tests.people import Person, number_in

WORDS = [f"Remark number {n} on the ferry, which sails at seven." for n in range(3)]


@dataclass
class House:
    """What a ledger asks of a house, on the database of the test."""

    app: Flask
    log: str = ""

    @property
    def is_sqlite(self) -> bool:
        with self.app.app_context():
            return db.engine.dialect.name == "sqlite"

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.app.app_context(), db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def logged(self) -> str:
        return self.log

    def say(self, statement: str) -> None:
        with self.app.app_context(), db.engine.connect().execution_options(write=True) as connection:
            connection.execute(text(statement))
            connection.commit()


@pytest.fixture
def house(app: Flask, article: Article) -> House:
    return House(app)


@pytest.fixture
def ledger(house: House, ada: Person) -> Ledger:
    """What ada said, and what she was told."""
    kept = Ledger()
    for words in WORDS:
        kept.note(words, Answer(303, f"#comment-{number_in(ada.comment(words))}"))
    return kept


def faults(ledger: Ledger, house: House, **how: bool) -> str:
    telling = Telling()
    ledger.compare(house, telling, **how)  # type: ignore[arg-type]
    return " ".join(telling.faults)


def test_a_house_where_all_is_well_has_no_faults(house: House, ledger: Ledger) -> None:
    assert not faults(ledger, house, is_complete=True)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("UPDATE comment_text SET text = 'other words' WHERE comment_id = 1", "lost"),
        (f"UPDATE comment_text SET text = '{WORDS[0]}' WHERE comment_id = 2", "doubled"),
        ("DELETE FROM contact WHERE comment_id = 1", "lack a part"),
        ("UPDATE comment SET path = '' WHERE id = 1", "lack a part"),
        ("DELETE FROM scoring WHERE comment_id = 1", "neither classifier nor person saw"),
        ("UPDATE article SET held_count = held_count + 1, approved_count = approved_count - 1", "counts"),
    ],
)
def test_harm_to_rows_is_told(house: House, ledger: Ledger, harm: str, told: str) -> None:
    house.say(harm)
    assert told in faults(ledger, house)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(500), "answers that should not be"),
        (Answer(503), "answers that should not be"),
        (Answer(303, "/articles/the-ferry"), "two numbers"),
        (Answer(CUT_OFF), "cut off"),
        (Answer(DOOR_SHUT), "cut off"),
    ],
)
def test_an_answer_that_should_not_be_is_told(
    house: House, ledger: Ledger, answer: Answer, told: str
) -> None:
    ledger.note("What is that?", answer)
    assert told in faults(ledger, house)
    assert ("cut off" in told) != bool(faults(ledger, house, was_killed=True))


def test_whoever_tried_until_there_was_an_answer_and_is_not_there_is_told(
    house: House, ledger: Ledger
) -> None:
    ledger.note("Nobody has this.", Answer(503, retry_after="5"))
    assert not faults(ledger, house)
    assert "not there" in faults(ledger, house, is_complete=True)


def test_a_drill_in_which_nothing_was_taken_and_a_traceback_are_told(house: House, ledger: Ledger) -> None:
    assert "nothing was tried" in faults(Ledger(), house)
    house.log = "Traceback (most recent call last):"
    assert "traceback" in faults(ledger, house)


@pytest.mark.parametrize(
    "pages", [[], [Page(0)], [Page(500)], [Page(503)], [Page(200), Page(503, "", "5"), Page(404)]]
)
def test_a_reader_who_got_no_page_in_order_is_told(pages: list[Page]) -> None:
    telling = Telling()
    Watching(pages).expect(telling, 1.0, frozenset({200, 503}))
    assert telling.faults


_ARRIVES = '7 recvfrom(9<socket:[1]>, "POST /articles/a", 8192) = 99'
_WRITTEN = '8 pwrite64(4</x/gatepost.sqlite3-wal>, "7"..., 24, 0) = 24'
_SYNCED = "8 fdatasync(4</x/gatepost.sqlite3-wal>) = 0"
_ANSWERED = '7 sendto(9<socket:[1]>, "HTTP/1.1 303 SEE OTHER", 300) = 300'


@pytest.mark.parametrize(
    ("trace", "found"),
    [
        ([_ARRIVES, _WRITTEN, _SYNCED, _ANSWERED], (1, 0)),
        ([_ARRIVES, _WRITTEN, _ANSWERED, _SYNCED], (0, 1)),
        ([_ARRIVES, _WRITTEN, _ANSWERED], (0, 1)),
        ([_ARRIVES, _ANSWERED], (0, 1)),
        ([_ARRIVES, _WRITTEN, _SYNCED, _WRITTEN, _ANSWERED], (0, 1)),
        ([_ARRIVES, _WRITTEN, _SYNCED.replace("= 0", "= -1 EIO"), _ANSWERED], (0, 1)),
        ([_ARRIVES, _SYNCED, _WRITTEN, _ANSWERED], (0, 1)),
    ],
)
def test_an_answer_before_its_sync_is_told(trace: list[str], found: tuple[int, int]) -> None:
    assert counted(trace) == found


@pytest.mark.parametrize(
    ("raised", "verdict"),
    [(None, Verdict.PASSED), (NotHere("no strace"), Verdict.NOT_HERE), (OSError("what"), Verdict.FAILED)],
)
def test_a_drill_that_breaks_off_has_failed_and_one_that_cannot_be_says_so(
    raised: Exception | None, verdict: Verdict
) -> None:
    def run(_: Telling) -> None:
        if raised:
            raise raised

    assert told(Drill("it", "P1", "what", run)).verdict is verdict


def everywhere(of: Callable[[], list[Drill]]) -> set[str]:
    return {promise for each in of() for promise in each.promises.replace(" ", "").split(",")}


def test_every_promise_of_reliability_has_a_drill() -> None:
    from drills.__main__ import chosen

    assert {f"P{n}" for n in range(1, 13)} <= everywhere(lambda: chosen([]))
    assert len(DRILLS) == len({each.name for each in DRILLS})
