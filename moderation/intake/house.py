"""What the publication writes itself: answers of its own, and other words for what a reader typed.

Both come in as a reader's comment does: cleaned, addresses masked, links found, and stored in one transaction. What
was typed before stays in the comment's history, and can be put back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update

from models import Article, Comment, CommentText, Event, Link, Scoring, db, writing
from models.comment import WEBSITE
from moderation import campaigns, privacy, search, spam
from moderation.errors import NotFound, ParentUnavailable
from moderation.intake import storing
from moderation.intake.draft import Circumstances, Draft, Parent
from moderation.intake.reply import Reply
from moderation.learning import Scorer
from moderation.overtaken import stale
from moderation.privacy import Vault
from moderation.settings import Settings
from moderation.spam.likeness import Sketch
from moderation.text import canonical, language_of, links, script_of
from moderation.vocabulary import Action, Score, Status, Verdict

ANSWERED, EDITED = "answered as the publication", "comment edited"
"""Kinds of event."""

_MOST_LINKS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Written:
    """What a moderator wrote, and when."""

    moderator_id: int
    words: str
    at: datetime


def answer(vault: Vault, settings: Settings, parent_id: int, written: Written) -> int:
    """Publish an answer to a public comment in the publication's name; returns its id.

    The same words again are the same answer.

    Raises
    ------
    FormFaults
    ParentUnavailable
        What is answered is not public, or not there.
    """
    name, deepest, now = settings.site_name, settings.depth, written.at
    reply = Reply.read({"comment": written.words, "author": name}, required=False)
    text = privacy.mask_addresses(reply.comment)
    with writing() as session:
        parent = session.get(Comment, parent_id) if 0 < parent_id < 2**31 else None
        if parent is None or parent.status is not Status.APPROVED:
            raise ParentUnavailable("Only a public comment can be answered. Approve it first.")
        marks = vault.every_fingerprint("mark", "house", str(parent.id), text)
        if (same := session.scalar(select(Comment.id).where(Comment.mark.in_(marks)))) is not None:
            return same
        draft = _drafted(parent, reply, text, marks)
        comment_id = storing.store(draft, now, deepest, written.moderator_id)
        told = {"comment": comment_id, "answers": parent.id}
        session.add(_event(ANSWERED, written.moderator_id, now, told))
        storing.count(draft)
        session.flush()
        search.follow([comment_id])
        return comment_id


def reword(scorer: Scorer, comment_id: int, version: int, written: Written) -> None:
    """Give a comment another text, scored anew where a reader wrote it; what stood there before stays in its history.

    Raises
    ------
    FormFaults, NotFound
    Stale
        The comment has changed since that version was seen, or was erased.
    """
    reply = Reply.read({"comment": written.words, "author": "-"}, required=False)
    text, seen = privacy.mask_addresses(reply.comment), _seen(comment_id)
    candidate = spam.Candidate(text, seen.name, seen.website, seen.title)
    score = None if seen.is_ours else scorer.score(candidate)
    with writing() as session:
        # The number of the next text is read here: two editors of one version cannot both have it.
        n = (session.scalar(_last_text(comment_id)) or 0) + 1
        values: dict[str, Any] = {
            "text_n": n,
            "version": version + 1,
            "changed_at": written.at,
            "script": script_of(text),
            "language": language_of(text),
            "risk": score.log_odds if score else 0.0,
            "proposal": None,
            "judged_under": "",  # which is looked at again, what is there now
        }
        ours = update(Comment).where(
            Comment.id == comment_id, Comment.version == version, Comment.status != Status.ERASED
        )
        result = session.execute(ours.values(values).execution_options(synchronize_session=False))
        if cast("CursorResult[Any]", result).rowcount != 1:
            raise stale(comment_id)
        session.add_all(_rows(comment_id, n, text, score, written))
        session.flush()
        campaigns.reword(comment_id, Sketch.of(canonical(text).text), _domains(comment_id, n))
        search.follow([comment_id])
        session.add(_event(EDITED, written.moderator_id, written.at, {"comment": comment_id, "text": n}))
        page = update(Article).where(Article.id == seen.article_id).values(revision=Article.revision + 1)
        session.execute(page.execution_options(synchronize_session=False))


def text_of(comment_id: int, n: int) -> str:
    """One of the texts that a comment had.

    Raises
    ------
    NotFound
    """
    is_number = 0 < comment_id < 2**31 and 0 < n < 2**31
    row = db.session.get(CommentText, (comment_id, n)) if is_number else None
    if row is None or not row.text:
        raise NotFound("There is no such text.")
    return row.text


def _drafted(parent: Comment, reply: Reply, text: str, marks: tuple[bytes, ...]) -> Draft:
    return Draft(
        article_id=parent.article_id,
        article="",
        parent=Parent(parent.id, parent.root_id, parent.depth, parent.path),
        reply=reply,
        text=text,
        links=links(text)[:_MOST_LINKS_KEPT],
        script=script_of(text),
        language=language_of(text),
        score=None,
        verdict=Verdict(Action.APPROVE),
        policy="",
        marks=marks,
        came=Circumstances(network=""),
        sketch=Sketch.of(""),  # what the publication says itself is nobody's campaign
        website=None,
    )


def _rows(comment_id: int, n: int, text: str, score: Score | None, written: Written) -> Iterator[Any]:
    """What a new text is stored as."""
    who_and_when = {"moderator_id": written.moderator_id, "written_at": written.at}
    yield CommentText(comment_id=comment_id, n=n, text=text, **who_and_when)
    for link in links(text)[:_MOST_LINKS_KEPT]:
        yield Link(comment_id=comment_id, text_n=n, host=link.host[:255], domain=link.domain[:255])
    if score:
        said = {"classifier_version": score.version, "log_odds": score.log_odds}
        yield Scoring(comment_id=comment_id, text_n=n, scored_at=written.at, **said)


def _seen(comment_id: int) -> Any:
    row = (
        db.session.execute(
            select(Comment.article_id, Comment.name, Comment.website, Comment.is_ours, Article.title)
            .join(Article, Article.id == Comment.article_id)
            .where(Comment.id == comment_id)
        ).first()
        if 0 < comment_id < 2**31
        else None
    )
    if row is None:
        raise NotFound("There is no such comment.")
    return row


def _domains(comment_id: int, n: int) -> tuple[str, ...]:
    """Where one of its texts and its website link to."""
    found = select(Link.domain).where(Link.comment_id == comment_id, Link.text_n.in_((n, WEBSITE)))
    return tuple(db.session.scalars(found))


def _last_text(comment_id: int) -> Any:
    return select(func.max(CommentText.n)).where(CommentText.comment_id == comment_id)


def _event(kind: str, moderator_id: int, now: datetime, detail: dict[str, int]) -> Event:
    return Event(happened_at=now, moderator_id=moderator_id, kind=kind, detail=detail)
