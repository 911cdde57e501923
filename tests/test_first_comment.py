"""Whoever comments first after a start does not wait until everything is built."""

from __future__ import annotations

from threading import Event

import pytest
from flask import Flask

from models import Article
from moderation import background as work
from moderation.intake.rehearsal import rehearse
from moderation.parts import parts
from moderation.spam import hashing
from moderation.text.links import _suffixes, registrable
from tests.people import Person

TABLES = (hashing._kinds_of_characters, _suffixes)


def built() -> list[int]:
    return [each.cache_info().misses for each in TABLES]


def test_what_the_first_comment_would_build_is_there_before_it_comes(
    app: Flask, ada: Person, article: Article
) -> None:
    for each in (*TABLES, registrable):
        each.cache_clear()

    with app.app_context():
        assert rehearse(parts().scorer) == 0
    assert built() == [1, 1]

    ada.comment("“The lamp” on the second pier is out, see https://lamps.example/pier.")
    assert built() == [1, 1]


def test_a_process_that_serves_rehearses_as_soon_as_it_is_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsed = Event()
    monkeypatch.setattr(work, "rehearse", lambda _scorer: rehearsed.set() or 0)

    with app.app_context(), work.background(app, parts().settings):
        assert rehearsed.wait(20)
