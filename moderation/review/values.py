"""What the desk works with: frozen values, made from rows once and then only read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from moderation.errors import BadInput
from moderation.pauses import Pause
from moderation.review.narrowing import Narrow
from moderation.vocabulary import Action, Status

THE_POLICY = "the policy"
"""Who decided where no person did."""

LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Target:
    """A comment as somebody saw it: decisions cover this version and no other."""

    id: int
    version: int

    @classmethod
    def read(cls, text: str) -> Target:
        """The target that `ID:VERSION` names.

        >>> Target.read("17:2")
        Target(id=17, version=2)

        Raises
        ------
        BadInput
        """
        match = _TARGET.fullmatch(text)
        if match is None or max(map(int, match.groups())) > LARGEST_ID:
            raise BadInput("The decision names a comment in a way that makes no sense. Nothing was changed.")
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return f"{self.id}:{self.version}"

    @classmethod
    def read_all(cls, texts: Iterable[str]) -> list[Target]:
        """The targets that these name, each one or several with spaces between; the same one is read once.

        >>> Target.read_all(["17:2 18:1", "17:2"])
        [Target(id=17, version=2), Target(id=18, version=1)]

        Raises
        ------
        BadInput
            One of them makes no sense, or there are more than `MOST_TARGETS`.
        """
        words = dict.fromkeys(word for text in texts for word in text.split(" "))
        if len(words) > MOST_TARGETS:
            raise BadInput(f"One decision covers {MOST_TARGETS:,} comments at most. Nothing was changed.")
        return [cls.read(word) for word in words]


MOST_TARGETS = 5_000
"""Comments that one decision covers at most."""

_TARGET = re.compile(r"([0-9]{1,10}):([0-9]{1,10})")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a comment's status is, and whose decision made it so."""

    comment_id: int
    status: Status
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a wish to decide.

    Attributes
    ----------
    done
        Ids of the comments that now stand as wished.
    decisions
        Ids of the decisions that were made for it.
    stale
        Comments that had changed since they were seen, and were left alone.
    unknown
        Ids that no comment has.
    """

    done: tuple[int, ...] = ()
    decisions: tuple[int, ...] = ()
    stale: tuple[Standing, ...] = ()
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ParentView:
    """The comment that is answered, in short."""

    id: int
    name: str
    excerpt: str
    status: Status


@dataclass(frozen=True, slots=True)
class Looking:
    """Who is looking at a comment just now, until when unless they say so again."""

    moderator_id: int
    who: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Alike:
    """A campaign that a comment belongs to: how many are alike, and how many of these wait."""

    campaign_id: int
    size: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of the queue, and the head of a comment's page.

    Attributes
    ----------
    name, website, text
        As typed, with addresses masked. `is_cut` says that the text goes on.
    score
        P(spam), 0…1, by the newest scoring at today's prior; None where there is none.
    reasons
        Why the policy judged as it did, in sentences.
    decided_by
        Whose decision stands: a moderator's name, or "the policy".
    is_to_check
        Whether chance drew it for a spot check that nobody has answered.
    proposal
        What would be done with it today, where that is not to hold it.
    is_ours
        Whether the publication wrote it.
    is_edited
        Whether a moderator changed its text.
    language
        Its guessed language's code, "" where there is none.
    looking
        Who is looking at it just now, where that was asked for.
    alike
        The campaign that it belongs to.
    """

    id: int
    version: int
    status: Status
    article_key: str
    article_title: str
    name: str
    website: str
    text: str
    is_cut: bool
    parent: ParentView | None
    arrived_at: datetime
    score: float | None
    classifier_version: str
    reasons: tuple[str, ...]
    decided_by: str
    decided_at: datetime | None
    last_decision_id: int | None
    can_undo: bool
    is_to_check: bool = False
    proposal: Action | None = None
    is_ours: bool = False
    is_edited: bool = False
    language: str = ""
    looking: Looking | None = None
    alike: Alike | None = None

    @property
    def target(self) -> str:
        """What a decision on exactly this has to name."""
        return str(Target(self.id, self.version))


@dataclass(frozen=True, slots=True)
class Totals:
    """What stands beside every page of the desk.

    Attributes
    ----------
    counts
        How many comments each view holds, as kept by the transactions that changed them.
    proposals
        How many that wait would now be approved, and how many called spam.
    is_drifting
        Whether the latest decisions disagree with the classifier far more than it promised.
    pause
        The site's, while it lasts.
    """

    counts: dict[str, int]
    proposals: dict[Action, int]
    is_drifting: bool
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class AlikeCard:
    """A campaign in the queue: how many of it wait, and the one that waits longest."""

    campaign_id: int
    waiting: int
    first: Waiting


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue; `after` is what the next one begins after, None on the last.

    `cards` are the campaigns that are shown as one, on the first page of what waits; `focus` is the comment in focus,
    with all of its text, on this page or not.
    """

    entries: tuple[Waiting, ...]
    view: str
    sort: str
    q: str
    after: str | None
    totals: Totals
    narrow: Narrow = field(default_factory=Narrow)
    cards: tuple[AlikeCard, ...] = ()
    focus: Waiting | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many comments each view holds."""
        return self.totals.counts

    def position(self, comment_id: int) -> int | None:
        """Where on the page the comment stands, None where it does not."""
        return next((at for at, entry in enumerate(self.entries) if entry.id == comment_id), None)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One decision in a comment's history; `undoes` and `undone_by` are ids of decisions."""

    id: int
    at: datetime
    who: str
    action: Action
    from_status: Status | None
    to_status: Status
    note: str
    reasons: tuple[str, ...]
    undoes: int | None
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class TextVersion:
    """A text the comment has or had; `who` is "" for the reader."""

    n: int
    text: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ScoringEntry:
    """What a classifier version said of one of the texts; `score` is its P(spam) at today's prior."""

    at: datetime
    text_n: int
    version: str
    log_odds: float
    score: float
