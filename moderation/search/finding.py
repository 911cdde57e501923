"""Finding: the newest comments first, in pages by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, column, func, literal_column, select, table, text

from models import Comment, Decision, Moderator, db
from moderation.search.index import TABLE, WEIGHTS, quoted
from moderation.search.words import Term, Wish
from moderation.vocabulary import Status

PAGE = 50

_LARGEST = 2**31 - 1
_INDEX = table(TABLE, column("rowid"), column("comment_id"))


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of comments, the newest first, and what the next page begins before, None on the last."""

    ids: tuple[int, ...] = ()
    before: int | None = None


def find(wish: Wish, before: int | None = None, limit: int = PAGE) -> Found:
    """The next comments that are wished for, those that came before the comment `before`."""
    if wish.has_address or wish.is_empty:
        return Found()
    query = _matching([term for term in wish.terms if term.words])
    if before is not None and 0 < before <= _LARGEST:
        query = query.where(Comment.id < before)
    if wish.status is not None:
        query = query.where(Comment.status == wish.status)
    else:
        query = query.where(Comment.status != Status.ERASED)
    if wish.by:
        query = query.where(_decided_by(wish.by))
    ids = tuple(db.session.scalars(query.order_by(Comment.id.desc()).limit(limit + 1)))
    return Found(ids[:limit], ids[limit - 1] if len(ids) > limit else None)


def _matching(terms: Sequence[Term]) -> Select[int]:
    query = select(Comment.id)
    if not any(not term.is_unwanted for term in terms):
        return query
    if db.engine.dialect.name == "sqlite":
        joined = query.join(_INDEX, literal_column(f"{TABLE}.rowid") == Comment.id)
        return joined.where(text(f"{TABLE} MATCH :wanted").bindparams(wanted=_for_fts5(terms)))
    joined = query.join(_INDEX, _INDEX.c.comment_id == Comment.id)
    return joined.where(
        text(f"{TABLE}.document @@ CAST(:wanted AS tsquery)").bindparams(wanted=_for_postgresql(terms))
    )


def _decided_by(name: str) -> Any:
    """The newest decision is this person's; the policy's where no person has decided."""
    if name.casefold() in {"policy", "the policy"}:
        by_people = select(Decision.comment_id).where(
            Decision.comment_id == Comment.id, Decision.moderator_id.is_not(None)
        )
        return ~by_people.exists()
    person = select(Moderator.id).where(Moderator.name_key == name.casefold()).scalar_subquery()
    newest = select(func.max(Decision.id)).where(Decision.comment_id == Comment.id).correlate(Comment)
    mine = select(Decision.comment_id).where(Decision.moderator_id == person)
    stands = select(Decision.id).where(
        Decision.id == newest.scalar_subquery(), Decision.moderator_id == person
    )
    return and_(Comment.id.in_(mine), stands.correlate(Comment).exists())


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
