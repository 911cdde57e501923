"""A comment arrives: read, sealed, scored, judged, and stored in one durable transaction.

The plain address is known here and nowhere below: it is sealed and fingerprinted on the way into the row of
`Contact`, and what is stored of name, website and text has every address masked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from models import (
    Article,
    Comment,
    CommentText,
    Contact,
    Decision,
    DecisionReason,
    Link,
    Scoring,
    db,
    writing,
)
from moderation import markup, policy, privacy, spam
from moderation.errors import ArticleClosed, Duplicate, Fault, FormFaults, NotFound, ParentUnavailable
from moderation.learning import Scorer
from moderation.privacy import Vault
from moderation.settings import Settings
from moderation.text import Link as FoundLink
from moderation.text import canonical, language_of, links, script_of
from moderation.threads import STEP, is_open
from moderation.vocabulary import Score, Status, Verdict

SAME_COMMENT_FOR = timedelta(minutes=10)
"""For so long the same words again are the same comment (a second press, a time-out); later, a duplicate."""

LONGEST = {"comment": 65_525, "author": 245, "email": 100, "url": 200}
"""Characters each field may hold."""

_MOST_LINKS_KEPT = 100


def _cleaned(value: object) -> object:
    """Characters that no keyboard makes go: NUL and other controls, halves of surrogate pairs."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = (each for each in lines if each in "\n\t" or not (each < " " or "\x7f" <= each <= "\x9f"))
    return "".join(each for each in kept if not "\ud800" <= each <= "\udfff").strip()


def _filled(value: str, info: ValidationInfo) -> str:
    optional = info.field_name != "comment" and not (info.context or {}).get("required", True)
    if not optional and not any(unicodedata.category(each)[0] in "LNPS" for each in value):
        raise ValueError("missing")
    return value


def _address(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False).normalized if value else ""
    except EmailNotValidError:
        raise ValueError("address") from None


def _website(value: str) -> str:
    if not value:
        return ""
    if privacy.has_address(value) or value.lower().startswith("mailto:"):
        raise ValueError("public address")
    if (safe := markup.safe_url(value)) is None:
        raise ValueError("website")
    return safe


def _name(value: str) -> str:
    if privacy.has_address(value):
        raise ValueError("public address")
    return " ".join(value.split())


def _within(name: str) -> StringConstraints:
    return StringConstraints(max_length=LONGEST[name])


