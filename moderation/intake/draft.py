"""A comment that is judged and not stored yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
class Parent:
    """The comment that is answered: where it stands in its thread."""

    id: int
    root_id: int | None
    depth: int
    path: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A comment that is judged and not stored yet.

    `article` is its title and key, as the search knows them; `marks` by which it is known again, under each root key,
    the one in use first. `check_chance` is that with which it was drawn for a
    spot check, None where it was not; `judged_under` names the classifier and thresholds of the verdict.
    """

    article_id: int
    article: str
    parent: Parent | None
    reply: Reply
    text: str
    links: tuple[FoundLink, ...]
    script: str
    language: str
    score: Score | None
    verdict: Verdict
    policy: str
    marks: tuple[bytes, ...]
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

    @property
    def hosts(self) -> tuple[FoundLink, ...]:
        """Where it links to, its website too."""
        return (*self.links, self.website) if self.website else self.links

    def depth(self, deepest: int) -> int:
        """How deep it stands; at the deepest level a reply stands beside what it answers."""
        return min(self.parent.depth + 1, deepest) if self.parent else 1

    def path(self, comment_id: int, deepest: int) -> str:
        """The ids from the thread's root down to it."""
        above = self.parent.path[: (self.depth(deepest) - 1) * STEP] if self.parent else ""
        return f"{above}{comment_id:0{STEP}d}"

    def newcomer(self, comment_id: int, network_fingerprint: bytes | None, arrived_at: datetime) -> Newcomer:
        """The comment as campaigns see it; a network that is not known speaks for nobody."""
        is_known = self.came.network != UNKNOWN_NETWORK
        return Newcomer(
            comment_id=comment_id,
            sketch=self.sketch,
            domains=tuple(link.domain[:255] for link in self.hosts),
            network=network_fingerprint if is_known else None,
            waits=self.status is Status.HELD,
            arrived_at=arrived_at,
        )

    def document(self, comment_id: int) -> Document:
        """The comment as the search sees it."""
        return Document(
            comment_id=comment_id,
            text=self.text,
            name=self.reply.author,
            hosts=tuple(link.host for link in self.hosts),
            article=self.article,
        )
