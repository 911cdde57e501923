"""A moderator decides: what waits and why, one comment's whole file, and the one way to change a status.

Pages, commands and whatever comes later all go through `Review.decide` and `Review.undo`; nothing else in the
house writes a status, but for the policy's first one as a comment arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from moderation.learning import Scorer, labels, rescoring, spot_checks
from moderation.review import applying, deciding, filing, listing, reporting
from moderation.review.reporting import Report
from moderation.review.values import (
    LARGEST_ID,
    CommentFile,
    HistoryEntry,
    Outcome,
    ParentView,
    QueuePage,
    ScoringEntry,
    Standing,
    Target,
    TextVersion,
    Waiting,
)
from moderation.settings import Settings
from moderation.vocabulary import Action

__all__ = [
    "CommentFile",
    "HistoryEntry",
    "Outcome",
    "ParentView",
    "QueuePage",
    "Report",
    "Review",
    "ScoringEntry",
    "Standing",
    "Target",
    "TextVersion",
    "Waiting",
]


class Review:
    """The moderators' side of the house, for these settings and the classifier in use."""

    def __init__(self, settings: Settings, scorer: Scorer) -> None:
        self.settings, self.scorer = settings, scorer

    def queue(self, view: str = "", sort: str = "", q: str = "", after: str = "") -> QueuePage:
        """One page of the queue. What makes no sense counts as not given.

        Parameters
        ----------
        view
            held (the default), check (spot checks), again (looked at again), spam, rejected, approved, or all.
        sort
            risk (most likely spam first), oldest or newest. Those who wait longest come first where nothing
            is said, and the latest first where nobody waits.
        q
            Words to look for in name, website, text and the article's title.
        after
            `QueuePage.after` of the page before.
        """
        return listing.page(self.scorer, listing.Wish.read(view, sort, q, after))

    def counts(self) -> dict[str, int]:
        """How many comments each view holds, as kept by the transactions that changed them."""
        return listing.counts()

    def waiting(self, comment_ids: Sequence[int]) -> list[Waiting]:
        """These comments as the queue shows them, in this order; ids that are not there are left out."""
        return listing.waiting(self.scorer, comment_ids)

    def file(self, comment_id: int) -> CommentFile:
        """All that the house knows of a comment, but for its reader's address.

        Raises
        ------
        NotFound
        """
        return filing.file(self.scorer, comment_id)

    def decide(
        self,
        moderator_id: int | None,
        action: Action,
        targets: Sequence[Target],
        now: datetime,
        *,
        note: str = "",
        batch: str | None = None,
    ) -> Outcome:
        """Decide on each comment whose version is still the one that was seen, in one transaction.

        Comments that have changed meanwhile are left alone and named in the outcome with what stands. Holding
        what is held, or repeating what a person has decided, changes nothing and counts as done. A person who
        confirms what the policy decided leaves a decision: somebody has looked.

        Parameters
        ----------
        moderator_id
            Who decides; None for the policy.
        batch
            One name, 32 characters at most, for all decisions of a bulk action.
        """
        by = self._hand(moderator_id, now, [target.id for target in targets], note, batch)
        return self._learned_from(deciding.decide(by, action, targets))

    def apply(
        self, moderator_id: int, targets: Sequence[Target], now: datetime, *, batch: str | None = None
    ) -> Outcome:
        """Do with comments that wait what would be done with them today, as the sweep has noted it.

        Comments that have changed, or were looked at under a version or thresholds that are not in force any more,
        are left alone and named in the outcome.
        """
        hand = self._hand(None, now, (), batch=batch)
        return applying.apply(hand, moderator_id, self.scorer.under, self.scorer.shift, targets)

    def proposals(self) -> dict[Action, int]:
        """How many comments that wait would now be approved, and how many called spam."""
        return rescoring.proposals()

    def undo(self, decision_id: int, moderator_id: int, now: datetime) -> Outcome:
        """Take a comment's newest decision back by a new one that names it; the former status returns.

        Raises
        ------
        NotFound
            There is no such decision.
        Refused
            It is the verdict on arrival, which has nothing before it.
        Stale
            The comment was decided on again since, or erased.
        """
        by = self._hand(moderator_id, now, deciding.decided_on(decision_id))
        return self._learned_from(deciding.undo(by, decision_id))

    def undo_batch(self, decision_id: int, moderator_id: int, now: datetime, *, batch: str) -> Outcome:
        """Take back, in one transaction, all decisions that were made in bulk with this one.

        Comments that were decided on again since are left alone and named in the outcome.

        Parameters
        ----------
        batch
            One name, 32 characters at most, for the decisions that undo.

        Raises
        ------
        NotFound
            There is no such decision, or it was made by itself.
        """
        by = self._hand(moderator_id, now, deciding.decided_on(decision_id), batch=batch)
        return self._learned_from(deciding.undo_batch(by, decision_id))

    def take_report(self, report: Report, now: datetime) -> bool:
        """Keep what a reader says of a public comment; enough of it brings the comment back to the queue.

        Says whether it was kept: not of a comment that is not public, nor of a network that has reported it before.
        """
        by = self._hand(None, now, ())
        return reporting.take(report, by, self.settings.keep_network_days, self.settings.reports_that_hold)

    def _hand(
        self,
        moderator_id: int | None,
        now: datetime,
        comment_ids: Sequence[int],
        note: str = "",
        batch: str | None = None,
    ) -> deciding.Hand:
        is_person = moderator_id is not None
        there = [comment_id for comment_id in comment_ids if 0 < comment_id <= LARGEST_ID]
        prepared = labels.prepare(self.scorer.classifier, there) if is_person else labels.Prepared()
        keep_days = self.settings.keep_unwelcome_days
        draw = spot_checks(self.settings.spot_check_share)
        return deciding.Hand(moderator_id, now, keep_days, note, batch, prepared, draw)

    def _learned_from(self, outcome: Outcome) -> Outcome:
        if outcome.decisions:
            self.scorer.look_again()
        return outcome
