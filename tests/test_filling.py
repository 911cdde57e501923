"""An installation that the bench fills is like one that grew: it is sound, and no work is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from bench.scale import filling
from bench.scale.words import LONGEST, SECOND, SHORTEST
from models import Article, Comment, CommentText, Tally, db
from moderation import campaigns, learning, rights, search, sweeps, trail
from moderation.app import create_app
from moderation.learning import labels
from moderation.parts import parts
from moderation.search.index import _documents
from moderation.settings import Settings
from moderation.vocabulary import Status

pytestmark = pytest.mark.sqlite

SIZE = 1_000
_COUNTED = (Status.APPROVED, Status.HELD, Status.SPAM, Status.REJECTED)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("filled")
    filling.installation(folder, SIZE)
    app = create_app(Settings(instance=folder, log_level="error"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_it_is_sound(filled: Flask) -> None:
    assert trail.verify().broken == ()
    assert db.session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
    assert db.session.scalar(select(func.count()).select_from(Comment)) == SIZE


def test_nothing_is_left_to_do(filled: Flask) -> None:
    now, settings = datetime.now(UTC), parts().settings
    assert [each.name for each in rights.classes(settings) if each.due(now)] == []
    assert learning.look_again(parts().scorer, now) == 0
    assert labels.catch_up(parts().scorer.classifier) == labels.CaughtUp()
    done = sweeps.sweep(now, "test", more=sweeps.retention(settings))
    assert {name: count for name, count in done.items() if count} == {"trail chained": len(filling.NAMES)}


def test_its_counts_are_what_is_counted(filled: Flask) -> None:
    rows = db.session.execute(select(Comment.status, func.count()).group_by(Comment.status)).all()
    counted = {row[0]: row[1] for row in rows}
    for table in (Article, Tally):
        kept = {
            each: db.session.scalar(select(func.sum(getattr(table, f"{each}_count")))) for each in _COUNTED
        }
        assert kept == {each: counted[each] for each in _COUNTED}
    assert all(card.waiting == card.size for card in campaigns.cards())
    assert len(campaigns.cards()) == 10


def test_its_texts_are_found_as_they_would_be_kept(filled: Flask) -> None:
    ids = db.session.scalars(select(Comment.id).where(Comment.status != Status.ERASED)).all()
    for document in _documents(ids):
        kept = db.session.execute(
            text("SELECT text, name, host, article FROM comment_search WHERE rowid = :id"),
            {"id": document.comment_id},
        ).one()
        assert tuple(kept) == tuple(" ".join(words) for words in document.words().values())
    assert len(search.find(search.Wish.read(SECOND)).ids) == search.finding.PAGE


def test_its_texts_are_as_long_as_comments_are(filled: Flask) -> None:
    lengths = [len(each) for each in db.session.scalars(select(CommentText.text)) if each]
    assert min(lengths) >= SHORTEST
    assert max(lengths) <= LONGEST + 60  # and a link
    assert 150 < sum(lengths) / len(lengths) < 280
