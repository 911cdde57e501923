"""Who comes too late is told who was faster, and with what."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from models import Comment, CommentText, Decision, Moderator, db
from moderation.errors import Stale


def stale(comment_id: int) -> Stale:
    """What to raise: the comment has another version than the one that was seen, or was erased."""
    writer, decider = aliased(Moderator), aliased(Moderator)
    newest = select(func.max(Decision.id)).where(Decision.comment_id == comment_id).scalar_subquery()
    row = db.session.execute(
        select(
            Comment.status,
            CommentText.written_at,
            Decision.decided_at,
            writer.name.label("writer"),
            decider.name.label("decider"),
        )
        .select_from(Comment)
        .join(Decision, Decision.id == newest)
        .outerjoin(CommentText, (CommentText.comment_id == Comment.id) & (CommentText.n == Comment.text_n))
        .outerjoin(writer, writer.id == CommentText.moderator_id)
        .outerjoin(decider, decider.id == Decision.moderator_id)
        .where(Comment.id == comment_id)
    ).one()
    if row.writer and row.written_at >= row.decided_at:
        return Stale(comment_id, row.writer, row.status, is_edited=True)
    return Stale(comment_id, row.decider or "the policy", row.status)