class Reply(BaseModel):
    """The rule for what a reader sends, by form or as JSON. Unknown fields are ignored, whatever they say."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, validate_default=True)

    comment: Annotated[str, _within("comment"), AfterValidator(_filled), BeforeValidator(_cleaned)] = ""
    author: Annotated[
        str, _within("author"), AfterValidator(_filled), AfterValidator(_name), BeforeValidator(_cleaned)
    ] = ""
    email: Annotated[
        str, _within("email"), AfterValidator(_filled), AfterValidator(_address), BeforeValidator(_cleaned)
    ] = ""
    url: Annotated[str, _within("url"), AfterValidator(_website), BeforeValidator(_cleaned)] = ""

    @classmethod
    def read(cls, fields: Mapping[str, Any], required: bool) -> Reply:
        """What was sent, checked.

        Raises
        ------
        FormFaults
            Naming each field to mend, in the order of the form. No sentence repeats what was typed.
        """
        try:
            return cls.model_validate(dict(fields), context={"required": required})
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False, include_context=True)
            raise FormFaults([_fault(detail) for detail in details]) from None


_SENTENCES = {
    ("comment", "missing"): "Please write a comment.",
    ("author", "missing"): "Please give a name.",
    (
        "author",
        "public address",
    ): "This is an e-mail address, and names are public. Please give another name.",
    ("email", "missing"): "Please give an e-mail address. It will not be published.",
    ("email", "address"): "This is not a complete e-mail address, such as name@example.org.",
    ("url", "website"): "This is not the address of a website, such as https://example.org.",
    ("url", "public address"): "This holds an e-mail address, and websites are public. Please leave it out.",
}


def _fault(detail: Any) -> Fault:
    field = str(detail["loc"][0])
    if detail["type"] == "string_too_long":
        return Fault(field, f"This is too long: {LONGEST[field]:,} characters are the most.")
    cause = str(detail.get("ctx", {}).get("error", ""))
    return Fault(field, _SENTENCES.get((field, cause), "Please check this field."))


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
class Receipt:
    """What became of a comment: its id and status, and whether something in it was hidden from the public."""

    comment_id: int
    status: Status
    is_masked: bool = False


class Intake:
    """The way in. There is no other: pages, imports and the demo all come through `submit`."""

    def __init__(self, settings: Settings, vault: Vault, scorer: Scorer) -> None:
        self.settings, self.vault, self.scorer = settings, vault, scorer

    def submit(
        self,
        article_id: int,
        fields: Mapping[str, Any],
        circumstances: Circumstances,
        now: datetime,
    ) -> Receipt:
        """Take a comment in; when this returns, it is on the disk.

        Parameters
        ----------
        fields
            As the form names them: comment, author, email, url, comment_parent. Others are ignored.

        Raises
        ------
        NotFound, ArticleClosed, ParentUnavailable, FormFaults, Duplicate
            In this order; nothing was stored.
        """
        article = self.open_article(article_id, now)
        parent = self._parent(article.id, fields.get("comment_parent"))
        reply = Reply.read(fields, self.settings.require_name_email)
        draft = self._drafted(article, parent, reply, circumstances, now)
        try:
            return self._stored(draft, now)
        except IntegrityError:  # the same words arrived twice at once, and the other one was first
            return self._repeated(draft, now) or self._stored(draft, now)

    def open_article(self, article_id: int, now: datetime) -> Article:
        """The article, if it takes comments.

        Raises
        ------
        NotFound, ArticleClosed
        """
        article = db.session.get(Article, article_id) if 0 < article_id < 2**31 else None
        if article is None or not article.published:
            raise NotFound("There is no article at this address.")
        if not is_open(article.mode, article.published_at, self.settings, now):
            raise ArticleClosed
        return article

    def _parent(self, article_id: int, value: Any) -> Comment | None:
        number = whole(value)
        if number == 0:
            return None
        parent = db.session.get(Comment, number) if number else None
        if parent is None or parent.article_id != article_id or parent.status is not Status.APPROVED:
            raise ParentUnavailable
        return parent

    def _drafted(
        self, article: Article, parent: Comment | None, reply: Reply, came: Circumstances, now: datetime
    ) -> _Draft:
        words = privacy.mask_addresses(reply.comment)
        plain, found = canonical(words), links(words)
        score = self.scorer.score(spam.Candidate(words, reply.author, reply.url, article.title))
        rules = policy.Rules.of(self.settings, self.scorer.thresholds)
        arrival = policy.Arrival(
            name=reply.author,
            website=reply.url,
            text=words,
            canonical=plain.text,
            disguises=plain.disguises,
            links=len(found),
            score=score,
            mode=article.mode,
            form_age=came.form_age,
            honeypot=came.honeypot,
            recent=self._recent(article.id, now, rules.busy_article_per_hour),
            is_known_reader=self._is_known(came.reader_token),
        )
        return _Draft(
            article_id=article.id,
            parent=parent,
            reply=reply,
            text=words,
            links=found[:_MOST_LINKS_KEPT],
            script=script_of(words),
            language=language_of(words),
            score=score,
            verdict=policy.verdict(arrival, rules),
            policy=rules.digest,
            mark=self.vault.mark(str(article.id), str(parent.id if parent else 0), reply.author, words),
            came=came,
        )

    def _recent(self, article_id: int, now: datetime, most: int) -> int:
        arrived = (
            select(Comment.id)
            .where(Comment.article_id == article_id, Comment.arrived_at > now - timedelta(hours=1))
            .limit(most)
        )
        return db.session.scalar(select(func.count()).select_from(arrived.subquery())) or 0

    def _is_known(self, token: str | None) -> bool:
        if not token:
            return False
        approved = (
            select(Contact.comment_id)
            .join(Comment, Comment.id == Contact.comment_id)
            .where(Contact.token_fingerprint == self.vault.fingerprint_token(token))
            .where(Comment.status == Status.APPROVED)
        )
        return db.session.scalar(approved.limit(1)) is not None

    def _repeated(self, draft: _Draft, now: datetime) -> Receipt | None:
        earlier = db.session.execute(
            select(Comment.id, Comment.status, Comment.arrived_at).where(Comment.mark == draft.mark)
        ).first()
        if earlier is None:
            return None
        if abs(now - earlier.arrived_at) > SAME_COMMENT_FOR:
            raise Duplicate
        return Receipt(earlier.id, earlier.status, draft.is_masked)

    def _stored(self, draft: _Draft, now: datetime) -> Receipt:
        with writing() as session:
            if repeated := self._repeated(draft, now):
                return repeated
            self._unchanged(draft, now)
            comment = draft.comment(now, self.settings.depth)
            session.add(comment)
            session.flush()
            draft.place(comment, self.settings.depth)
            session.add_all([*draft.rows(comment, now), self._contact(draft, comment, now)])
            session.flush()
            decision = draft.decision(comment, now)
            session.add(decision)
            session.flush()
            session.add_all(draft.reasons(decision))
            session.execute(draft.counted())
        return Receipt(comment.id, comment.status, draft.is_masked)

    def _unchanged(self, draft: _Draft, now: datetime) -> None:
        """What was true when the comment was judged must be true when it is stored."""
        article = self.open_article(draft.article_id, now)
        if draft.parent is not None:
            self._parent(article.id, draft.parent.id)

    def _contact(self, draft: _Draft, comment: Comment, now: datetime) -> Contact:
        contact = Contact(
            comment_id=comment.id,
            network_fingerprint=self.vault.fingerprint_network(draft.came.network),
            network_until=now + timedelta(days=self.settings.keep_network_days),
        )
        if address := draft.reply.email:
            sealed = self.vault.seal(address, f"comment:{comment.id}")
            contact.sealed_address, contact.key_id = sealed.data, sealed.key_id
            contact.address_fingerprint = self.vault.fingerprint_address(address)
        if comment.status is Status.SPAM:
            contact.address_until = now + timedelta(days=self.settings.keep_unwelcome_days)
        if draft.came.reader_token:
            contact.token_fingerprint = self.vault.fingerprint_token(draft.came.reader_token)
        return contact


@dataclass(frozen=True, slots=True)
class _Draft:
    """A comment that is judged and not stored yet; it knows which rows it becomes."""

    article_id: int
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
        )

    def place(self, comment: Comment, deepest: int) -> None:
        """The path needs the id; at the deepest level a reply stands beside what it answers."""
        above = self.parent.path[: (min(self.parent.depth + 1, deepest) - 1) * STEP] if self.parent else ""
        comment.path = f"{above}{comment.id:0{STEP}d}"
        comment.root_id = comment.root_id if above else comment.id

    def rows(self, comment: Comment, now: datetime) -> list[Any]:
        rows: list[Any] = [CommentText(comment_id=comment.id, n=1, text=self.text, written_at=now)]
        rows += [
            Link(comment_id=comment.id, text_n=1, host=link.host, domain=link.domain) for link in self.links
        ]
        if self.score:
            scored = {"classifier_version": self.score.version, "log_odds": self.score.log_odds}
            rows.append(Scoring(comment_id=comment.id, text_n=1, scored_at=now, **scored))
        return rows

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
        revision = Article.revision + (self.status is Status.APPROVED)
        return (
            update(Article)
            .where(Article.id == self.article_id)
            .values({column: column + 1, Article.revision: revision})
        )


def whole(value: Any) -> int | None:
    """A number as a form or JSON gives it; None when it is none, or none that an id could be."""
    if value in ("", None):
        return 0
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    digits = str(value).strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else -1
    return number if 0 <= number < 2**31 else None
