"""The public comments of one article: in the order of their paths, in pages that begin after a comment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, tuple_

from models import Comment, CommentText, db
from moderation import markup
from moderation.errors import NotFound
from moderation.settings import Settings
from moderation.threads.public import PublicArticle
from moderation.threads.shelf import Shelf
from moderation.vocabulary import Status

STEP = 10
"""Digits that one comment takes in a path."""


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
    replies: tuple[PublicComment, ...] = ()
    is_awaiting: bool = False
    may_reply: bool = True
    answers: str | None = None
    is_ours: bool = False
    is_edited: bool = False


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One page of a thread; `after` is what the next page begins after, None on the last."""

    comments: tuple[PublicComment, ...]
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

    def __init__(
        self, of: PublicArticle, settings: Settings, shelf: Shelf, awaiting: int | None = None
    ) -> None:
        self.article, self.settings, self.shelf, self.awaiting = of, settings, shelf, awaiting

    def page(self, after: int | None = None) -> ThreadPage:
        """The page that begins after that comment, or the first.

        Raises
        ------
        NotFound
            No comment of this article has that id.
        """
        query = self._listed(*_COLUMNS).join(
            CommentText, and_(CommentText.comment_id == Comment.id, CommentText.n == Comment.text_n)
        )
        if after is not None:
            query = query.where(self._behind(*self._position(after)))
        limit = self.settings.comments_per_page
        rows = db.session.execute(query.order_by(*self._order()).limit(limit + 1)).all()
        more, rows = len(rows) > limit, rows[:limit]
        return ThreadPage(
            comments=_nested(self._comments(rows)),
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
        rows = db.session.execute(
            self._listed(*_COLUMNS)
            .join(CommentText, and_(CommentText.comment_id == Comment.id, CommentText.n == Comment.text_n))
            .where(Comment.id == comment_id)
        ).all()
        return next((comment for comment, _ in self._comments(rows)), None)

    def _listed(self, *columns: Any) -> Select[Any]:
        visible: ColumnElement[bool] = Comment.status == Status.APPROVED
        if self.awaiting is not None:
            visible = or_(visible, Comment.id == self.awaiting)
        return select(*columns).where(Comment.article_id == self.article.id, visible)

    def _order(self, backwards: bool = False) -> tuple[Any, Any]:
        newest = self.settings.order == "newest"
        root = Comment.root_id.desc() if newest != backwards else Comment.root_id
        return root, Comment.path.desc() if backwards else Comment.path

    def _behind(self, root_id: int, path: str) -> ColumnElement[bool]:
        if self.settings.order == "oldest":
            return tuple_(Comment.root_id, Comment.path) > (root_id, path)
        return or_(Comment.root_id < root_id, and_(Comment.root_id == root_id, Comment.path > path))

    def _ahead(self, root_id: int, path: str) -> ColumnElement[bool]:
        if self.settings.order == "oldest":
            return tuple_(Comment.root_id, Comment.path) < (root_id, path)
        return or_(Comment.root_id > root_id, and_(Comment.root_id == root_id, Comment.path < path))

    def _position(self, comment_id: int) -> tuple[int, str]:
        row = db.session.execute(
            select(Comment.root_id, Comment.path).where(
                Comment.id == comment_id, Comment.article_id == self.article.id
            )
        ).first()
        if row is None:
            raise NotFound("There is no such comment under this article.")
        return row.root_id, row.path

    def _before(self, root_id: int, path: str) -> int | None:
        query = self._listed(Comment.id).where(self._ahead(root_id, path))
        found: int | None = db.session.scalar(query.order_by(*self._order(backwards=True)).limit(1))
        return found

    def _holds(self, after: int | None, root_id: int, path: str) -> bool:
        """Whether the page that begins after that comment reaches to this position."""
        query = self._listed(Comment.root_id, Comment.path)
        if after is not None:
            query = query.where(self._behind(*self._position(after)))
        last = db.session.execute(
            query.order_by(*self._order()).limit(1).offset(self.settings.comments_per_page - 1)
        ).first()
        if last is None or (last.root_id, last.path) == (root_id, path):
            return True
        behind = last.root_id > root_id if self.settings.order == "newest" else last.root_id < root_id
        return not (behind or (last.root_id == root_id and last.path < path))

    def _comments(self, rows: Sequence[Row[Any]]) -> list[tuple[PublicComment, str]]:
        names = {row.id: row.name for row in rows}
        missing = {row.parent_id for row in rows if row.parent_id and row.parent_id not in names}
        if missing:
            found = db.session.execute(self._listed(Comment.id, Comment.name).where(Comment.id.in_(missing)))
            names |= {row.id: row.name for row in found}
        return [(self._comment(row, names.get(row.parent_id, "")), row.path) for row in rows]

    def _comment(self, row: Row[Any], parent_name: str) -> PublicComment:
        awaiting = row.id == self.awaiting and row.status is not Status.APPROVED
        return PublicComment(
            id=row.id,
            parent_id=row.parent_id,
            depth=row.depth,
            name=row.name,
            website=None if awaiting else markup.safe_url(row.website),
            body=self._body(row, awaiting),
            arrived_at=row.arrived_at,
            is_awaiting=awaiting,
            may_reply=self.article.is_open and not awaiting,
            answers=parent_name if row.parent_id else None,
            is_ours=row.is_ours,
            is_edited=row.text_n > 1,
        )

    def _body(self, row: Row[Any], inert: bool) -> Markup:
        if inert:
            return Markup(markup.render_inert(row.text))  # noqa: S704 the markup's output is safe HTML
        key = ("body", row.id, row.text_n, markup.RULE_VERSION)
        kept = self.shelf.get(key)
        return Markup(kept if kept is not None else self.shelf.put(key, markup.render(row.text)))  # noqa: S704


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


def _nested(comments: Iterable[tuple[PublicComment, str]]) -> tuple[PublicComment, ...]:
    """Put replies below what they answer; whoever's place above is not shown stands at the next one up."""
    top: list[PublicComment] = []
    open_: list[tuple[str, PublicComment, list[PublicComment]]] = []

    def close() -> None:
        _, comment, replies = open_.pop()
        whole = replace(comment, replies=tuple(replies))
        (open_[-1][2] if open_ else top).append(whole)

    for comment, path in comments:
        while open_ and not path.startswith(open_[-1][0]):
            close()
        is_below_its_parent = bool(open_) and open_[-1][1].id == comment.parent_id
        open_.append((path, replace(comment, answers=None) if is_below_its_parent else comment, []))
    while open_:
        close()
    return tuple(top)
