"""The threads that answer share a core, and leave it to each other for what works without Python."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from models import writing
from moderation.cli.affinity import Core
from moderation.cli.answering import Dispatcher
from moderation.cli.serving import Server


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


def test_servers_at_neighbouring_ports_choose_cores_of_their_own(moves) -> None:
    chosen = []
    for port in (8000, 8001, 8002):
        moves.clear()
        Core(port).share()
        chosen.append(frozenset(moves[0][1]))
    assert len(set(chosen)) == 3


@pytest.mark.sqlite
def test_a_server_leaves_its_core_for_a_commit_only_while_a_request_waits(
    app: Flask, idle_server: Server, moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [False]
    monkeypatch.setattr(Dispatcher, "gives_way", property(lambda _: waiting[0]))
    with app.app_context():
        idle_server._core.share()
        moves.clear()
        with writing():
            pass
        assert moves == []
        waiting[0] = True
        with writing():
            assert moves == []
        assert [thread for thread, _ in moves] == [0, 0]


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
