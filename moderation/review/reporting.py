"""Readers report a public comment; enough of them bring it back to the queue, with their reports as the reasons.

Each network counts once for a comment, a known reader for two. A person who approves it again has seen the reports:
from then on only new ones count, and the same networks have had their say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from models import Decision, DecisionReason, ReaderReport, db, writing
from moderation import privacy
from moderation.review.deciding import Change, Hand, seen_now
from moderation.review.values import LARGEST_ID
from moderation.vocabulary import Action, Complaint, ReasonCode, Status

LONGEST = 500
"""Characters of a report's own words that are kept."""

SAID = {
    Complaint.SPAM: "advertising",
    Complaint.INSULT: "insults somebody",
    Complaint.PRIVATE: "tells something private",
    Complaint.OTHER: "something else",
}
"""Each complaint in plain words."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader says of a comment.

    Attributes
    ----------
    networks
        The network's fingerprint by every key that is kept, the one in use first; known no longer than `keep_days`.
    """

    comment_id: int
    complaint: Complaint
    words: str
    networks: tuple[bytes, ...]
    is_known_reader: bool


@dataclass(frozen=True, slots=True)
class Reported:
    """A report as the desk shows it."""

    comment_id: int
    complaint: Complaint
    words: str
    reported_at: datetime

    @property
    def sentence(self) -> str:
        """What the reader chose, in plain words."""
        return SAID[self.complaint]


def take(said: Report, by: Hand, keep_days: int, weight_that_holds: int) -> bool:
    """Keep the report, if the comment is public and this network has not reported it; says whether it was kept."""
    if not 0 < said.comment_id <= LARGEST_ID:
        return False
    with writing() as session:
        row = seen_now([said.comment_id], for_update=True).get(said.comment_id)
        if row is None or row.status is not Status.APPROVED or _has_spoken(said):
            return False
        session.add(
            ReaderReport(
                comment_id=row.id,
                complaint=said.complaint,
                words=privacy.mask_addresses(_line(said.words))[:LONGEST],
                weight=2 if said.is_known_reader else 1,
                network_fingerprint=said.networks[0],
                reported_at=by.now,
                network_until=by.now + timedelta(days=keep_days),
            )
        )
        session.flush()
        counted = _since_a_person_looked(row.id)
        if weight_that_holds and sum(weight for _, weight in counted) >= weight_that_holds:
            _hold(by, row, [complaint for complaint, _ in counted])
        return True


def of(comment_ids: Sequence[int]) -> dict[int, list[Reported]]:
    """The reports of each comment, oldest first."""
    found: dict[int, list[Reported]] = {}
    rows = db.session.scalars(
        select(ReaderReport).where(ReaderReport.comment_id.in_(comment_ids)).order_by(ReaderReport.id)
    )
    for row in rows:
        entry = Reported(row.comment_id, row.complaint, row.words, row.reported_at)
        found.setdefault(row.comment_id, []).append(entry)
    return found


def _has_spoken(said: Report) -> bool:
    same = select(ReaderReport.id).where(
        ReaderReport.comment_id == said.comment_id, ReaderReport.network_fingerprint.in_(said.networks)
    )
    return db.session.scalar(same.limit(1)) is not None


def _since_a_person_looked(comment_id: int) -> Sequence[tuple[Complaint, int]]:
    looked = select(func.max(Decision.decided_at)).where(
        Decision.comment_id == comment_id, Decision.moderator_id.is_not(None)
    )
    last = db.session.scalar(looked)
    query = select(ReaderReport.complaint, ReaderReport.weight).where(ReaderReport.comment_id == comment_id)
    if last is not None:
        query = query.where(ReaderReport.reported_at > last)
    return [(row.complaint, row.weight) for row in db.session.execute(query)]


def _hold(by: Hand, row: Any, complaints: Sequence[Complaint]) -> None:
    change = Change(by)
    if not change.make(row, Action.HOLD):
        return
    counts = Counter(complaints).most_common()
    for position, (complaint, count) in enumerate(counts):
        detail = f"{SAID[complaint]}{f' ({count} times)' if count > 1 else ''}"
        db.session.add(
            DecisionReason(
                decision_id=change.decisions[-1], position=position, code=ReasonCode.REPORTED, detail=detail
            )
        )
    change.finish()


def _line(typed: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in typed[: LONGEST * 4]).split())
