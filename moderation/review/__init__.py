"""A moderator decides: what waits and why, one comment's whole file, and the one way to change a status.

Pages, commands and whatever comes later all go through `Review.decide` and `Review.undo`; nothing else in the
house writes a status, but for the policy's first one as a comment arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from moderation import campaigns
from moderation.errors import NotFound
from moderation.learning import Scorer, labels, spot_checks
from moderation.review import applying, deciding, filing, listing, looking, noting, reporting
from moderation.review.bench import Bench, NoteView, Piece, Tally, bench
from moderation.review.filing import CommentFile
from moderation.review.narrowing import HOURS, WHOM, Narrow
from moderation.review.reporting import Report
from moderation.review.values import (
    LARGEST_ID,
    Alike,
    AlikeCard,
    HistoryEntry,
    Looking,
    Outcome,
    ParentView,
    QueuePage,
    ScoringEntry,
    Standing,
    Target,
    TextVersion,
    Totals,
    Waiting,
)
from moderation.review.wishes import Wish
from moderation.settings import Settings
from moderation.vocabulary import Action

__all__ = [
    "HOURS",
    "WHOM",
    "Alike",
    "AlikeCard",
    "Bench",
    "CommentFile",
    "HistoryEntry",
    "Looking",
    "Narrow",
    "NoteView",
    "Outcome",
    "ParentView",
    "Piece",
    "QueuePage",
    "Report",
    "Review",
    "ScoringEntry",
    "Standing",
    "Tally",
    "Target",
    "TextVersion",
    "Totals",
    "Waiting",
]


MOST_SIMILAR = 5
"""Similar comments that are shown beside one, at most."""

FINE_AT_ONCE = 100
"""Comments that look fine and are listed to be approved together, at most."""


class Review:
    """The moderators' side of the house, for these settings and the classifier in use."""

    def __init__(self, settings: Settings, scorer: Scorer) -> None:
        self.settings, self.scorer = settings, scorer

    def queue(
        self,
        view: str = "",
        sort: str = "",
        q: str = "",
        after: str = "",
        *,
        narrow: Mapping[str, str] | None = None,
        moderator_id: int | None = None,
        now: datetime | None = None,
        focus: int | None = None,
    ) -> QueuePage:
        """One page of the queue. What makes no sense counts as not given.

        Parameters
        ----------
        view
            held (the default), check (spot checks), again (looked at again), spam, rejected, approved, or all.
        sort
            oldest, newest, doubtful (nearest to P(spam) = ½ first), fine (least likely spam first) or risk (most
            likely spam first). Those who wait longest come first where nothing is said, and the latest first
            where nobody waits.
        q
            Words to look for in name, website, text and the article's title.
        after
            `QueuePage.after` of the page before.
        narrow
            What narrows it down; see `Narrow`.
        moderator_id, now
            Who looks, and when: for who else is looking, and for what waits since when.
        focus
            The comment to look at; the first one where none is named.
        """
        wish = Wish.read(view, sort, q, after, narrow)
        return listing.page(self.scorer, wish, now or datetime.now(UTC), moderator_id, focus)

    def totals(self) -> Totals:
        """What stands beside every page of the desk."""
        return listing.totals()

    def counts(self) -> dict[str, int]:
        """How many comments each view holds, as kept by the transactions that changed them."""
        return listing.totals().counts

    def waiting(self, comment_ids: Sequence[int], now: datetime | None = None) -> list[Waiting]:
        """These comments as the queue shows them, in this order; ids that are not there are left out."""
        return listing.waiting(self.scorer, comment_ids, now=now)

    def bench_of(self, comment: Waiting) -> Bench:
        """The same of a comment whose whole text is at hand."""
        return bench(self.scorer, comment)

    def bench(self, comment_id: int, now: datetime) -> Bench:
        """The comment in focus, with all that a decision needs.

        Raises
        ------
        NotFound
        """
        found = listing.whole(self.scorer, comment_id, now) if 0 < comment_id <= LARGEST_ID else None
        if found is None:
            raise NotFound("There is no such comment.")
        return bench(self.scorer, found)

    def file(self, comment_id: int, now: datetime | None = None) -> CommentFile:
        """All that the house knows of a comment, but for its reader's address.

        Raises
        ------
        NotFound
        """
        return filing.file(self.scorer, comment_id, now or datetime.now(UTC))

    def similar(self, comment_id: int) -> list[Waiting]:
        """Comments that are like this one, the likest first."""
        found = [each.id for each in campaigns.similar(comment_id, MOST_SIMILAR)]
        return listing.waiting(self.scorer, found)

    def claim(self, comment_id: int, moderator_id: int, now: datetime) -> Looking:
        """Say that this moderator is looking at a comment; answers who is. See `looking.claim`."""
        return looking.claim(comment_id, moderator_id, now)

    def let_go(self, moderator_id: int, comment_id: int | None = None) -> None:
        """End the moderator's claims, or the one on this comment."""
        looking.let_go(moderator_id, comment_id)

    def note(self, comment_id: int, moderator_id: int, words: str, now: datetime) -> int:
        """Write a note for the other moderators; returns its id. See `noting.note`."""
        return noting.note(comment_id, moderator_id, words, now)

    def take_note_back(self, note_id: int, moderator_id: int, now: datetime) -> int:
        """Take one's own note back; returns the comment it was on. See `noting.take_back`."""
        return noting.take_back(note_id, moderator_id, now)

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
        return listing.totals().proposals

    def looks_fine(self, now: datetime, most: int = FINE_AT_ONCE) -> list[Waiting]:
        """Comments that wait although their score alone would not hold them, the least likely spam first."""
        return listing.looks_fine(self.scorer, most, now)

    def undo(self, decision_id: int, moderator_id: int, now: datetime, *, is_once: bool = False) -> Outcome:
        """Take a comment's newest decision back by a new one that names it; the former status returns.

        Parameters
        ----------
        is_once
            Whether a decision that took one back itself is left alone: nothing is done then.

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
        return self._learned_from(deciding.undo(by, decision_id, is_once=is_once))

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
