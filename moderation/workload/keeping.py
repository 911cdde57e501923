"""The figures are kept by the sweeps and made again when they are a quarter of an hour old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from models import Figure, db, writing
from moderation.workload.reckoning import reckoned
from moderation.workload.values import Workload

NAME = "workload"
GOOD_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Kept:
    """The figures, and of when they are."""

    workload: Workload
    made_at: datetime


def keep(now: datetime) -> int:
    """Make the figures again where they are old, or of a time to come; returns 0: once is enough for a pass."""
    row = db.session.get(Figure, NAME)
    if row is None or not row.made_at <= now < row.made_at + GOOD_FOR:
        made = reckoned(now).to_json()
        with writing() as session:
            session.merge(Figure(name=NAME, value=made, made_at=now))
    return 0


def kept(now: datetime) -> Kept:
    """What is kept; where nothing is, or an older version wrote it, it is reckoned here and not stored."""
    row = db.session.get(Figure, NAME)
    try:
        return Kept(Workload.from_json(row.value), row.made_at) if row else Kept(reckoned(now), now)
    except (TypeError, KeyError):
        return Kept(reckoned(now), now)
