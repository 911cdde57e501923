"""The rows that a judged comment becomes, written by statements that are put together once.

Building a statement costs several times what running it does, and a comment becomes a dozen rows: here nothing is
built per comment, and no object stands between values and rows. All of it is part of the caller's `writing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, insert, update

from models import Article, Base, Statement
from models.comment import WEBSITE
from moderation import tallies
from moderation.intake.draft import Draft
from moderation.vocabulary import Status

_TABLES = Base.metadata.tables


def _insert(table: str, *columns: str) -> Statement:
    return Statement(insert(_TABLES[table]), columns)


_COMMENT = _insert(
    "comment",
    *(
        "article_id",
        "parent_id",
        "root_id",
        "depth",
        "path",
        "name",
        "website",
        "status",
        "version",
        "text_n",
    ),
    *(
        "script",
        "language",
        "risk",
        "arrived_at",
        "changed_at",
        "mark",
        "check_chance",
        "judged_under",
        "is_ours",
    ),
)
_PLACED = Statement(
    update(_TABLES["comment"])
    .where(_TABLES["comment"].c.id == bindparam("its_id"))
    .values(root_id=bindparam("its_root"), path=bindparam("its_path"))
)
_TEXT = _insert("comment_text", "comment_id", "n", "text", "written_at", "moderator_id")
_LINK = _insert("link", "comment_id", "text_n", "host", "domain")
_SCORING = _insert("scoring", "comment_id", "text_n", "classifier_version", "log_odds", "scored_at")
_CONTACT = _insert(
    "contact",
    *("comment_id", "sealed_address", "key_id", "address_fingerprint", "network_fingerprint"),
    *("token_fingerprint", "address_until", "network_until", "token_until"),
)
_DECISION = _insert(
    "decision",
    *(
        "comment_id",
        "text_n",
        "version",
        "to_status",
        "action",
        "moderator_id",
        "decided_at",
        "note",
        "policy",
    ),
)
_REASON = _insert("reason", "decision_id", "position", "code", "detail")
_COUNTED = {
    status: Statement(
        update(_TABLES["article"])
        .where(Article.id == bindparam("its_id"))
        .values(
            {
                f"{status}_count": getattr(Article, f"{status}_count") + 1,
                "revision": Article.revision + int(status is Status.APPROVED),
                "check_count": Article.check_count + bindparam("checks", type_=Integer()),
            }
        )
    )
    for status in (Status.APPROVED, Status.HELD, Status.SPAM)
}


def store(draft: Draft, now: datetime, deepest: int, moderator_id: int | None = None) -> int:
    """Write the comment, its text, its links, its score and the decision on it; returns its id.

    `moderator_id` is whoever wrote it for the publication; None for what a reader sent.
    """
    comment_id = _commented(draft, now, deepest, is_ours=moderator_id is not None)
    text = {"comment_id": comment_id, "n": 1, "text": draft.text, "written_at": now}
    _TEXT.run({**text, "moderator_id": moderator_id})
    found = [(1, link) for link in draft.links] + ([(WEBSITE, draft.website)] if draft.website else [])
    links = [
        {"comment_id": comment_id, "text_n": n, "host": link.host[:255], "domain": link.domain[:255]}
        for n, link in found
    ]
    _LINK.run_each(links)
    if score := draft.score:
        scored = {"classifier_version": score.version, "log_odds": score.log_odds, "scored_at": now}
        _SCORING.run({"comment_id": comment_id, "text_n": 1, **scored})
    _decided(draft, comment_id, now, moderator_id)
    return comment_id


def keep_contact(values: Mapping[str, Any]) -> None:
    """Write what is known of how to reach the reader, sealed or keyed."""
    _CONTACT.run(values)


def count(draft: Draft) -> None:
    """Count the comment in its article, and let the page be drawn anew if it is on it.

    The last thing a story does: from here on all others who write under the article wait.
    """
    checks = int(draft.check_chance is not None)
    _COUNTED[draft.status].run({"its_id": draft.article_id, "checks": checks})
    tallies.add({draft.article_id: {f"{draft.status}_count": 1, "check_count": checks}})


def _commented(draft: Draft, now: datetime, deepest: int, is_ours: bool) -> int:
    values = {
        "article_id": draft.article_id,
        "parent_id": draft.parent.id if draft.parent else None,
        "root_id": draft.parent.root_id if draft.parent else None,
        "depth": draft.depth(deepest),
        "path": "",
        "name": draft.reply.author,
        "website": draft.reply.url,
        "status": draft.status,
        "version": 1,
        "text_n": 1,
        "script": draft.script,
        "language": draft.language,
        "risk": draft.score.log_odds if draft.score else 0.0,
        "arrived_at": now,
        "changed_at": now,
        "mark": draft.marks[0],
        "check_chance": draft.check_chance,
        "judged_under": draft.judged_under,
        "is_ours": is_ours,
    }
    comment_id = _COMMENT.run(values)
    path = draft.path(comment_id, deepest)
    root_id = values["root_id"] if draft.depth(deepest) > 1 else comment_id
    _PLACED.run({"its_id": comment_id, "its_root": root_id, "its_path": path})
    return comment_id


def _decided(draft: Draft, comment_id: int, now: datetime, moderator_id: int | None) -> None:
    values = {
        "comment_id": comment_id,
        "text_n": 1,
        "version": 1,
        "to_status": draft.status,
        "action": draft.verdict.action,
        "moderator_id": moderator_id,
        "decided_at": now,
        "note": "",
        "policy": draft.policy,
    }
    decision_id = _DECISION.run(values)
    reasons = [
        {"decision_id": decision_id, "position": n, "code": reason.code, "detail": reason.detail[:300]}
        for n, reason in enumerate(draft.verdict.reasons)
    ]
    _REASON.run_each(reasons)
