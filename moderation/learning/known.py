"""What there is to learn from: labels of decisions and imported verdicts, read in the order of time.

A hundred thousand of them are read a batch at a time and kept as columns alone, so that they take little room; where
they are still too many, the oldest are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, func, literal, select

from models import Decision, ImportedLabel, Label, db
from models.classifier import LabelClass
from moderation.spam.correction import Labels
from moderation.spam.features import MAP_VERSION
from moderation.spam.kept import BadRow, Kept

MOST_N_GRAMS = 36_000_000
"""N-grams that all labels may have together: what a gigabyte of memory can be learned from."""

_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Known:
    """Labels to learn from, in the order of time.

    Attributes
    ----------
    decisions, imported
        Ids of the decisions, 0 for imported labels; and of the imported labels, 0 for decisions.
    people
        Ids of who decided, 0 for imported labels.
    chances
        With which chance each came to be looked at: 1, or that of its spot check.
    times
        When each was decided, in seconds.
    left_out
        How many older ones there are, for which there was no room.
    """

    decisions: NDArray[np.int64]
    imported: NDArray[np.int64]
    people: NDArray[np.int64]
    chances: NDArray[np.float64]
    times: NDArray[np.float64]
    labels: Labels
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.decisions)

    def chosen(self, which: NDArray[np.bool_]) -> Known:
        """Only some of them."""
        return Known(
            self.decisions[which],
            self.imported[which],
            self.people[which],
            self.chances[which],
            self.times[which],
            self.labels.chosen(which),
        )

    @property
    def until(self) -> int:
        """The latest decision among them."""
        return int(self.decisions.max(initial=0))

    @property
    def imported_until(self) -> int:
        """The latest imported label among them."""
        return int(self.imported.max(initial=0))


def everything(most_n_grams: int = MOST_N_GRAMS) -> Known:
    """All labels that can be read; of too many the oldest are left out, imported ones before decisions."""
    reading = _Reading(most_n_grams)
    reading.take(_of_decisions().order_by(Label.decision_id.desc()))
    reading.take(_imported().order_by(ImportedLabel.decided_at.desc(), ImportedLabel.id.desc()))
    return reading.known()


def latest(most: int) -> Known:
    """The latest labels of decisions."""
    reading = _Reading(MOST_N_GRAMS)
    reading.take(_of_decisions().order_by(Label.decision_id.desc()).limit(most))
    return reading.known()


def count() -> int:
    """How many labels there are, imported ones with them."""
    decided = db.session.scalar(select(func.count(Label.decision_id))) or 0
    return decided + (db.session.scalar(select(func.count(ImportedLabel.id))) or 0)


def count_after(decision: int, imported: int) -> int:
    """How many labels there are of later decisions, and imported later."""
    decided = db.session.scalar(select(func.count(Label.decision_id)).where(Label.decision_id > decision))
    came = db.session.scalar(select(func.count(ImportedLabel.id)).where(ImportedLabel.id > imported))
    return (decided or 0) + (came or 0)


def put_together(entries: Sequence[Entry], kept: Kept, left_out: int = 0) -> Known:
    """Labels as they were read, with their rows, put into the order of time."""
    order = sorted(range(len(entries)), key=lambda at: entries[at].place)
    of = [entries[at] for at in order]
    return Known(
        np.array([each.decision for each in of], dtype=np.int64),
        np.array([each.imported for each in of], dtype=np.int64),
        np.array([each.person for each in of], dtype=np.int64),
        np.array([each.chance for each in of], dtype=np.float64),
        np.array([each.at for each in of], dtype=np.float64),
        Labels(
            kept.ordered(np.array(order, dtype=np.int64)), np.array([each.is_spam for each in of], dtype=bool)
        ),
        left_out,
    )


class Entry(NamedTuple):
    """One label, but for its row; `at` is in seconds."""

    decision: int
    imported: int
    person: int
    chance: float
    at: float
    is_spam: bool

    @property
    def place(self) -> tuple[float, bool, int]:
        """In the order of time; of the same moment imported ones come first."""
        return self.at, self.decision > 0, self.decision or self.imported


class _Reading:
    """Reads labels, the newest first, until there is no room for more."""

    def __init__(self, most_n_grams: int) -> None:
        self._room, self._left_out = most_n_grams, 0
        self._entries: list[Entry] = []
        self._parts: list[Kept] = []
        self._some: list[Kept] = []

    def take(self, query: Select[*tuple[Any, ...]]) -> None:
        """Read what the query names, as far as there is room."""
        for row in db.session.execute(query.execution_options(yield_per=_BATCH)):
            try:
                kept = Kept.from_bytes(row.features)
            except BadRow:  # a row that is torn teaches nothing
                continue
            self._room -= len(kept.steps)
            if self._room < 0:
                self._left_out += 1
                continue
            is_spam, at = row.label is LabelClass.SPAM, row.at.timestamp()
            self._entries.append(
                Entry(row.decision, row.imported, row.person or 0, row.chance or 1.0, at, is_spam)
            )
            self._some.append(kept)
            if len(self._some) == _BATCH:
                self._join()

    def known(self) -> Known:
        """What was read."""
        self._join()
        return put_together(self._entries, Kept.joined(self._parts), self._left_out)

    def _join(self) -> None:
        """Many small arrays take much more room than a few large ones."""
        self._parts.append(Kept.joined(self._some))
        self._some = []


def _of_decisions() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Label.decision_id.label("decision"),
            literal(0).label("imported"),
            Decision.moderator_id.label("person"),
            Decision.sampling_probability.label("chance"),
            Label.labelled_at.label("at"),
            Label.label,
            Label.features,
        )
        .join(Decision, Decision.id == Label.decision_id)
        .where(Label.feature_map == MAP_VERSION)
    )


def _imported() -> Select[*tuple[Any, ...]]:
    return select(
        literal(0).label("decision"),
        ImportedLabel.id.label("imported"),
        literal(0).label("person"),
        literal(0).label("chance"),
        ImportedLabel.decided_at.label("at"),
        ImportedLabel.label,
        ImportedLabel.features,
    ).where(ImportedLabel.feature_map == MAP_VERSION)
