"""The queue: which comments a page shows, in which order, and all that one row of it tells.

Pages go by key over the indexes of `comment`, each status by itself and then merged, so that a page costs the
same at a thousand comments and at a million; every page takes the same few queries. A search reads a bounded
window of the view and says where to go on.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased

from models import Article, Comment, CommentText, Decision, DecisionReason, Scoring, db
from moderation import policy, privacy
from moderation.learning import Scorer
from moderation.markup import plain
from moderation.review.latest import latest
from moderation.review.values import LARGEST_ID, THE_POLICY, ParentView, QueuePage, Waiting
from moderation.vocabulary import Reason, ReasonCode, Status, probability

PAGE = 50
"""Comments on a page of the queue."""

WINDOW = 2_000
"""Comments of the view that one search looks through before it offers to look further."""

SHOWN = 2_000
"""Characters of a text that the queue shows; the comment's own page has all of it."""

VIEWS = {
    "held": (Status.HELD,),
    "check": (Status.APPROVED, Status.SPAM),
    "again": (Status.HELD,),
    "spam": (Status.SPAM,),
    "rejected": (Status.REJECTED,),
    "approved": (Status.APPROVED,),
    "all": (Status.HELD, Status.SPAM, Status.REJECTED, Status.APPROVED),
}
SORTS = ("risk", "oldest", "newest")

# Views of marked comments, each with an index of its own.
_MARKED: dict[str, list[ColumnElement[bool]]] = {
    "check": [Comment.check_chance.is_not(None)],
    "again": [Comment.proposal.is_not(None)],
}
_LONGEST_ADDRESS = 400  # characters around the cut in which half an address could hide from the mask
_EXCERPT = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """Which page of the queue somebody wants; `after` is risk (0 where the order is by age) and id."""

    view: str
    sort: str
    q: str
    after: tuple[float, int] | None

    @classmethod
    def read(cls, view: str, sort: str, q: str, after: str) -> Wish:
        """The wish as given, with the default for what makes no sense."""
        view = view if view in VIEWS else "held"
        default = "oldest" if view in {"held", "again"} else "newest"
        return cls(view, sort if sort in SORTS else default, _words(q), _cursor(after))


def page(scorer: Scorer, wish: Wish) -> QueuePage:
    """The page that is wished for."""
    if privacy.has_address(wish.q):  # addresses are not searched for, and none would be found
        return QueuePage((), wish.view, wish.sort, "", None, counts())
    reach = WINDOW if wish.q else PAGE + 1
    rows = db.session.execute(_candidates(wish, reach)).all()
    found = _matching(rows, wish.q) if wish.q else rows
    shown = found[:PAGE]
    last = shown[-1] if len(found) > PAGE else rows[-1] if wish.q and len(rows) == reach else None
    return QueuePage(
        entries=tuple(waiting(scorer, [row.id for row in shown])),
        view=wish.view,
        sort=wish.sort,
        q=wish.q,
        after=f"{last.risk!r}~{last.id}" if last else None,
        counts=counts(),
    )


def counts() -> dict[str, int]:
    """How many comments each view holds, by view."""
    kept = (
        Article.held_count,
        Article.spam_count,
        Article.rejected_count,
        Article.approved_count,
        Article.check_count,
    )
    sums = db.session.execute(select(*(func.coalesce(func.sum(column), 0) for column in kept))).one()
    held, spam, rejected, approved, check = map(int, sums)
    total = held + spam + rejected + approved
    named = {"held": held, "spam": spam, "rejected": rejected, "approved": approved, "all": total}
    return named | {"check": check}


def waiting(scorer: Scorer, ids: Sequence[int], shown: int = SHOWN) -> list[Waiting]:
    """These comments as rows of the queue, in this order, each text up to `shown` characters."""
    if not ids:
        return []
    rows = {row.id: row for row in db.session.execute(_whole_rows(ids, shown))}
    facts = _Facts(scorer, ids)
    return [facts.row(rows[comment_id], shown) for comment_id in ids if comment_id in rows]


def sentence(code: str, detail: str) -> str:
    """A stored reason in plain words; one that a newer or older version wrote is named by its code."""
    known = set(ReasonCode)
    return policy.sentence(Reason(ReasonCode(code), detail)) if code in known else f"{code} {detail}".strip()


def _words(typed: str) -> str:
    kept = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in typed[:200])
    return " ".join(kept.split())[:100]


def _cursor(typed: str) -> tuple[float, int] | None:
    risk, _, number = typed.partition("~")
    if not (number.isascii() and number.isdigit() and len(number) <= 10 and int(number) <= LARGEST_ID):
        return None
    try:
        parsed = float(risk)
    except ValueError:
        return None
    return (parsed, int(number)) if math.isfinite(parsed) else None


def _candidates(wish: Wish, reach: int) -> Select[Any]:
    """Ids and risks of the next comments of the view, `reach` at most."""
    conditions = _MARKED.get(wish.view) or [Comment.status == status for status in VIEWS[wish.view]]
    parts = [select(_some(each, wish).limit(reach).subquery()) for each in conditions]
    merged = (union_all(*parts) if len(parts) > 1 else parts[0]).subquery()
    return select(merged).order_by(*_order(wish.sort, merged.c.risk, merged.c.id)).limit(reach)


def _some(condition: ColumnElement[bool], wish: Wish) -> Select[int, float]:
    query = select(Comment.id, Comment.risk).where(condition)
    if wish.after is not None:
        query = query.where(_behind(wish.sort, wish.after))
    return query.order_by(*_order(wish.sort, Comment.risk, Comment.id))


