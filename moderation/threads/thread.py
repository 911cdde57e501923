"""The public comments of one article: in the order of their paths, in pages that begin after a comment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
)

from models import Comment, CommentText, Statement, read
from moderation import markup
from moderation.errors import NotFound
from moderation.settings import Settings
from moderation.threads.public import PublicArticle
from moderation.vocabulary import Status

STEP = 10
"""Digits that one comment takes in a path."""

_Place = tuple[int, str]  # root and path


@dataclass(frozen=True, slots=True)
class PublicComment:
    """A comment as the public sees it.

    Attributes
    ----------
    depth
        1 at the top.
    website
        An http(s) address that is safe to link, or None.
    is_awaiting
        Shown to its author alone, while it waits; its links are inactive.
    is_ours
        Whether the publication wrote it.
    is_edited
        Whether a moderator changed its text.
    answers
        Whom it answers, where the comment it stands below does not say so; "" when that comment is not public.
    """

    id: int
    parent_id: int | None
    depth: int
    name: str
    website: str | None
    body: Markup
    arrived_at: datetime
    is_awaiting: bool = False
    may_reply: bool = True
    answers: str | None = None
    is_ours: bool = False
    is_edited: bool = False


@dataclass(slots=True)
class Standing:
    """A comment at its place on a page, with the replies below it.

    Attributes
    ----------
    version
        All that its card is drawn from: while this is the same, so is the card.
    """

    id: int
    is_awaiting: bool
    version: tuple[object, ...]
    _made: Callable[[], PublicComment]
    replies: list[Standing] = field(default_factory=list)

    @property
    def comment(self) -> PublicComment:
        """The comment as the public sees it, made when it is asked for."""
        return self._made()


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One page of a thread; `after` is what the next page begins after, None on the last."""

    comments: Sequence[Standing]
    count: int
    after: int | None
    is_first: bool

    @property
    def ids(self) -> list[int]:
        """All comments on it, replies as well."""
        found, left = [], list(self.comments)
        while left:
            comment = left.pop()
            found.append(comment.id)
            left += comment.replies
        return found


