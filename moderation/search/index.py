"""The index: what is looked through, kept beside the comments in the transaction that changes them.

FTS5 cuts words its own way, and so does PostgreSQL. Here both are given words that are cut already; PostgreSQL's
`tsvector` is written out word by word, so that its parser has nothing to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, select, text

from models import Article, Comment, CommentText, Figure, Link, Statement, db, writing
from moderation import privacy
from moderation.search.words import FIELDS, folded_words
from moderation.vocabulary import Status

TABLE = "comment_search"
WEIGHTS = dict(zip(FIELDS, "ABCD", strict=True))
"""PostgreSQL tells fields apart by weights."""

_TO_SCRUB = "search to scrub"
_WANTED, _BEGUN, _WANTED_AGAIN = "wanted", "begun", "wanted again"
_PAGES = 500
"""What FTS5 merges in one step."""

_MERGE = text("INSERT INTO comment_search(comment_search, rank) VALUES ('merge', :pages)")
_INTO_FTS5 = Statement(
    text(
        "INSERT INTO comment_search(rowid, text, name, host, article) VALUES (:id, :text, :name, :host, :article)"
    )
)
_INTO_POSTGRESQL = Statement(
    text("INSERT INTO comment_search(comment_id, document) VALUES (:id, CAST(:document AS tsvector))")
)
_MERGE_FEW = text("INSERT INTO comment_search(comment_search, rank) VALUES ('usermerge', 2)")
"""FTS5 goes on with a merge of two, else of four at least. It remembers this."""

_OPTIMIZE = text("INSERT INTO comment_search(comment_search) VALUES ('optimize')")
_REBUILD = text("INSERT INTO comment_search(comment_search) VALUES ('rebuild')")
_MOST_LEVELS = 1000
"""Each merging of all adds two levels, which FTS5 never gives up by itself; at 2,000 it takes the index for broken.
From so many on the index is made anew from the words, which leaves one."""

_FROM_FTS5 = text("DELETE FROM comment_search WHERE rowid = :id")
_FROM_POSTGRESQL = text("DELETE FROM comment_search WHERE comment_id = :id")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_POSITIONS = 16_000
_STEP = 200


@dataclass(frozen=True, slots=True)
class Document:
    """What is looked through of one comment; addresses are masked before anything is kept."""

    comment_id: int
    text: str
    name: str
    hosts: tuple[str, ...]
    article: str

    def words(self) -> dict[str, list[str]]:
        """The words of each field."""
        said = {"text": self.text, "name": self.name, "host": " ".join(self.hosts)}
        found = {field: _folded(text) for field, text in said.items()}
        return {**found, "article": list(_of_article(self.article))}


def _folded(text: str) -> list[str]:
    return folded_words(privacy.mask_addresses(text))


@lru_cache(maxsize=512)  # articles come again and again, and nothing of a reader is kept here
def _of_article(told: str) -> tuple[str, ...]:
    return tuple(_folded(told))


def add(document: Document) -> None:
    """Let a new comment be found; part of the caller's transaction."""
    _write([document])


def follow(comment_ids: Collection[int]) -> None:
    """Make what is kept of these comments what they now say; part of the caller's transaction.

    Whoever edits a text, a name, a website or an article's title calls it. Who would erase one of them meanwhile
    waits: otherwise words that were read before would come back.
    """
    ids = sorted(comment_ids)
    for start in range(0, len(ids), _STEP):
        some = ids[start : start + _STEP]
        kept = select(Comment.id).where(Comment.id.in_(some)).order_by(Comment.id)
        db.session.execute(kept.with_for_update(read=True)).all()
        _delete(some)
        _write(list(_documents(some)))


def forget(comment_ids: Collection[int]) -> None:
    """Let these comments be found no more; part of the transaction that erases or empties them."""
    if not comment_ids:
        return
    _delete(sorted(comment_ids))
    if _is_sqlite():
        known = db.session.get(Figure, _TO_SCRUB)
        stage = _WANTED_AGAIN if known is not None and known.value in {_BEGUN, _WANTED_AGAIN} else _WANTED
        db.session.merge(Figure(name=_TO_SCRUB, value=stage, made_at=_EPOCH))


