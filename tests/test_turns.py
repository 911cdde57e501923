"""Who writes when, and what becomes of everybody else when the database cannot be written to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import TimeoutError as WaitedTooLong

from models.turns import WAIT_SECONDS, Turns

pytestmark = pytest.mark.sqlite


@contextmanager
def elsewhere(do: Callable[[], None]) -> Iterator[None]:
    """Something goes on in another thread until the block ends."""
    thread = threading.Thread(target=do)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found out soon that a turn takes too long."""
    monkeypatch.setattr("models.turns.STALLED_SECONDS", 0.05)


def test_who_is_one_too_many_gives_up_when_the_line_stands_still_and_leaves_a_thread_for_readers(
    short,
) -> None:
    turns, is_written, is_over = Turns(places=1), threading.Event(), threading.Event()

    def write() -> None:
        with turns.taken():
            is_written.set()
            is_over.wait()

    with elsewhere(write):
        is_written.wait()
        with pytest.raises(WaitedTooLong), turns.taken():
            pass
        is_over.set()
    with turns.taken() as seconds:
        assert seconds > 4  # nobody is before us: all the time is left to wait for the database


def test_as_long_as_the_line_moves_nobody_is_one_too_many() -> None:
    turns, done = Turns(places=1), []

    def write() -> None:
        for _ in range(50):
            with turns.taken():
                done.append(1)

    with elsewhere(write), elsewhere(write), elsewhere(write):
        write()
    assert len(done) == 200


def test_whoever_waited_for_a_turn_has_so_much_less_patience_with_the_database() -> None:
    turns, is_written, is_over, left = Turns(), threading.Event(), threading.Event(), []

    def write() -> None:
        with turns.taken():
            is_written.set()
            is_over.wait(0.5)

    with elsewhere(write):
        is_written.wait()
        with turns.taken() as seconds:
            left.append(seconds)
    assert left[0] <= 4.6


def test_who_has_waited_for_a_thread_waits_so_much_less_for_the_database() -> None:
    turns = Turns()
    turns.came = lambda: time.monotonic() - 3
    with turns.taken() as seconds:
        assert seconds < WAIT_SECONDS - 2.5