class Thread:
    """The public comments of one article, in the house's order.

    Parameters
    ----------
    awaiting
        Id of a comment that is shown although it waits: its author is looking.
    """

    def __init__(self, of: PublicArticle, settings: Settings, awaiting: int | None = None) -> None:
        self.article, self.settings, self.awaiting = of, settings, awaiting

    def page(self, after: int | None = None) -> ThreadPage:
        """The page that begins after that comment, or the first.

        Raises
        ------
        NotFound
            No comment of this article has that id.
        """
        limit = self.settings.comments_per_page
        rows = self._read(_of_page, self._place_behind(after), most=limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        return ThreadPage(
            comments=self._placed(rows),
            count=self.article.count,
            after=rows[-1].id if more else None,
            is_first=after is None,
        )

    def place_of(self, comment_id: int) -> int | None:
        """After which comment the page begins that shows this one with its thread; None: on the first page.

        Raises
        ------
        NotFound
            No comment of this article has that id.
        """
        root_id, path = self._position(comment_id)
        if self._holds(None, root_id, path):
            return None
        root = self._before(root_id, path[:STEP])
        return root if self._holds(root, root_id, path) else self._before(root_id, path)

    def comment(self, comment_id: int) -> PublicComment | None:
        """One public comment of this article, without its replies."""
        rows = self._read(_alone, its_id=comment_id)
        names = self._names(rows)
        return next((self._comment(row, _whom(row, names)) for row in rows), None)

    def _read(
        self, statement: Callable[[_Kind], Statement], place: _Place | None = None, **values: Any
    ) -> list[Any]:
        kind = _Kind(self.settings.order == "oldest", self.awaiting is not None, place is not None)
        asked = {"article": self.article.id, **values}
        if self.awaiting is not None:
            asked["awaiting"] = self.awaiting
        if place is not None:
            asked["root"], asked["path"] = place
        return statement(kind).all(**asked)

    def _position(self, comment_id: int) -> _Place:
        row = _POSITION.first(its_id=comment_id, article=self.article.id)
        if row is None:
            raise NotFound("There is no such comment under this article.")
        return row.root_id, row.path

    def _place_behind(self, after: int | None) -> _Place | None:
        return None if after is None else self._position(after)

    def _before(self, root_id: int, path: str) -> int | None:
        found = self._read(_one_before, (root_id, path))
        return found[0].id if found else None

    def _holds(self, after: int | None, root_id: int, path: str) -> bool:
        """Whether the page that begins after that comment reaches to this position."""
        skipped = self.settings.comments_per_page - 1
        found = self._read(_last_of_page, self._place_behind(after), skipped=skipped)
        if not found:
            return True
        last = found[0]
        if (last.root_id, last.path) == (root_id, path):
            return True
        behind = last.root_id > root_id if self.settings.order == "newest" else last.root_id < root_id
        return not (behind or (last.root_id == root_id and last.path < path))

    def _placed(self, rows: Sequence[Any]) -> list[Standing]:
        """The comments at the top, replies below what they answer; one whose place above is not shown moves up."""
        names = self._names(rows)
        top: list[Standing] = []
        above: list[tuple[str, Standing]] = []
        for row in rows:
            while above and not row.path.startswith(above[-1][0]):
                above.pop()
            is_below_its_parent = bool(above) and above[-1][1].id == row.parent_id
            standing = self._standing(row, None if is_below_its_parent else _whom(row, names))
            (above[-1][1].replies if above else top).append(standing)
            above.append((row.path, standing))
        return top

    def _awaits(self, row: Any) -> bool:
        return bool(row.id == self.awaiting and row.status is not Status.APPROVED)

    def _standing(self, row: Any, answers: str | None) -> Standing:
        awaits = self._awaits(row)
        seen = (
            row.depth,
            row.text_n,
            row.name,
            row.website,
            row.is_ours,
            answers,
            self.article.is_open,
            awaits,
        )
        version = (markup.RULE_VERSION, self.article.key, *seen)
        return Standing(row.id, awaits, version, partial(self._comment, row, answers))

    def _names(self, rows: Sequence[Any]) -> dict[int, str]:
        """Names of these, and of those whom they answer."""
        names = {row.id: row.name for row in rows}
        missing = {row.parent_id for row in rows if row.parent_id and row.parent_id not in names}
        if missing:
            found = read(_NAMES, article=self.article.id, ids=list(missing)).all()
            names |= {row.id: row.name for row in found}
        return names

    def _comment(self, row: Any, answers: str | None) -> PublicComment:
        awaits = self._awaits(row)
        body = markup.render_inert(row.text) if awaits else markup.render(row.text)
        return PublicComment(
            id=row.id,
            parent_id=row.parent_id,
            depth=row.depth,
            name=row.name,
            website=None if awaits else markup.safe_url(row.website),
            body=Markup(body),  # noqa: S704 the markup's output is safe HTML
            arrived_at=row.arrived_at,
            is_awaiting=awaits,
            may_reply=self.article.is_open and not awaits,
            answers=answers,
            is_ours=row.is_ours,
            is_edited=row.text_n > 1,
        )


def _whom(row: Any, names: Mapping[int, str]) -> str | None:
    """Whom a comment answers: the name, "" where that comment is not public."""
    return names.get(row.parent_id, "") if row.parent_id else None


_COLUMNS = (
    Comment.id,
    Comment.parent_id,
    Comment.depth,
    Comment.path,
    Comment.name,
    Comment.website,
    Comment.status,
    Comment.text_n,
    Comment.is_ours,
    Comment.arrived_at,
    CommentText.text,
)


class _Kind(NamedTuple):
    """What the statements differ by; each is put together once."""

    oldest_first: bool
    shows_one_that_waits: bool
    begins_behind: bool


_ROOT, _PATH = bindparam("root", type_=Integer()), bindparam("path", type_=String())
_POSITION = Statement(
    select(Comment.root_id, Comment.path).where(
        Comment.id == bindparam("its_id"), Comment.article_id == bindparam("article")
    )
)

_NAMES = select(Comment.id, Comment.name).where(
    Comment.article_id == bindparam("article"),
    Comment.status == Status.APPROVED,
    Comment.id.in_(bindparam("ids", expanding=True)),
)


@cache
def _of_page(kind: _Kind) -> Statement:
    return Statement(_behind(_with_text(kind), kind).order_by(*_order(kind)).limit(bindparam("most")))


@cache
def _alone(kind: _Kind) -> Statement:
    return Statement(_with_text(kind).where(Comment.id == bindparam("its_id")))


@cache
def _last_of_page(kind: _Kind) -> Statement:
    query = _behind(_listed(kind, Comment.root_id, Comment.path), kind)
    return Statement(query.order_by(*_order(kind)).limit(1).offset(bindparam("skipped")))


@cache
def _one_before(kind: _Kind) -> Statement:
    ahead: ColumnElement[bool] = (
        tuple_(Comment.root_id, Comment.path) < tuple_(_ROOT, _PATH)
        if kind.oldest_first
        else or_(Comment.root_id > _ROOT, and_(Comment.root_id == _ROOT, Comment.path < _PATH))
    )
    backwards = Comment.root_id.desc() if kind.oldest_first else Comment.root_id, Comment.path.desc()
    return Statement(_listed(kind, Comment.id).where(ahead).order_by(*backwards).limit(1))


def _with_text(kind: _Kind) -> Select[Any]:
    return _listed(kind, *_COLUMNS).join(
        CommentText, and_(CommentText.comment_id == Comment.id, CommentText.n == Comment.text_n)
    )


def _listed(kind: _Kind, *columns: Any) -> Select[Any]:
    visible: ColumnElement[bool] = Comment.status == Status.APPROVED
    if kind.shows_one_that_waits:
        visible = or_(visible, Comment.id == bindparam("awaiting"))
    return select(*columns).where(Comment.article_id == bindparam("article"), visible)


def _order(kind: _Kind) -> tuple[Any, Any]:
    return Comment.root_id if kind.oldest_first else Comment.root_id.desc(), Comment.path


def _behind(query: Select[Any], kind: _Kind) -> Select[Any]:
    if not kind.begins_behind:
        return query
    if kind.oldest_first:
        return query.where(tuple_(Comment.root_id, Comment.path) > tuple_(_ROOT, _PATH))
    return query.where(or_(Comment.root_id < _ROOT, and_(Comment.root_id == _ROOT, Comment.path > _PATH)))
