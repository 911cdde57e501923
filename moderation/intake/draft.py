"""A comment that is judged and not stored yet: it knows which rows it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update

from models import Article, Comment, CommentText, Decision, DecisionReason, Link, Scoring
from models.comment import WEBSITE
from moderation.campaigns import Newcomer
from moderation.intake.reply import Reply
from moderation.privacy import UNKNOWN_NETWORK
from moderation.search import Document
from moderation.spam.likeness import Sketch
from moderation.text import Link as FoundLink
from moderation.threads import STEP
from moderation.vocabulary import Score, Status, Verdict


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What came with the words.

    Attributes
    ----------
    network
        The sender's network (/24 or /64), never the single address.
    reader_token
        The secret of a browser that asked to be remembered.
    form_age
        Seconds since the form was made; None when its token was missing or not ours.
    honeypot
        Whether the field that people do not see was filled in.
    """

    network: str
    reader_token: str | None = None
    form_age: float | None = None
    honeypot: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A comment that is judged and not stored yet; it knows which rows it becomes.

    `article` is its title and key, as the search knows them. `check_chance` is that with which it was drawn for a
    spot check, None where it was not; `judged_under` names the classifier and thresholds of the verdict.
    """

    article_id: int
    article: str
    parent: Comment | None
    reply: Reply
    text: str
    links: tuple[FoundLink, ...]
    script: str
    language: str
    score: Score | None
    verdict: Verdict
    policy: str
    mark: bytes
    came: Circumstances
    sketch: Sketch
    website: FoundLink | None
    check_chance: float | None = None
    judged_under: str = ""

    @property
    def status(self) -> Status:
        return self.verdict.action.status

    @property
    def is_masked(self) -> bool:
        return self.text != self.reply.comment

    def comment(self, now: datetime, deepest: int) -> Comment:
        return Comment(
            article_id=self.article_id,
            parent_id=self.parent.id if self.parent else None,
            root_id=self.parent.root_id if self.parent else None,
            depth=min(self.parent.depth + 1, deepest) if self.parent else 1,
            name=self.reply.author,
            website=self.reply.url,
            status=self.status,
            script=self.script,
            language=self.language,
            risk=self.score.log_odds if self.score else 0.0,
            arrived_at=now,
            changed_at=now,
            mark=self.mark,
            check_chance=self.check_chance,
            judged_under=self.judged_under,
        )

    def place(self, comment: Comment, deepest: int) -> None:
        """The path needs the id; at the deepest level a reply stands beside what it answers."""
        above = self.parent.path[: (min(self.parent.depth + 1, deepest) - 1) * STEP] if self.parent else ""
        comment.path = f"{above}{comment.id:0{STEP}d}"
        comment.root_id = comment.root_id if above else comment.id

    def rows(self, comment: Comment, now: datetime) -> list[Any]:
        rows: list[Any] = [CommentText(comment_id=comment.id, n=1, text=self.text, written_at=now)]
        found = [(1, link) for link in self.links] + ([(WEBSITE, self.website)] if self.website else [])
        rows += [
            Link(comment_id=comment.id, text_n=n, host=link.host[:255], domain=link.domain[:255])
            for n, link in found
        ]
        if self.score:
            scored = {"classifier_version": self.score.version, "log_odds": self.score.log_odds}
            rows.append(Scoring(comment_id=comment.id, text_n=1, scored_at=now, **scored))
        return rows

    def newcomer(self, comment: Comment, network_fingerprint: bytes | None) -> Newcomer:
        """The comment as campaigns see it; a network that is not known speaks for nobody."""
        is_known = self.came.network != UNKNOWN_NETWORK
        hosts = (*self.links, self.website) if self.website else self.links
        return Newcomer(
            comment_id=comment.id,
            sketch=self.sketch,
            domains=tuple(link.domain[:255] for link in hosts),
            network=network_fingerprint if is_known else None,
            waits=self.status is Status.HELD,
            arrived_at=comment.arrived_at,
        )

    def document(self, comment: Comment) -> Document:
        """The comment as the search sees it."""
        hosts = (*self.links, self.website) if self.website else self.links
        return Document(
            comment_id=comment.id,
            text=self.text,
            name=self.reply.author,
            hosts=tuple(link.host for link in hosts),
            article=self.article,
        )

    def decision(self, comment: Comment, now: datetime) -> Decision:
        return Decision(
            comment_id=comment.id,
            text_n=1,
            version=1,
            to_status=self.status,
            action=self.verdict.action,
            decided_at=now,
            policy=self.policy,
        )

    def reasons(self, decision: Decision) -> list[DecisionReason]:
        return [
            DecisionReason(decision_id=decision.id, position=n, code=reason.code, detail=reason.detail[:300])
            for n, reason in enumerate(self.verdict.reasons)
        ]

    def counted(self) -> Any:
        column = getattr(Article, f"{self.status}_count")
        revision = Article.revision + int(self.status is Status.APPROVED)
        return (
            update(Article)
            .where(Article.id == self.article_id)
            .values(
                {
                    column: column + 1,
                    Article.revision: revision,
                    Article.check_count: Article.check_count + int(self.check_chance is not None),
                }
            )
        )
