"""What was there before an upgrade is found as well: the sweeps go through it once, some comments at a time.

A row of figures says how far they are; the migration that makes the tables leaves it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from models import Comment, CommentText, Contact, Figure, Likeness, Link, db, writing
from moderation import campaigns, search
from moderation.campaigns import Newcomer
from moderation.spam.likeness import Sketch
from moderation.text import canonical
from moderation.vocabulary import Status

NAME = "to index"
"""The figure's name: {"after": comment, "last": comment}."""

BATCH = 50


def catch_up(_now: datetime, batch: int = BATCH) -> int:
    """Index the next comments that came before the index was there; returns how many, 0 when all are.

    Whoever else does so waits for its turn, and so does whoever would edit or erase one of them meanwhile.
    """
    if db.session.get(Figure, NAME) is None:
        return 0
    with writing() as session:
        left = session.get(Figure, NAME, with_for_update=True)
        if left is None:
            return 0
        after, last = int(left.value["after"]), int(left.value["last"])
        query = select(Comment.id).where(Comment.id > after, Comment.id <= last)
        ids = list(session.scalars(query.order_by(Comment.id).limit(batch).with_for_update()))
        if not ids:
            session.delete(left)
            return 0
        search.follow(ids)
        known = set(session.scalars(select(Likeness.comment_id).where(Likeness.comment_id.in_(ids))))
        for comment_id in ids:
            if comment_id not in known:
                _join(comment_id)
        left.value = {"after": ids[-1], "last": last}
        return len(ids)


def _join(comment_id: int) -> None:
    row = db.session.execute(
        select(
            Comment.status, Comment.arrived_at, Comment.version, CommentText.text, Contact.network_fingerprint
        )
        .join(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .outerjoin(Contact, Contact.comment_id == Comment.id)
        .where(Comment.id == comment_id)
    ).one()
    if row.status is Status.ERASED:
        return
    linked = select(Link.domain).join(Comment, Comment.id == Link.comment_id)
    domains = db.session.scalars(linked.where(Link.comment_id == comment_id, Link.stands())).all()
    campaigns.join(
        Newcomer(
            comment_id,
            Sketch.of(canonical(row.text).text),
            tuple(domains),
            row.network_fingerprint,
            row.status is Status.HELD,
            row.arrived_at,
            row.version,
        )
    )
