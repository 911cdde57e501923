"""The threads that answer share a core, and leave it to each other for what works without Python."""

from __future__ import annotations

import threading

import pytest

from moderation.cli.affinity import Core


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, set[int]]]:
    """What the system was asked for: which thread, which cores."""
    asked: list[tuple[int, set[int]]] = []
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    monkeypatch.setattr(
        "os.sched_setaffinity", lambda thread, cores: asked.append((thread, set(cores))), raising=False
    )
    return asked


def test_threads_that_answer_come_together_and_others_stay_where_they_are(moves) -> None:
    is_over = threading.Event()
    answering = threading.Thread(target=is_over.wait, name="waitress-0")
    sweeping = threading.Thread(target=is_over.wait, name="sweeps")
    for each in (answering, sweeping):
        each.start()
    Core().share()
    is_over.set()
    moved = dict(moves)
    assert {threading.main_thread().native_id, answering.native_id} <= set(moved)
    assert sweeping.native_id not in moved
    assert len({frozenset(cores) for cores in moved.values()}) == 1
    assert len(moves[0][1]) == 1
    for each in (answering, sweeping):
        each.join()


def test_whoever_leaves_the_core_works_on_the_others_and_comes_back(moves) -> None:
    core = Core()
    core.share()
    shared = moves[0][1]
    moves.clear()
    with core.left():
        assert moves == [(0, {3, 5, 7} - shared)]
    assert moves[1:] == [(0, shared)]


def test_where_there_is_one_core_nobody_leaves_it(moves, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    core = Core()
    core.share()
    moves.clear()
    with core.left():
        assert moves == []


def test_a_system_that_forbids_it_is_served_all_the_same(moves, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.sched_setaffinity", forbidden)
    core = Core()
    core.share()
    with core.left():
        pass
