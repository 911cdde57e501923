"""Which page of the queue somebody wants: view, order, what narrows it down, and where it goes on.

All of it stands in the page's address, so that a view can be kept and shared. What makes no sense counts as not
given. An order is one index read from one end, or from the middle outwards; whatever has no index of its own
narrows down a bounded window of that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, select, tuple_, union_all
from sqlalchemy.orm import aliased

from models import Article, Claim, Comment, Decision, DecisionReason, Likeness
from models.db import Moment
from moderation.review.narrowing import Narrow, words
from moderation.review.values import LARGEST_ID
from moderation.spam.costs import log_odds_of
from moderation.vocabulary import Status

VIEWS = {
    "held": (Status.HELD,),
    "check": (Status.APPROVED, Status.SPAM),
    "again": (Status.HELD,),
    "spam": (Status.SPAM,),
    "rejected": (Status.REJECTED,),
    "approved": (Status.APPROVED,),
    "all": (Status.HELD, Status.SPAM, Status.REJECTED, Status.APPROVED),
}
SORTS = ("oldest", "newest", "doubtful", "fine", "risk")
# Views of marked comments, each with an index of its own.
_MARKED: dict[str, list[ColumnElement[bool]]] = {
    "check": [Comment.check_chance.is_not(None)],
    "again": [Comment.proposal.is_not(None)],
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A page of the queue; `after` is risk and id of the comment that it begins after."""

    view: str
    sort: str
    q: str
    after: tuple[float, int] | None
    narrow: Narrow = field(default_factory=Narrow)

    @classmethod
    def read(cls, view: str, sort: str, q: str, after: str, narrow: Mapping[str, str] | None = None) -> Wish:
        """The wish as given, with the default for what makes no sense."""
        view = view if view in VIEWS else "held"
        default = "oldest" if view in {"held", "again"} else "newest"
        sort = sort if sort in SORTS else default
        return cls(view, sort, words(q), _cursor(after), Narrow.read(narrow or {}))

    @property
    def is_bounded(self) -> bool:
        """Whether it looks through a window of its view, and says where to look further."""
        return bool(self.q or set(self.narrow.given) - {"article"})

    @property
    def is_plain(self) -> bool:
        """Whether it is what waits, whole: there what is alike is shown as one."""
        return self.view == "held" and not self.q and not self.narrow.given


def candidates(wish: Wish, reach: int, shift: float, campaigns: Sequence[int] = ()) -> Select[Any]:
    """Ids and risks of the next comments in the order wished for, `reach` at most, and whether they wait in one of
    these campaigns.
    """
    middle = -shift  # where P(spam) is a half
    conditions = _MARKED.get(wish.view) or [Comment.status == status for status in VIEWS[wish.view]]
    if wish.narrow.article:
        of_article = select(Article.id).where(Article.key == wish.narrow.article).scalar_subquery()
        conditions = [and_(Comment.article_id == of_article, each) for each in conditions]
    parts = [
        select(part.limit(reach).subquery())
        for each in conditions
        for part in _ordered(wish, select(Comment.id, Comment.risk).where(each), middle)
    ]
    merged = (union_all(*parts) if len(parts) > 1 else parts[0]).subquery()
    is_alike: Any = false()
    if campaigns:
        alike = select(Likeness.comment_id).where(
            Likeness.comment_id == merged.c.id,
            Likeness.campaign_id.in_(campaigns),
            Likeness.taken_out.is_(false()),
            Likeness.waits.is_(True),
        )
        is_alike = alike.correlate(merged).exists()
    found = select(merged, is_alike.label("is_alike"))
    return found.order_by(*_order(wish.sort, merged.c.risk, merged.c.id, middle)).limit(reach)


