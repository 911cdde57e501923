"""The words that several floors speak: statuses, actions, reasons, and the values that travel between them.

Nothing here imports anything of ours, so every module may import this one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a comment stands."""

    APPROVED = "approved"
    HELD = "held"
    SPAM = "spam"
    REJECTED = "rejected"
    ERASED = "erased"


class Action(StrEnum):
    """What the policy or a person may do to a comment."""

    APPROVE = "approve"
    HOLD = "hold"
    SPAM = "spam"
    REJECT = "reject"

    @property
    def status(self) -> Status:
        """The status a comment has once this was done."""
        return _STATUS_AFTER[self]


_STATUS_AFTER = {
    Action.APPROVE: Status.APPROVED,
    Action.HOLD: Status.HELD,
    Action.SPAM: Status.SPAM,
    Action.REJECT: Status.REJECTED,
}


class Mode(StrEnum):
    """Whether an article takes comments, and whether they wait."""

    OPEN = "open"
    HOLDING = "holding"
    CLOSED = "closed"


class Role(StrEnum):
    """What a person at the desk may do; each role may do all that the ones before it may.

    A moderator decides. A senior also deletes in bulk, acts on readers and sets how comments are moderated. An
    admin also looks after accounts, keys and the classifier, and may have an address revealed, with a reason.
    """

    MODERATOR = "moderator"
    SENIOR = "senior"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what that one may.

        >>> Role.SENIOR.covers(Role.MODERATOR), Role.SENIOR.covers(Role.ADMIN)
        (True, False)
        """
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


class RuleKind(StrEnum):
    """What a rule is about, and what it does."""

    TRUST_READER = "trust-reader"
    HOLD_READER = "hold-reader"
    HOLD_NETWORK = "hold-network"
    HOLD_HOST = "hold-host"
    SPAM_HOST = "spam-host"
    HOLD_WORD = "hold-word"


class Complaint(StrEnum):
    """Why a reader reports a comment."""

    SPAM = "spam"
    INSULT = "insult"
    PRIVATE = "private"
    OTHER = "other"


class ReasonCode(StrEnum):
    """Why the policy said what it said; `moderation.policy` has the sentence for each."""

    ARTICLE_HOLDS = "article-holds"
    SITE_HOLDS = "site-holds"
    FIRST_COMMENT = "first-comment"
    LOOKS_LIKE_SPAM = "looks-like-spam"
    NOT_SCORED = "not-scored"
    LINKS = "links"
    WORD_HOLDS = "word-holds"
    WORD_SPAM = "word-spam"
    HONEYPOT = "honeypot"
    FORM_TOKEN_MISSING = "form-token-missing"
    FORM_TOKEN_OLD = "form-token-old"
    FORM_TOKEN_FRESH = "form-token-fresh"
    BUSY_ARTICLE = "busy-article"
    DISGUISED = "disguised"
    LOOKED_AT_AGAIN = "looked-at-again"
    SITE_PAUSED = "site-paused"
    READER_HOLDS = "reader-holds"
    NETWORK_HOLDS = "network-holds"
    HOST_HOLDS = "host-holds"
    HOST_SPAM = "host-spam"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause for a verdict: a code that stays the same, and the detail of this case (never an address)."""

    code: ReasonCode
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy says of a comment on arrival, with its reasons in the order of the checks."""

    action: Action
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """What the classifier says of a comment.

    Attributes
    ----------
    log_odds
        Natural logarithm of P(spam) / P(ham) before the site's prior; this is what is stored.
    shift
        What the site's prior adds to the log-odds (see `moderation.spam`).
    version
        Name of the classifier version that said so.
    """

    log_odds: float
    shift: float
    version: str

    @property
    def probability(self) -> float:
        """Calibrated P(spam), 0…1.

        >>> Score(log_odds=0.0, shift=0.0, version="base-1").probability
        0.5
        """
        return probability(self.log_odds + self.shift)


def probability(log_odds: float) -> float:
    """The logistic function, without overflow at either end; what is no number stays none.

    >>> probability(-1000.0), probability(1000.0)
    (0.0, 1.0)
    """
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = 0.0 if log_odds < -700 else math.exp(log_odds)
    return odds / (1.0 + odds)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which P(spam) on a comment is held, and from which it is called spam; 0 < hold ≤ spam ≤ 1."""

    hold: float
    spam: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature added to the log-odds, and where it stands in the text as typed.

    Attributes
    ----------
    name
        The feature in words a person understands: a piece of the text, or a signal's name.
    log_odds
        What it added: positive towards spam, negative towards ham.
    spans
        Pairs of character offsets into the text as typed, empty for signals.
    """

    name: str
    log_odds: float
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a score is what it is: `bias` and all contributions add up to the score's raw log-odds.

    Attributes
    ----------
    layers
        The same sum by where it was learned: the base, this site's decisions, the latest decisions. A layer that
        there is not, is not named.
    """

    score: Score
    bias: float
    contributions: tuple[Contribution, ...] = ()
    layers: tuple[Contribution, ...] = ()
