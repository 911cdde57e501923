"""The comment in focus, with all that a decision needs: its whole text, what weighs in it, and what else is known.

The words behind the score are cut out of the text as typed. What came from the same typed address, or from the same
browser, is counted by fingerprint: told to people, and never part of a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all

from models import Comment, Contact, Moderator, Note, db
from moderation import privacy, spam
from moderation.learning import Scorer
from moderation.review.disguises import Shown, made_visible
from moderation.review.values import Waiting
from moderation.vocabulary import Contribution, Explanation, Status

MOST_COUNTED = 1_000
"""So many of what else came from somewhere are counted; what goes on is "so many or more"."""

_WEIGHTIEST = 12
_LIGHTEST = 0.1  # log-odds below which a word is not marked


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text as typed, and what it adds to the log-odds: 0 where that is next to nothing."""

    text: str
    log_odds: float = 0.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What else came from somewhere, by status; `is_cut` says that there is more than was counted."""

    by_status: dict[Status, int]

    @property
    def total(self) -> int:
        """How many there are besides the comment at hand."""
        return sum(self.by_status.values())

    @property
    def is_cut(self) -> bool:
        """Whether there are more than were counted."""
        return self.total >= MOST_COUNTED


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note of a moderator for the others."""

    id: int
    moderator_id: int
    who: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bench:
    """The comment in focus.

    Attributes
    ----------
    pieces
        Its text as typed, cut where something weighs.
    why
        What speaks for spam, as a sentence; "" where no classifier is at work, or the publication wrote it.
    contributions, others, bias
        See `CommentFile`.
    disguised
        The text with its disguises made visible; empty where there are none.
    from_address, from_browser
        What else came from the same typed address and from the same browser; None where that is not known any more,
        or never was.
    notes
        What moderators wrote for each other, the oldest first.
    """

    comment: Waiting
    pieces: tuple[Piece, ...]
    why: str = ""
    contributions: tuple[Contribution, ...] = ()
    others: float = 0.0
    bias: float = 0.0
    disguised: tuple[Shown, ...] = ()
    from_address: Tally | None = None
    from_browser: Tally | None = None
    notes: tuple[NoteView, ...] = ()


def bench(scorer: Scorer, comment: Waiting) -> Bench:
    """Everything about a comment whose whole text is at hand."""
    candidate = spam.Candidate(comment.text, comment.name, comment.website, comment.article_title)
    explanation = scorer.explain(candidate) if comment.text and not comment.is_ours else None
    shown, others = weightiest(explanation) if explanation else ((), 0.0)
    address, browser = _came_along(comment.id)
    return Bench(
        comment=comment,
        pieces=tuple(pieces(comment.text, shown)),
        why=spam.in_words(explanation) if explanation else "",
        contributions=shown,
        others=others,
        bias=explanation.bias if explanation else 0.0,
        disguised=made_visible(comment.text),
        from_address=address,
        from_browser=browser,
        notes=notes(comment.id),
    )


def weightiest(explanation: Explanation) -> tuple[tuple[Contribution, ...], float]:
    """The contributions that weigh most, heaviest first, and the sum of all others."""
    ordered = sorted(explanation.contributions, key=lambda each: -abs(each.log_odds))
    shown = tuple(
        Contribution(privacy.mask_addresses(each.name), each.log_odds, each.spans)
        for each in ordered[:_WEIGHTIEST]
    )
    return shown, sum(each.log_odds for each in ordered[_WEIGHTIEST:])


def pieces(text: str, contributions: Sequence[Contribution]) -> Iterator[Piece]:
    """The text, cut where a contribution begins or ends; where two lie upon each other the heavier one is told.

    >>> list(pieces("a casino", [Contribution("casino", 1.5, ((2, 8),))]))
    [Piece(text='a ', log_odds=0.0), Piece(text='casino', log_odds=1.5)]
    """
    end = 0
    for start, stop, log_odds in _apart(text, contributions):
        if start > end:
            yield Piece(text[end:start])
        yield Piece(text[start:stop], log_odds)
        end = stop
    if end < len(text):
        yield Piece(text[end:])


def notes(comment_id: int) -> tuple[NoteView, ...]:
    """The notes on a comment that were not taken back, the oldest first."""
    rows = db.session.execute(
        select(Note.id, Note.moderator_id, Moderator.name, Note.words, Note.written_at)
        .join(Moderator, Moderator.id == Note.moderator_id)
        .where(Note.comment_id == comment_id, Note.taken_back_at.is_(None))
        .order_by(Note.id)
    )
    return tuple(NoteView(*row) for row in rows)


def _apart(text: str, contributions: Sequence[Contribution]) -> list[tuple[int, int, float]]:
    """Spans that do not overlap, in the order of the text: the heaviest contributions come first."""
    taken: list[tuple[int, int, float]] = []
    for each in sorted(contributions, key=lambda each: -abs(each.log_odds)):
        if abs(each.log_odds) < _LIGHTEST:
            continue
        for start, stop in each.spans:
            is_free = all(stop <= begun or start >= ended for begun, ended, _ in taken)
            if 0 <= start < stop <= len(text) and is_free:
                taken.append((start, stop, each.log_odds))
    return sorted(taken)


def _came_along(comment_id: int) -> tuple[Tally | None, Tally | None]:
    """What else came from the same typed address and from the same browser."""
    parts: list[Any] = [
        part
        for kind, column in (("address", Contact.address_fingerprint), ("browser", Contact.token_fingerprint))
        for part in (_is_known(kind, column, comment_id), _counted(kind, column, comment_id))
    ]
    found: dict[str, dict[Status, int]] = {}
    for kind, status, count in db.session.execute(union_all(*parts)):
        if status != "known":
            found[kind][Status(status)] = count
        elif count:
            found[kind] = {}
    return tuple(Tally(found[kind]) if kind in found else None for kind in ("address", "browser"))  # type: ignore[return-value]


def _is_known(kind: str, column: Any, comment_id: int) -> Select[*tuple[Any, ...]]:
    known = select(literal(kind), literal("known"), func.count(column))
    return known.where(Contact.comment_id == comment_id)


def _counted(kind: str, column: Any, comment_id: int) -> Select[*tuple[Any, ...]]:
    ours = select(column).where(Contact.comment_id == comment_id).scalar_subquery()
    others = select(Contact.comment_id).where(column == ours, Contact.comment_id != comment_id)
    near = others.limit(MOST_COUNTED).subquery()
    status = func.lower(Comment.status).label("status")  # as text, beside the word of the other parts
    counted = select(literal(kind), status, func.count()).join(near, near.c.comment_id == Comment.id)
    return counted.where(Comment.status != Status.ERASED).group_by(Comment.status)
