"""A comment that was given other words is alike to others than before."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from models import Comment, Likeness, db
from moderation.campaigns.forgetting import forget
from moderation.campaigns.joining import Newcomer, join, place
from moderation.campaigns.membership import follow, recount
from moderation.spam.likeness import Sketch
from moderation.vocabulary import Status


def reword(comment_id: int, sketch: Sketch, domains: tuple[str, ...]) -> None:
    """Make a comment's sketch from its new words, and put it to those it is like now; in the caller's transaction.

    It leaves a campaign that it is no longer like. What a person took out stays out. The network that it came from
    speaks no more: these are not the words that were sent from there. What has no sketch, because it is too old or
    the publication's own, gets none.
    """
    follow([comment_id])
    row = db.session.execute(
        select(
            Likeness.campaign_id,
            Likeness.taken_out,
            Likeness.waits,
            Comment.status,
            Comment.arrived_at,
            Comment.version,
        )
        .join(Comment, Comment.id == Likeness.comment_id)
        .where(Likeness.comment_id == comment_id, Likeness.sketch.is_not(None))
    ).one_or_none()
    if row is None:
        return
    forget([comment_id])
    ours = Likeness.comment_id == comment_id
    if row.taken_out:
        again = update(Likeness).where(ours).values(sketch=sketch.to_bytes())
        db.session.execute(again.execution_options(synchronize_session=False))
        place(comment_id, sketch)
        return
    db.session.execute(delete(Likeness).where(ours).execution_options(synchronize_session=False))
    if row.campaign_id:
        recount(row.campaign_id, size=-1, waiting=-int(row.waits))
    waits = row.status is Status.HELD
    join(Newcomer(comment_id, sketch, domains, None, waits, row.arrived_at, row.version))
