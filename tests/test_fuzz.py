"""Eve sends garbage to every route: nothing breaks. `make drills` does the same for ten minutes."""

from __future__ import annotations

import random

import pytest
from flask import Flask

from bench.fuzz import Fuzz
from models import Article


@pytest.mark.parametrize("seed", range(4))
def test_p14_a_hundred_requests_of_garbage_break_nothing(app: Flask, article: Article, seed: int) -> None:
    fuzz = Fuzz(app, random.Random(seed), slowest_allowed=float("inf"))
    for _ in range(100):
        fuzz.ask()
    assert fuzz.faults == []
