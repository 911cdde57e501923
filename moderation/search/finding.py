"""Finding: the newest comments first, in pages by key.

Candidates come from one index in the order of their numbers: of the words, of whoever decided, or of a status. What
else is wished for is asked of a bounded window of them, so that a page costs the same whatever is looked for; where
the window holds too few, the next page begins behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, column, select, table, text

from models import Comment, Decision, Moderator, db
from moderation.search.index import TABLE, WEIGHTS, quoted
from moderation.search.words import Term, Wish
from moderation.vocabulary import Status
from moderation.windows import in_steps

PAGE = 50

WINDOW = 2_000
"""Candidates that one page looks through."""

_FIRST_STEP = 250
_LARGEST = 2**31 - 1
_LATER = Decision.__table__.alias()
_INDEX = table(TABLE, column("rowid"), column("comment_id"))


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of comments, the newest first, and what the next page begins before, None on the last.

    There may be a next page although this one is not full: only so many comments are looked through at once.
    """

    ids: tuple[int, ...] = ()
    before: int | None = None


def find(wish: Wish, before: int | None = None, limit: int = PAGE) -> Found:
    """The next comments that are wished for, those that came before the comment `before`."""
    if wish.has_address or wish.is_empty:
        return Found()
    is_narrowed = bool(wish.by) or (wish.status is not None and wish.has_words)
    reach = max(WINDOW, 2 * limit) if is_narrowed else limit + 1
    before = before if before is not None and 0 < before <= _LARGEST else None
    found: list[int] = []
    meeting = _meeting(wish)
    for step in in_steps(_FIRST_STEP, reach):
        candidates = _candidates(wish, before, step)
        found += db.session.scalars(meeting, {"candidates": candidates})
        if len(found) > limit:
            return Found(tuple(found[:limit]), found[limit - 1])
        if len(candidates) < step:
            return Found(tuple(found))
        before = candidates[-1]
    return Found(tuple(found), before)


def _candidates(wish: Wish, before: int | None, reach: int) -> list[int]:
    """Comments out of one index, the newest first."""
    number: Any = Comment.id
    query = select(Comment.id)
    if wish.has_words:
        number, query = _matching([term for term in wish.terms if term.words])
    elif wish.by and not wish.is_by_the_policy:
        number = Decision.comment_id
        query = select(number).where(Decision.moderator_id == _person(wish.by)).distinct()
    elif wish.status is not None:
        query = query.where(Comment.status == wish.status)
    if before is not None:
        query = query.where(number < before)
    return list(db.session.scalars(query.order_by(number.desc()).limit(reach)))


def _meeting(wish: Wish) -> Select[int]:
    """Those of `candidates` that are of the status, and whose decision stands; the newest first."""
    candidates: Any = bindparam("candidates", expanding=True)
    query = select(Comment.id).where(
        Comment.status == wish.status if wish.status is not None else Comment.status != Status.ERASED
    )
    if wish.by and not wish.is_by_the_policy:
        # Through the decisions of that person, few beside all comments.
        query = query.join(Decision, Decision.comment_id == Comment.id).where(
            Decision.comment_id.in_(candidates), Decision.moderator_id == _person(wish.by), ~_is_outdone()
        )
    else:
        query = query.where(Comment.id.in_(candidates))
        query = query.where(~_by_people()) if wish.by else query
    return query.order_by(Comment.id.desc())


def _matching(terms: Sequence[Term]) -> tuple[Any, Select[int]]:
    """The number of a comment in the index of words, and the query for those that match."""
    if db.engine.dialect.name == "sqlite":
        wanted = text(f"{TABLE} MATCH :wanted").bindparams(wanted=_for_fts5(terms))
        return _INDEX.c.rowid, select(_INDEX.c.rowid).where(wanted)
    wanted = text(f"{TABLE}.document @@ CAST(:wanted AS tsquery)").bindparams(wanted=_for_postgresql(terms))
    return _INDEX.c.comment_id, select(_INDEX.c.comment_id).where(wanted)


def _is_outdone() -> Any:
    """Somebody has decided after that."""
    later = select(_LATER.c.id).where(_LATER.c.comment_id == Decision.comment_id, _LATER.c.id > Decision.id)
    return later.correlate(Decision).exists()


def _by_people() -> Any:
    """A person has decided on the comment, and not the policy alone."""
    by_people = select(Decision.comment_id).where(
        Decision.comment_id == Comment.id, Decision.moderator_id.is_not(None)
    )
    return by_people.exists()


def _person(name: str) -> Any:
    return select(Moderator.id).where(Moderator.name_key == name.casefold()).scalar_subquery()


def _for_fts5(terms: Sequence[Term]) -> str:
    wanted = " AND ".join(_phrase_of_fts5(term) for term in terms if not term.is_unwanted)
    unwanted = [_phrase_of_fts5(term) for term in terms if term.is_unwanted]
    return " NOT ".join([f"({wanted})", *unwanted])


def _phrase_of_fts5(term: Term) -> str:
    """Words in double quotes, in which nothing has a meaning but the quotes themselves, and words hold none."""
    phrase = '"' + " ".join(term.words) + '"' + ("*" if term.is_begun else "")
    return f"{{{term.field}}} : {phrase}" if term.field else phrase


def _for_postgresql(terms: Sequence[Term]) -> str:
    return " & ".join(f"{'!' if term.is_unwanted else ''}({_phrase_of_postgresql(term)})" for term in terms)


def _phrase_of_postgresql(term: Term) -> str:
    weight = WEIGHTS[term.field] if term.field else ""
    last = len(term.words) - 1
    marks = ["*" if term.is_begun and n == last else "" for n in range(last + 1)]
    parts = [
        quoted(word) + (f":{mark}{weight}" if mark or weight else "")
        for word, mark in zip(term.words, marks, strict=True)
    ]
    return " <-> ".join(parts)
