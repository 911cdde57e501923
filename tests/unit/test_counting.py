"""Limits are counted by the moments of each key, in a window that moves."""

from __future__ import annotations

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from moderation.web import counting
from moderation.web.counting import Moments
from tests.conftest import NOON


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("ab")), max_size=60), st.integers(1, 5))
def test_it_lets_through_what_the_librarys_own_store_lets_through(steps, most: int) -> None:
    limit = parse(f"{most} per 30 seconds")
    ours, theirs = MovingWindowRateLimiter(Moments()), MovingWindowRateLimiter(MemoryStorage())
    with time_machine.travel(NOON, tick=False) as clock:
        for seconds, key in steps:
            clock.shift(seconds + 0.0131)  # no two of them are 30 seconds apart to the point
            assert ours.hit(limit, key) == theirs.hit(limit, key)
            told, expected = ours.get_window_stats(limit, key), theirs.get_window_stats(limit, key)
            assert told.remaining == expected.remaining
            assert told.reset_time == pytest.approx(expected.reset_time)


def test_whoever_was_not_heard_of_for_long_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_FEWEST_TO_TIDY", 10)
    store = Moments()
    store._until_tidy = 10
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(9):
            store.acquire_entry(f"network {number}", 5, 60)
        clock.shift(61)
        store.acquire_entry("one more", 5, 60)
    assert list(store._times) == ["one more"]


def test_what_is_cleared_counts_no_more() -> None:
    store = Moments()
    assert [store.acquire_entry("ada", 1, 60) for _ in range(2)] == [True, False]
    store.clear("ada")
    assert store.acquire_entry("ada", 1, 60)
    assert store.reset() == 1
    assert store.check()