def narrowed(narrow: Narrow, moderator_id: int | None, now: datetime, shift: float) -> list[Any]:
    """The conditions that narrow a window of comments down."""
    found: list[Any] = []
    if narrow.reason:
        found.append(_given_reason(narrow.reason))
    if narrow.language:
        found.append(Comment.language == narrow.language)
    if narrow.least:
        found.append(Comment.risk >= _bound(narrow.least) - shift)
    if narrow.most:
        found.append(Comment.risk <= _bound(narrow.most) - shift)
    if narrow.hours:
        found.append(Comment.arrived_at <= literal(now - timedelta(hours=int(narrow.hours)), Moment()))
    if narrow.whom:
        found.append(_waits_for(narrow.whom, moderator_id, now))
    return found


def _bound(percent: str) -> float:
    return log_odds_of(min(max(int(percent) / 100, 1e-9), 1 - 1e-9))


def _given_reason(code: str) -> Any:
    # Compared through a function, lest the index of all reasons of that code is gone through for each comment.
    return (
        select(DecisionReason.decision_id)
        .join(Decision, Decision.id == DecisionReason.decision_id)
        .where(Decision.comment_id == Comment.id, func.lower(DecisionReason.code) == code)
        .correlate(Comment)
        .exists()
    )


def _waits_for(whom: str, moderator_id: int | None, now: datetime) -> Any:
    claim = select(Claim.comment_id).where(
        Claim.comment_id == Comment.id, Claim.until > literal(now, Moment())
    )
    if whom == "me":
        return claim.where(Claim.moderator_id == moderator_id).correlate(Comment).exists()
    if whom == "free":
        return ~claim.where(Claim.moderator_id != moderator_id).correlate(Comment).exists()
    standing = aliased(Decision)
    newest = select(func.max(Decision.id)).where(Decision.comment_id == Comment.id).correlate(Comment)
    put_back = select(standing.id).where(
        standing.id == newest.scalar_subquery(), standing.moderator_id.is_not(None)
    )
    return put_back.correlate(Comment).exists()


def _ordered(wish: Wish, query: Any, middle: float) -> Iterator[Any]:
    """The query in its order, by one index read in one direction; in two parts from the middle outwards."""
    order = _order(wish.sort, Comment.risk, Comment.id, middle)
    if wish.sort != "doubtful":
        if wish.after is not None:
            query = query.where(_behind(wish.sort, wish.after))
        yield query.order_by(*order)
        return
    away = abs(wish.after[0] - middle) if wish.after else 0.0
    if wish.after is not None:
        risk, number = wish.after
        last = (away, risk < middle, risk if risk >= middle else -risk, number)
        query = query.where(tuple_(*_order(wish.sort, Comment.risk, Comment.id, middle)) > last)
    near = max(away - 1e-6, 0.0)  # for the index alone: which ones exactly, the distance says
    above, below = Comment.risk >= middle + near, and_(Comment.risk < middle, Comment.risk <= middle - near)
    yield query.where(above).order_by(Comment.risk, Comment.id)
    yield query.where(below).order_by(Comment.risk.desc(), Comment.id)


def _order(sort: str, risk: Any, number: Any, middle: float) -> tuple[Any, ...]:
    return {
        "risk": (risk.desc(), number.desc()),
        "fine": (risk, number),
        # Risks that differ may be as far from the middle: rounded.
        "doubtful": (
            func.abs(risk - middle),
            risk < middle,
            case((risk >= middle, risk), else_=-risk),
            number,
        ),
        "oldest": (number,),
        "newest": (number.desc(),),
    }[sort]


def _behind(sort: str, after: tuple[float, int]) -> ColumnElement[bool]:
    if sort == "risk":
        return tuple_(Comment.risk, Comment.id) < after
    if sort == "fine":
        return tuple_(Comment.risk, Comment.id) > after
    return Comment.id > after[1] if sort == "oldest" else Comment.id < after[1]


def _cursor(typed: str) -> tuple[float, int] | None:
    risk, _, number = typed.partition("~")
    if not (number.isascii() and number.isdigit() and len(number) <= 10 and int(number) <= LARGEST_ID):
        return None
    try:
        parsed = float(risk)
    except ValueError:
        return None
    return (parsed, int(number)) if math.isfinite(parsed) else None
