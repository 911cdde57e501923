"""The queue: which comments a page shows, in which order, and all that one row of it tells.

Pages go by key over the indexes of `comment`, each status by itself and then merged, so that a page costs the
same at a thousand comments and at a million; every page takes the same few queries. A search, and what narrows a
view down, read a bounded window of it and say where to go on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, bindparam, case, false, func, or_, select
from sqlalchemy.orm import aliased

from models import (
    Article,
    Campaign,
    Claim,
    Comment,
    CommentText,
    Decision,
    DecisionReason,
    Figure,
    Likeness,
    Moderator,
    Scoring,
    Statement,
    Tally,
    db,
)
from models.campaign import FEWEST
from models.db import Moment
from moderation import campaigns, pauses, policy, privacy
from moderation.learning import Scorer
from moderation.learning.figures import STANDING
from moderation.markup import plain
from moderation.review.values import (
    THE_POLICY,
    Alike,
    AlikeCard,
    Looking,
    ParentView,
    QueuePage,
    Totals,
    Waiting,
)
from moderation.review.wishes import Wish, candidates, narrowed
from moderation.spam.costs import log_odds_of
from moderation.vocabulary import Action, Reason, ReasonCode, Status, probability
from moderation.windows import in_steps

PAGE = 50
"""Comments on a page of the queue."""

WINDOW = 2_000
"""Comments of the view that one search looks through before it offers to look further."""

WINDOW_OF_ALIKE = 500
"""Comments of the view that are looked through for those that are not shown as one."""

CARDS = 10
"""Campaigns that the queue shows as one each; what waits in further ones stands in the list."""

_LITTLE_OF_ALIKE = 125
_LOOKED_AT_FIRST = 500

SHOWN = 2_000
"""Characters of a text that the queue shows; the comment in focus and its own page have all of it."""

_IS_ALARMING = Figure.value["drift", "is_alarming"].as_boolean()
_CODES = frozenset(ReasonCode)
_LONGEST_ADDRESS = 400  # characters around the cut in which half an address could hide from the mask
_EXCERPT = 200


def page(
    scorer: Scorer, wish: Wish, now: datetime, moderator_id: int | None = None, focus: int | None = None
) -> QueuePage:
    """The page that is wished for, as this moderator sees it; see `Review.queue`."""
    if privacy.has_address(wish.q):  # addresses are not searched for, and none would be found
        return QueuePage((), wish.view, wish.sort, "", None, totals(), wish.narrow)
    cards = campaigns.cards(limit=CARDS) if wish.is_plain else []
    shift = scorer.shift
    conditions = [*narrowed(wish.narrow, moderator_id, now, shift), *_matching(wish.q)]
    rows: list[Row[Any]] = []
    found: list[Row[Any]] = []
    for reach in _reaches(wish, bool(cards)):
        onwards = replace(wish, after=(rows[-1].risk, rows[-1].id)) if rows else wish
        some = db.session.execute(candidates(onwards, reach, shift, [card.id for card in cards])).all()
        rows += some
        there = {row.id for row in found}  # it may have changed its place since the step before
        meeting = _meeting(conditions, some) if conditions else [row for row in some if not row.is_alike]
        found += [row for row in meeting if row.id not in there]
        if is_end := len(some) < reach or len(found) > PAGE:
            break
    shown = found[:PAGE]
    is_cut = not is_end and bool(wish.is_bounded or cards)
    last = shown[-1] if len(found) > PAGE else rows[-1] if is_cut else None
    firsts = [card.first for card in cards if card.first is not None and wish.after is None]
    ids = [row.id for row in shown]
    focus = focus or (None if firsts else next(iter(ids), None))
    wanted = dict.fromkeys([*ids, *firsts, *([focus] if focus else [])])
    entries = {each.id: each for each in waiting(scorer, list(wanted), now=now, whole_id=focus)}
    return QueuePage(
        entries=tuple(entries[row.id] for row in shown if row.id in entries),
        view=wish.view,
        sort=wish.sort,
        q=wish.q,
        after=f"{last.risk!r}~{last.id}" if last else None,
        totals=totals(),
        narrow=wish.narrow,
        focus=entries.get(focus) if focus else None,
        cards=tuple(
            AlikeCard(card.id, card.waiting, entries[card.first])
            for card in cards
            if card.first in firsts and card.first in entries
        ),
    )


def _reaches(wish: Wish, has_cards: bool) -> Iterable[int]:
    """How far to look for a page of comments, and how much further if that was not enough."""
    if wish.is_bounded:
        return in_steps(_LOOKED_AT_FIRST, WINDOW)
    return in_steps(_LITTLE_OF_ALIKE, WINDOW_OF_ALIKE) if has_cards else (PAGE + 1,)


_SOMEBODY_SPOKE = (
    ReasonCode.REPORTED,
    ReasonCode.READER_HOLDS,
    ReasonCode.NETWORK_HOLDS,
    ReasonCode.HOST_HOLDS,
    ReasonCode.WORD_HOLDS,
)
"""Reasons that people gave, readers or moderators: what waits for one of them is looked at singly."""


def looks_fine(scorer: Scorer, most: int, now: datetime) -> list[Waiting]:
    """See `Review.looks_fine`."""
    if scorer.classifier is None:
        return []
    bar = log_odds_of(scorer.thresholds.hold) - scorer.shift
    somebody_spoke = (
        select(Decision.id)
        .outerjoin(DecisionReason, DecisionReason.decision_id == Decision.id)
        .where(Decision.id == _newest(Decision))
        .where(or_(Decision.moderator_id.is_not(None), DecisionReason.code.in_(_SOMEBODY_SPOKE)))
    )
    fine = select(Comment.id).where(
        Comment.status == Status.HELD, Comment.risk < bar, ~somebody_spoke.correlate(Comment).exists()
    )
    ids = db.session.scalars(fine.order_by(Comment.risk, Comment.id).limit(most)).all()
    return [each for each in waiting(scorer, ids, now=now) if each.score is not None]


def totals() -> Totals:
    """What stands beside every page of the desk, by one query."""
    row = _whole_desk().all()[0]
    held, spam, rejected, approved, check = map(int, row[:5])
    total = held + spam + rejected + approved
    named = {"held": held, "spam": spam, "rejected": rejected, "approved": approved, "all": total}
    proposals = {Action.APPROVE: row[5], Action.SPAM: row[6]}
    return Totals(
        counts=named | {"check": check},
        proposals={action: count for action, count in proposals.items() if count},
        is_drifting=bool(row[7]),
        pause=pauses.read(row[8], datetime.now(UTC)),
    )


@cache
def _whole_desk() -> Statement:
    kept = (
        Tally.held_count,
        Tally.spam_count,
        Tally.rejected_count,
        Tally.approved_count,
        Tally.check_count,
    )
    return Statement(
        select(
            *(func.coalesce(func.sum(column), 0) for column in kept),
            *(_proposed(action) for action in (Action.APPROVE, Action.SPAM)),
            select(_IS_ALARMING).where(Figure.name == STANDING).scalar_subquery(),
            pauses.NEWEST.scalar_subquery(),
        )
    )


def waiting(
    scorer: Scorer,
    ids: Sequence[int],
    *,
    now: datetime | None = None,
    whole_id: int | None = None,
) -> list[Waiting]:
    """These comments as rows of the queue, in this order, each text up to `SHOWN` characters, one of them whole.

    Who is looking at them is told where `now` is.
    """
    if not ids:
        return []
    asked = {"ids": list(ids), "whole_id": whole_id, "now": now}
    rows = {row.id: row for row in db.session.execute(_whole_rows(), asked)}
    reasons, shift = _policy_reasons(ids), scorer.shift
    return [_row(rows[each], each == whole_id, shift, reasons.get(each, ())) for each in ids if each in rows]


def whole(scorer: Scorer, comment_id: int, now: datetime | None = None) -> Waiting | None:
    """One comment with all of its text."""
    return next(iter(waiting(scorer, [comment_id], now=now, whole_id=comment_id)), None)


def sentence(code: str, detail: str) -> str:
    """A stored reason in plain words; one that a newer or older version wrote is named by its code."""
    if code in _CODES:
        return policy.sentence(Reason(ReasonCode(code), detail))
    return f"{code} {detail}".strip()


def _proposed(action: Action) -> Any:
    return select(func.count()).where(Comment.proposal == action).scalar_subquery()


def _matching(q: str) -> list[ColumnElement[bool]]:
    """The condition that a comment holds the words, letters' case aside."""
    if not q:
        return []
    # SQLite folds the case of ASCII alone, so other scripts are looked for in the usual spellings.
    spellings = {q} if q.isascii() else {q, q.lower(), q.upper(), q.title(), q.capitalize()}
    places = (CommentText.text, Comment.name, Comment.website, Article.title)
    return [or_(*(place.icontains(each, autoescape=True) for each in sorted(spellings) for place in places))]