def _order(sort: str, risk: Any, number: Any) -> tuple[Any, ...]:
    if sort == "risk":
        return risk.desc(), number.desc()
    return (number,) if sort == "oldest" else (number.desc(),)


def _behind(sort: str, after: tuple[float, int]) -> ColumnElement[bool]:
    if sort == "risk":
        return tuple_(Comment.risk, Comment.id) < after
    return Comment.id > after[1] if sort == "oldest" else Comment.id < after[1]


def _matching(rows: Sequence[Row[Any]], q: str) -> list[Row[Any]]:
    """Those of the rows that hold the words, letters' case aside."""
    # SQLite folds the case of ASCII alone, so other scripts are looked for in the usual spellings.
    spellings = {q} if q.isascii() else {q, q.lower(), q.upper(), q.title(), q.capitalize()}
    places = (CommentText.text, Comment.name, Comment.website, Article.title)
    matches = [place.icontains(each, autoescape=True) for each in sorted(spellings) for place in places]
    found = set(
        db.session.scalars(
            select(Comment.id)
            .join(Article, Article.id == Comment.article_id)
            .join(CommentText, _is_current(Comment, CommentText))
            .where(Comment.id.in_([row.id for row in rows]), or_(*matches))
        )
    )
    return [row for row in rows if row.id in found]


def _is_current(comment: Any, text: Any) -> ColumnElement[bool]:
    return and_(text.comment_id == comment.id, text.n == comment.text_n)


def _whole_rows(ids: Collection[int], shown: int) -> Select[*tuple[Any, ...]]:
    parent, parent_text = aliased(Comment), aliased(CommentText)
    return (
        select(
            Comment.id,
            Comment.version,
            Comment.status,
            Comment.name,
            Comment.website,
            Comment.arrived_at,
            Comment.check_chance,
            Comment.proposal,
            Article.key,
            Article.title,
            func.substr(CommentText.text, 1, shown + _LONGEST_ADDRESS).label("text"),
            parent.id.label("parent_id"),
            parent.name.label("parent_name"),
            func.substr(parent_text.text, 1, _EXCERPT * 5).label("parent_text"),
        )
        .join(Article, Article.id == Comment.article_id)
        .join(CommentText, _is_current(Comment, CommentText))
        .outerjoin(parent, parent.id == Comment.parent_id)
        .outerjoin(parent_text, _is_current(parent, parent_text))
        .where(Comment.id.in_(ids))
    )


class _Facts:
    """What the other tables know of some comments, fetched for all of them at once."""

    def __init__(self, scorer: Scorer, ids: Collection[int]) -> None:
        self.shift = scorer.shift
        self.scorings = _newest_scorings(ids)
        self.standing = latest(ids)
        self.reasons = _policy_reasons(ids)

    def row(self, row: Row[Any], shown: int) -> Waiting:
        scoring, standing = self.scorings.get(row.id), self.standing.get(row.id)
        text, is_cut = _cut(row.text, shown)
        return Waiting(
            id=row.id,
            version=row.version,
            status=row.status,
            article_key=row.key,
            article_title=row.title,
            name=privacy.mask_addresses(row.name),
            website=privacy.mask_addresses(row.website),
            text=text,
            is_cut=is_cut,
            parent=_parent(row),
            arrived_at=row.arrived_at,
            score=probability(scoring.log_odds + self.shift) if scoring else None,
            classifier_version=scoring.classifier_version if scoring else "",
            reasons=self.reasons.get(row.id, ()),
            decided_by=standing.who if standing else THE_POLICY,
            last_decision_id=standing.id if standing else None,
            can_undo=_can_undo(row.status, standing.from_status if standing else None),
            is_to_check=row.check_chance is not None,
            proposal=row.proposal,
        )


def _can_undo(status: Status, from_status: Status | None) -> bool:
    return from_status is not None and status is not Status.ERASED


def _cut(text: str, shown: int) -> tuple[str, bool]:
    masked = privacy.mask_addresses(text)
    if len(text) <= shown:
        return masked, False
    return masked[: max(0, min(shown, len(masked) - _LONGEST_ADDRESS))].rstrip() + " …", True


def _parent(row: Row[Any]) -> ParentView | None:
    if row.parent_id is None:
        return None
    excerpt = plain(privacy.mask_addresses(row.parent_text or ""), _EXCERPT)
    return ParentView(row.parent_id, privacy.mask_addresses(row.parent_name), excerpt)


def _newest_scorings(ids: Collection[int]) -> dict[int, Row[int, float, str]]:
    newest = select(func.max(Scoring.id)).where(Scoring.comment_id.in_(ids)).group_by(Scoring.comment_id)
    rows = db.session.execute(
        select(Scoring.comment_id, Scoring.log_odds, Scoring.classifier_version).where(
            Scoring.id.in_(newest.scalar_subquery())
        )
    )
    return {row.comment_id: row for row in rows}


def _policy_reasons(ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """What the policy's newest word on each comment was, in sentences."""
    # A condition on the moderator would lure SQLite to the index of all that the policy ever decided.
    by_the_policy = case((Decision.moderator_id.is_(None), Decision.id))
    words = select(func.max(by_the_policy)).where(Decision.comment_id.in_(ids)).group_by(Decision.comment_id)
    rows = db.session.execute(
        select(Decision.comment_id, DecisionReason.code, DecisionReason.detail)
        .join(Decision, Decision.id == DecisionReason.decision_id)
        .where(Decision.id.in_(words.scalar_subquery()))
        .order_by(DecisionReason.decision_id, DecisionReason.position)
    )
    reasons: dict[int, tuple[str, ...]] = {}
    for row in rows:
        reasons[row.comment_id] = (*reasons.get(row.comment_id, ()), sentence(row.code, row.detail))
    return reasons
