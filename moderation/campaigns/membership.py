"""Who belongs to a campaign: what decisions change of it, and whom a person takes out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Row, select, update

from models import Campaign, Comment, Event, Likeness, db, writing
from moderation.campaigns.joining import alone
from moderation.errors import NotFound
from moderation.vocabulary import Status

TAKEN_OUT, PUT_BACK = "taken out of a campaign", "put back into a campaign"
"""Kinds of event."""

_Changed = Row[int, int | None, bool, bool]  # comment, campaign, taken out, waits now


def follow(comment_ids: Collection[int]) -> None:
    """Keep what waits of each campaign as these comments now are; part of the caller's transaction.

    Whoever changes statuses or versions calls it before any article's row is changed.
    """
    if not comment_ids:
        return
    alone()
    waits_now = (Comment.status == Status.HELD).label("waits_now")
    rows = db.session.execute(
        select(Likeness.comment_id, Likeness.campaign_id, Likeness.taken_out, waits_now)
        .join(Comment, Comment.id == Likeness.comment_id)
        .where(Likeness.comment_id.in_(comment_ids), Likeness.waits != waits_now)
    ).all()
    for waits in (True, False):
        _turn([row for row in rows if bool(row.waits_now) is waits], waits)
    as_it_is = select(Comment.version).where(Comment.id == Likeness.comment_id).scalar_subquery()
    ours = update(Likeness).where(Likeness.comment_id.in_(comment_ids), Likeness.waits.is_(True))
    db.session.execute(
        ours.where(Likeness.version != as_it_is)
        .values(version=as_it_is)
        .execution_options(synchronize_session=False)
    )


def take_out(campaign_id: int, comment_ids: Collection[int], by: int, now: datetime) -> int:
    """Say that these do not belong to the campaign; returns how many that were.

    Raises
    ------
    NotFound
        There is no such campaign.
    """
    return _moved(campaign_id, comment_ids, by, now, out=True)


def put_back(campaign_id: int, comment_ids: Collection[int], by: int, now: datetime) -> int:
    """Take that back; returns how many that were.

    Raises
    ------
    NotFound
        There is no such campaign.
    """
    return _moved(campaign_id, comment_ids, by, now, out=False)


def _turn(rows: Sequence[_Changed], waits: bool) -> None:
    if not rows:
        return
    ours = Likeness.comment_id.in_([row.comment_id for row in rows])
    db.session.execute(
        update(Likeness).where(ours).values(waits=waits).execution_options(synchronize_session=False)
    )
    changed = Counter(row.campaign_id for row in rows if row.campaign_id and not row.taken_out)
    for campaign_id, count in sorted(changed.items()):
        recount(campaign_id, waiting=count if waits else -count)


def _moved(campaign_id: int, comment_ids: Collection[int], by: int, now: datetime, *, out: bool) -> int:
    with writing() as session:
        alone()
        if session.get(Campaign, campaign_id) is None:
            raise NotFound("There is no such campaign.")
        query = select(Likeness.comment_id, Likeness.waits).where(
            Likeness.campaign_id == campaign_id,
            Likeness.comment_id.in_(comment_ids),
            Likeness.taken_out.is_(not out),
        )
        rows = session.execute(query).all()
        if not rows:
            return 0
        ids = [row.comment_id for row in rows]
        ours = update(Likeness).where(Likeness.comment_id.in_(ids)).values(taken_out=out)
        session.execute(ours.execution_options(synchronize_session=False))
        sign = -1 if out else 1
        recount(campaign_id, size=sign * len(ids), waiting=sign * sum(row.waits for row in rows))
        detail = {"campaign": campaign_id, "comments": ids}
        kind = TAKEN_OUT if out else PUT_BACK
        session.add(Event(happened_at=now, moderator_id=by, kind=kind, detail=detail))
        return len(ids)


def recount(campaign_id: int, waiting: int, size: int = 0) -> None:
    """Change how many belong to a campaign, and how many of these wait."""
    db.session.execute(
        update(Campaign)
        .where(Campaign.id == campaign_id)
        .values(size=Campaign.size + size, waiting=Campaign.waiting + waiting)
        .execution_options(synchronize_session=False)
    )