def scrub(_now: datetime) -> int:
    """Merge away what FTS5 still holds of forgotten comments, some pages at a time; returns 0 when none is left.

    The first step marks all that the index has now to become one; the others go on with that. Were each of them a
    first one, comments that arrive meanwhile would be marked as well, and in a large index there would be no end.
    """
    if not _is_sqlite() or db.session.get(Figure, _TO_SCRUB) is None:
        return 0
    with writing() as session:
        known = session.get(Figure, _TO_SCRUB)
        if known is None:
            return 0
        if known.value in {_BEGUN, _WANTED_AGAIN}:
            session.execute(_MERGE, {"pages": _PAGES})
        elif len(_merging()) > _MOST_LEVELS:
            session.execute(_REBUILD)
        else:
            known.value = _BEGUN
            session.execute(_MERGE_FEW)
            session.execute(_MERGE, {"pages": -_PAGES})
        if any(_merging()):
            return 1
        if known.value == _WANTED_AGAIN:
            known.value = _WANTED
            return 1
        session.delete(known)
    return 0


def rewrite() -> None:
    """Write FTS5's index anew, all segments as one: no word of a forgotten comment is left in it.

    Part of the caller's transaction. What is merged away bit by bit (`scrub`) ends at the same; this does it at once,
    and costs what the index holds, a tenth of cutting all texts into words again.
    """
    if _is_sqlite():
        db.session.execute(_REBUILD if len(_merging()) > _MOST_LEVELS else _OPTIMIZE)
        db.session.execute(delete(Figure).where(Figure.name == _TO_SCRUB))


def _merging() -> list[int]:
    """How many segments of each of FTS5's levels are being merged: how many rows a step changed does not tell.

    The record of the structure is a cookie of four bytes, and then varints: how many levels and segments there are, a
    counter, and for each level how many of its segments are being merged, how many there are, and three numbers for
    each (fts5_index.c, "Structure records"; tables without content of their own have another one).
    """
    record = db.session.scalar(text("SELECT block FROM comment_search_data WHERE id = 10"))
    numbers = _varints(record[4:])
    levels, _segments, _counter = next(numbers), next(numbers), next(numbers)
    found = []
    for _ in range(levels):
        found.append(next(numbers))
        for _ in range(3 * next(numbers)):
            next(numbers)
    return found


def _varints(packed: bytes) -> Iterator[int]:
    """Numbers as SQLite packs them: seven bits a byte, the highest first, the eighth says that there are more."""
    number = 0
    for byte in packed:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            yield number
            number = 0


def _write(documents: Sequence[Document]) -> None:
    if not documents:
        return
    if _is_sqlite():
        rows = [
            {"id": each.comment_id} | {name: " ".join(found) for name, found in each.words().items()}
            for each in documents
        ]
        _INTO_FTS5.run_each(rows)
    else:
        vectors = [{"id": each.comment_id, "document": _vector(each.words())} for each in documents]
        _INTO_POSTGRESQL.run_each(vectors)


def _delete(comment_ids: Sequence[int]) -> None:
    query = _FROM_FTS5 if _is_sqlite() else _FROM_POSTGRESQL
    db.session.execute(query, [{"id": comment_id} for comment_id in comment_ids])


def _documents(comment_ids: Sequence[int]) -> Iterator[Document]:
    """What the comments say now; erased ones say nothing."""
    hosts: dict[int, list[str]] = {}
    for row in db.session.execute(
        select(Link.comment_id, Link.host)
        .join(Comment, Comment.id == Link.comment_id)
        .where(Link.comment_id.in_(comment_ids), Link.stands())
        .order_by(Link.id)
    ):
        hosts.setdefault(row.comment_id, []).append(row.host)
    rows: Iterable[Any] = db.session.execute(
        select(Comment.id, Comment.name, CommentText.text, Article.title, Article.key)
        .join(Article, Article.id == Comment.article_id)
        .join(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .where(Comment.id.in_(comment_ids), Comment.status != Status.ERASED)
    ).all()
    for row in rows:
        yield Document(row.id, row.text, row.name, tuple(hosts.get(row.id, ())), f"{row.title} {row.key}")


def _vector(found: dict[str, list[str]]) -> str:
    """A `tsvector` as text; between two fields stands a gap, so that no phrase reaches across."""
    parts, place = [], 0
    for field in FIELDS:
        for word in found[field]:
            place += 1
            if place > _MOST_POSITIONS:
                break
            parts.append(f"{quoted(word)}:{place}{WEIGHTS[field]}")
        place += 10
    return " ".join(parts)


def quoted(word: str) -> str:
    """A word as PostgreSQL's full text reads it literally."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"