def _meeting(conditions: Sequence[Any], rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Those of the rows that meet the conditions, in their order."""
    if not rows:
        return []
    query = (
        select(Comment.id)
        .join(Article, Article.id == Comment.article_id)
        .join(CommentText, _is_current(Comment, CommentText))
        .where(Comment.id.in_([row.id for row in rows]), *conditions)
    )
    ids = set(db.session.scalars(query))
    return [row for row in rows if row.id in ids]


def _is_current(comment: Any, text: Any) -> ColumnElement[bool]:
    return and_(text.comment_id == comment.id, text.n == comment.text_n)


@cache
def _whole_rows() -> Select[*tuple[Any, ...]]:
    """All that rows tell of comments: `ids`, `whole_id`, `now`. To put it together takes as long as to ask it."""
    parent, parent_text, decider, looker = (
        aliased(Comment),
        aliased(CommentText),
        aliased(Moderator),
        aliased(Moderator),
    )
    is_looked_at = and_(Claim.comment_id == Comment.id, Claim.until > bindparam("now", type_=Moment()))
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
            Comment.is_ours,
            Comment.language,
            Comment.text_n,
            Article.key,
            Article.title,
            case(
                (Comment.id == bindparam("whole_id", type_=Integer()), CommentText.text),
                else_=func.substr(CommentText.text, 1, SHOWN + _LONGEST_ADDRESS),
            ).label("text"),
            CommentText.moderator_id.label("written_by"),
            parent.id.label("parent_id"),
            parent.name.label("parent_name"),
            parent.status.label("parent_status"),
            func.substr(parent_text.text, 1, _EXCERPT * 5).label("parent_text"),
            Scoring.log_odds,
            Scoring.classifier_version,
            Decision.id.label("decision_id"),
            Decision.from_status,
            Decision.decided_at,
            decider.name.label("decider"),
            Claim.moderator_id.label("looker_id"),
            Claim.until.label("looks_until"),
            looker.name.label("looker"),
            Campaign.id.label("campaign_id"),
            Campaign.size.label("campaign_size"),
            Campaign.waiting.label("campaign_waiting"),
        )
        .join(Article, Article.id == Comment.article_id)
        .join(CommentText, _is_current(Comment, CommentText))
        .outerjoin(parent, parent.id == Comment.parent_id)
        .outerjoin(parent_text, _is_current(parent, parent_text))
        .outerjoin(Scoring, Scoring.id == _newest(Scoring))
        .outerjoin(Decision, Decision.id == _newest(Decision))
        .outerjoin(decider, decider.id == Decision.moderator_id)
        .outerjoin(Claim, is_looked_at)
        .outerjoin(looker, looker.id == Claim.moderator_id)
        .outerjoin(Likeness, and_(Likeness.comment_id == Comment.id, Likeness.taken_out.is_(false())))
        .outerjoin(Campaign, and_(Campaign.id == Likeness.campaign_id, Campaign.size >= FEWEST))
        .where(Comment.id.in_(bindparam("ids", expanding=True)))
    )


def _newest(table: Any) -> Any:
    """The newest scoring or decision of the comment at hand."""
    each = aliased(table)
    return select(func.max(each.id)).where(each.comment_id == Comment.id).correlate(Comment).scalar_subquery()


def _row(row: Row[Any], is_whole: bool, shift: float, reasons: tuple[str, ...]) -> Waiting:
    text, is_cut = (privacy.mask_addresses(row.text), False) if is_whole else _cut(row.text, SHOWN)
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
        score=None if row.log_odds is None else probability(row.log_odds + shift),
        classifier_version=row.classifier_version or "",
        reasons=reasons,
        decided_by=row.decider or THE_POLICY,
        decided_at=row.decided_at,
        last_decision_id=row.decision_id,
        can_undo=row.from_status is not None and row.status is not Status.ERASED,
        is_to_check=row.check_chance is not None,
        proposal=row.proposal,
        is_ours=row.is_ours,
        is_edited=row.text_n > 1,
        language=row.language,
        looking=Looking(row.looker_id, row.looker, row.looks_until) if row.looker else None,
        alike=Alike(row.campaign_id, row.campaign_size, row.campaign_waiting) if row.campaign_id else None,
    )


def _cut(text: str, shown: int) -> tuple[str, bool]:
    masked = privacy.mask_addresses(text)
    if len(text) <= shown:
        return masked, False
    return masked[: max(0, min(shown, len(masked) - _LONGEST_ADDRESS))].rstrip() + " …", True


def _parent(row: Row[Any]) -> ParentView | None:
    if row.parent_id is None:
        return None
    excerpt = plain(privacy.mask_addresses(row.parent_text or ""), _EXCERPT)
    return ParentView(row.parent_id, privacy.mask_addresses(row.parent_name), excerpt, row.parent_status)


def _policy_reasons(ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """What the policy's newest word on each comment was, in sentences."""
    reasons: dict[int, tuple[str, ...]] = {}
    for row in db.session.execute(_words_of_the_policy(), {"ids": list(ids)}):
        reasons[row.comment_id] = (*reasons.get(row.comment_id, ()), sentence(row.code, row.detail))
    return reasons


@cache
def _words_of_the_policy() -> Select[*tuple[Any, ...]]:
    # A condition on the moderator would lure SQLite to the index of all that the policy ever decided.
    by_the_policy = case((Decision.moderator_id.is_(None), Decision.id))
    these = Decision.comment_id.in_(bindparam("ids", expanding=True))
    words = select(func.max(by_the_policy)).where(these).group_by(Decision.comment_id)
    return (
        select(Decision.comment_id, DecisionReason.code, DecisionReason.detail)
        .join(Decision, Decision.id == DecisionReason.decision_id)
        .where(Decision.id.in_(words.scalar_subquery()))
        .order_by(DecisionReason.decision_id, DecisionReason.position)
    )
