"""Requests wait for a thread; which of the threads takes them, and when."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from moderation.cli import answering
from moderation.cli.answering import Dispatcher

A_WHILE = 10.0


class Answer:
    """An answer that is being made until somebody ends it."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self.began, self.may_end, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.waits_for_the_disk, self.has_begun_to_wait = False, threading.Event()
        self.goes_on, self.has_gone_on = threading.Event(), threading.Event()

    def service(self) -> None:
        self.came_to_it = self._dispatcher.came()
        self.began.set()
        if self.waits_for_the_disk:
            with self._dispatcher.resting():
                self.has_begun_to_wait.set()
                assert self.goes_on.wait(A_WHILE)
            self.has_gone_on.set()
        assert self.may_end.wait(A_WHILE)
        self.ended.set()


@pytest.fixture
def dispatcher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dispatcher]:
    """Nobody is held up in it, unless a test says so."""
    monkeypatch.setattr(answering, "HELD_UP_SECONDS", 60.0)
    made = Dispatcher(1)
    made.set_thread_count(3)
    yield made
    made.shutdown(timeout=A_WHILE)
    assert not made.threads


def asked(dispatcher: Dispatcher, count: int) -> list[Answer]:
    return [Answer(dispatcher) for _ in range(count)]


def test_an_answer_is_ended_before_the_next_one_begins(dispatcher: Dispatcher) -> None:
    answers = asked(dispatcher, 4)
    for each in answers:
        dispatcher.add_task(each)
    for now, later in itertools.pairwise(answers):
        assert now.began.wait(A_WHILE)
        dispatcher.relieve()  # the server asks again and again; as long as nobody is held up, nothing comes of it
        assert not later.began.is_set()
        now.may_end.set()
    answers[-1].may_end.set()
    assert all(each.ended.wait(A_WHILE) for each in answers)
    assert not dispatcher.is_behind


def test_whoever_is_held_up_holds_nobody_else_up(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, next_one = asked(dispatcher, 2)
    dispatcher.add_task(slow)
    assert slow.began.wait(A_WHILE)
    dispatcher.add_task(next_one)
    assert dispatcher.is_behind
    monkeypatch.setattr(answering, "HELD_UP_SECONDS", -1.0)
    dispatcher.relieve()
    assert next_one.began.wait(A_WHILE)
    for each in (next_one, slow):
        each.may_end.set()
        assert each.ended.wait(A_WHILE)


def test_while_one_waits_for_the_disk_another_begins(dispatcher: Dispatcher) -> None:
    waiting, next_one, third = asked(dispatcher, 3)
    waiting.waits_for_the_disk = True
    for each in (waiting, next_one, third):
        dispatcher.add_task(each)
    assert waiting.has_begun_to_wait.wait(A_WHILE)
    assert next_one.began.wait(A_WHILE)
    assert not third.began.is_set()
    waiting.goes_on.set()
    assert waiting.has_gone_on.wait(A_WHILE)
    next_one.may_end.set()
    assert next_one.ended.wait(A_WHILE)
    dispatcher.relieve()
    assert not third.began.is_set()  # the one that waited is at work again, and counts
    for each in (waiting, third):
        each.may_end.set()
        assert each.ended.wait(A_WHILE)


def test_a_fault_in_one_answer_stops_no_thread(dispatcher: Dispatcher) -> None:
    class Broken:
        def service(self) -> None:
            raise RuntimeError("a fault")

    for _ in range(5):
        dispatcher.add_task(Broken())
    (sound,) = asked(dispatcher, 1)
    sound.may_end.set()
    dispatcher.add_task(sound)
    assert sound.ended.wait(A_WHILE)


def test_an_answer_knows_since_when_its_request_has_waited(dispatcher: Dispatcher) -> None:
    first, second = asked(dispatcher, 2)
    dispatcher.add_task(first)
    assert first.began.wait(A_WHILE)
    dispatcher.add_task(second)
    asked_at = time.monotonic()
    first.may_end.set()
    second.may_end.set()
    assert second.ended.wait(A_WHILE)
    assert first.came_to_it <= second.came_to_it <= asked_at <= dispatcher.came()


def test_connections_are_read_again_once_all_that_was_read_is_begun(dispatcher: Dispatcher) -> None:
    first, second = asked(dispatcher, 2)
    dispatcher.work_off(A_WHILE)  # nothing waits
    dispatcher.add_task(first)
    assert first.began.wait(A_WHILE)
    dispatcher.work_off(A_WHILE)  # nothing waits for the one at work
    dispatcher.add_task(second)
    worked_off = threading.Event()
    reader = threading.Thread(target=lambda: (dispatcher.work_off(A_WHILE), worked_off.set()))
    reader.start()
    assert not worked_off.is_set()
    first.may_end.set()
    assert second.began.wait(A_WHILE)
    assert worked_off.wait(A_WHILE)
    reader.join()
    second.may_end.set()
    assert second.ended.wait(A_WHILE)


def test_connections_are_read_although_an_answer_takes_long(dispatcher: Dispatcher) -> None:
    slow, waiting = asked(dispatcher, 2)
    for each in (slow, waiting):
        dispatcher.add_task(each)
    assert slow.began.wait(A_WHILE)
    dispatcher.work_off(0.001)
    assert not waiting.began.is_set()
    for each in (slow, waiting):
        each.may_end.set()
        assert each.ended.wait(A_WHILE)


def test_only_an_answer_gives_way_and_only_to_a_request_that_waits(dispatcher: Dispatcher) -> None:
    said = []

    class Storing(Answer):
        def service(self) -> None:
            self.began.set()
            assert self.may_end.wait(A_WHILE)
            said.append(self._dispatcher.gives_way)
            self.ended.set()

    first, second = Storing(dispatcher), Storing(dispatcher)
    dispatcher.add_task(first)
    assert first.began.wait(A_WHILE)
    dispatcher.add_task(second)
    assert not dispatcher.gives_way  # this thread answers nobody, as those of the background
    for each in (first, second):
        each.may_end.set()
        assert each.ended.wait(A_WHILE)
    assert said == [True, False]
