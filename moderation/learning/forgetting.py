"""Erasure reaches what was learned: labels of erased comments go, and the arrays of every version that knew one.

Whoever erases a comment calls `forget` in the same transaction. Who learns from it just then begins anew. A champion
that is withdrawn is learned anew from what is left, at the next pass of the sweeps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select

from models import ClassifierVersion, Decision, Label, db
from models.classifier import Kind
from moderation.learning import labels, progress, versions


def forget(comment_ids: Collection[int], now: datetime) -> list[str]:
    """Forget what was learned from these comments; part of the caller's transaction.

    Returns
    -------
    list of str
        The versions that lost their arrays.
    """
    histories = _histories(comment_ids)
    if any(decision.moderator_id for history in histories for decision in history):
        progress.disturb(now)  # before the versions are read: one that is just being kept is then among them
    ours = Label.comment_id.in_(comment_ids)
    db.session.execute(delete(Label).where(ours).execution_options(synchronize_session=False))
    versions.alone(Kind.SITE)
    rows = db.session.scalars(
        select(ClassifierVersion).where(
            ClassifierVersion.kind == Kind.SITE, ClassifierVersion.artefact.is_not(None)
        )
    )
    withdrawn = [row for row in rows if any(_knew(row, history) for history in histories)]
    for row in withdrawn:
        versions.withdraw(row, now)
    return [row.version for row in withdrawn]


def _histories(comment_ids: Collection[int]) -> Sequence[list[Decision]]:
    found: dict[int, list[Decision]] = defaultdict(list)
    query = select(Decision).where(Decision.comment_id.in_(comment_ids)).order_by(Decision.id)
    for decision in db.session.scalars(query):
        found[decision.comment_id].append(decision)
    return list(found.values())


def _knew(row: ClassifierVersion, history: Sequence[Decision]) -> bool:
    """Whether a decision to learn from stood when the version was learned."""
    sequence = int(row.metrics.get("sequence", 0))
    return labels.teaches(labels.stands([each for each in history if each.id <= sequence]))
