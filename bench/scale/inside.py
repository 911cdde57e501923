"""What no page shows by itself, asked within the app: lookups, what is forgotten, copies, an upgrade."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import current_app
from sqlalchemy import text

from bench.scale.filling import TOKEN
from bench.scale.measuring import SEARCHES, timed
from bench.scale.served import database
from bench.speed.rounds import Turns
from models import db, writing
from models.schema import migrator
from moderation import copies, leases, rights, search, sweeps
from moderation.app import create_app
from moderation.parts import parts
from moderation.settings import Settings
from moderation.workload.reckoning import reckoned

BEFORE = "0006"
"""The schema that an upgrade is measured from."""

_TIMES = 200
_DUE = (
    """UPDATE contact SET network_until = '2000-01-01 00:00:00.000000' WHERE comment_id IN
        (SELECT comment_id FROM contact WHERE network_fingerprint IS NOT NULL ORDER BY comment_id LIMIT 4)""",
    """UPDATE contact SET address_until = '2000-01-01 00:00:00.000000' WHERE comment_id IN
        (SELECT comment_id FROM contact WHERE sealed_address IS NOT NULL ORDER BY comment_id LIMIT 40)""",
    """UPDATE comment SET changed_at = '2000-01-01 00:00:00.000000' WHERE id IN
        (SELECT id FROM comment WHERE status = 'spam' ORDER BY id LIMIT 4)""",
)
"""What falls due on a quiet day, the same in every installation."""


def lookups(turns: Turns, folders: Mapping[str, Path]) -> None:
    """Counts, whether a reader is known, and searches without the page around them."""
    for name, folder in folders.items():
        with _inside(folder):
            review, intake = parts().review, parts().intake
            turns.note("counts", name, ms=_often(review.counts))
            turns.note("known reader", name, ms=_often(partial(intake.is_known, TOKEN)))
            turns.note("unknown reader", name, ms=_often(partial(intake.is_known, "nobody")))
            for work, typed in SEARCHES.items():
                find = partial(search.find, search.Wish.read(typed))
                turns.note(f"search alone: {work}", name, ms=_often(find, 20))


def upkeep(turns: Turns, folders: Mapping[str, Path]) -> None:
    """A pass of the sweeps, what falls due, a backup, and an upgrade of what was copied."""
    for name, folder in folders.items():
        with TemporaryDirectory(dir=folder.parent) as beside:
            copy = Path(beside) / "gatepost.sqlite3"
            with _inside(folder):
                _swept(turns, name)
                turns.note("backup", name, s=timed(partial(copies.back_up, db.engine, copy, _no_tables)))
            with _inside(folder, copy):
                migrator(current_app).downgrade(revision=BEFORE)
                turns.note("upgrade", name, s=timed(migrator(current_app).upgrade))


def _swept(turns: Turns, name: str) -> None:
    now, settings = datetime.now(UTC), parts().settings
    every = sweeps.retention(settings)
    # What has fallen due since the filling, and what that entails: one spam forgotten has the search's index merged.
    while any(sweeps.sweep(now, "bench", more=every).values()):
        pass
    turns.note("sweeps, nothing due", name, ms=_once(lambda: sweeps.sweep(now, "bench", more=every)))
    turns.note("figures of the desk", name, ms=_once(lambda: reckoned(now)))
    with writing() as session:
        for statement in _DUE:
            session.execute(text(statement))
    turns.note("purge", name, ms=_once(lambda: _purged(settings, now)))
    leases.handed_on(sweeps.SWEEPER, "bench")


def _purged(settings: Settings, now: datetime) -> None:
    """As `flask privacy purge` does."""
    for each in rights.classes(settings):
        while each.forget(now):
            pass


def _often(do: Callable[[], object], times: int = _TIMES) -> float:
    """The median of many times, in milliseconds; the first few are not counted."""
    return statistics.median([timed(do) for _ in range(times)][times // 10 :]) * 1000


def _once(do: Callable[[], object]) -> float:
    return timed(do) * 1000


def _no_tables(_url: str) -> None:
    """An SQLite database is copied by its pages."""


@contextmanager
def _inside(folder: Path, file: Path | None = None) -> Iterator[None]:
    """Within an app at this installation, or at a copy of its database."""
    url = f"sqlite:///{file or database(folder).resolve()}"
    app = create_app(Settings(instance=folder, database_url=url, log_level="error"))
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()
