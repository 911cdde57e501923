"""A moderator decides: what waits and why, one comment's whole file, and the one way to change a status.

Pages, commands and whatever comes later all go through `Review.decide` and `Review.undo`; nothing else in the
house writes a status, but for the policy's first one as a comment arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from moderation.learning import Scorer
from moderation.review import deciding, filing, listing
from moderation.review.values import (
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
            held (the default), spam, rejected, approved, or all.
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
        by = deciding.Hand(moderator_id, now, self.settings.keep_unwelcome_days, note, batch)
        return deciding.decide(by, action, targets)

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
        return deciding.undo(deciding.Hand(moderator_id, now, self.settings.keep_unwelcome_days), decision_id)

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
        by = deciding.Hand(moderator_id, now, self.settings.keep_unwelcome_days, batch=batch)
        return deciding.undo_batch(by, decision_id)
