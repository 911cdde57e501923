"""A comment arrives: read, sealed, scored, judged, and stored in one durable transaction.

The plain address is known here and nowhere below: it is sealed and fingerprinted on the way into the row of
`Contact`, and what is stored of name, website and text has every address masked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError

from models import Article, Comment, Contact, Statement, read, writing
from moderation import campaigns, metrics, pauses, policy, privacy, rules, search, spam
from moderation.errors import ArticleClosed, Duplicate, NotFound, ParentUnavailable
from moderation.intake import house, storing
from moderation.intake.draft import Circumstances, Draft, Parent
from moderation.intake.house import Written
from moderation.intake.recognising import recognise
from moderation.intake.reply import LONGEST, Reply, whole
from moderation.learning import Scorer, spot_checks
from moderation.privacy import Vault
from moderation.settings import Settings
from moderation.spam.likeness import Sketch
from moderation.text import Link, canonical, host_of, language_of, links, registrable, script_of
from moderation.threads import is_open
from moderation.vocabulary import Action, Status

SAME_COMMENT_FOR = timedelta(minutes=10)
"""For so long the same words again are the same comment (a second press, a time-out); later, a duplicate."""

_MOST_LINKS_KEPT = 100

_ARTICLE = Statement(
    select(
        Article.id,
        Article.key,
        Article.title,
        Article.published,
        Article.published_at,
        Article.mode,
        Article.holding_until,
        Article.approved_count,
        pauses.NEWEST.scalar_subquery().label("pause"),
    ).where(Article.id == bindparam("its_id"))
)
_PARENT = Statement(
    select(Comment.id, Comment.root_id, Comment.depth, Comment.path).where(
        Comment.id == bindparam("its_id"),
        Comment.article_id == bindparam("article"),
        Comment.status == Status.APPROVED,
    )
)
_RECENT = Statement(
    select(func.count()).select_from(
        select(Comment.id)
        .where(Comment.article_id == bindparam("article"))
        .where(Comment.arrived_at > bindparam("since"), Comment.arrived_at <= bindparam("until"))
        .limit(bindparam("most"))
        .subquery()
    )
)
_ITS_STATUS = select(Comment.status).where(Comment.id == Contact.comment_id)
# No join: of two tables SQLite may begin with the comments that are public, all of them.
_APPROVED = (
    select(Contact.comment_id)
    .where(Contact.token_fingerprint.in_(bindparam("tokens", expanding=True)))
    .where(_ITS_STATUS.scalar_subquery() == Status.APPROVED)
    .limit(1)
)
_EARLIER = Statement(
    select(Comment.id, Comment.status, Comment.arrived_at).where(Comment.mark == bindparam("mark"))
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a comment.

    Attributes
    ----------
    is_masked
        Whether an address in it was hidden.
    is_repeat
        Whether it was there before.
    count
        Public comments of the article with it; None where that was not looked at.
    """

    comment_id: int
    status: Status
    is_masked: bool = False
    is_repeat: bool = False
    count: int | None = None


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
        article = self._open_article(article_id, now)
        parent = self._parent(article.id, fields.get("comment_parent"))
        reply = Reply.read(fields, self.settings.require_name_email)
        draft = self._drafted(article, parent, reply, circumstances, now)
        try:
            receipt = self._stored(draft, now)
        except IntegrityError:  # the same words arrived twice at once, and the other one was first
            receipt = self._repeated(draft, now) or self._stored(draft, now)
        if not receipt.is_repeat:
            metrics.arrived(draft.score, draft.verdict)
        return receipt

    def answer(self, parent_id: int, written: Written) -> int:
        """Publish a moderator's answer to a public comment in the publication's name; returns its id.

        Raises
        ------
        FormFaults, ParentUnavailable
        """
        return house.answer(self.vault, self.settings, parent_id, written)

    def reword(self, comment_id: int, version: int, written: Written) -> None:
        """Give a comment another text, scored anew; what was typed stays in its history.

        Raises
        ------
        FormFaults, NotFound, Stale
        """
        house.reword(self.scorer, comment_id, version, written)

    def former_text(self, comment_id: int, n: int) -> str:
        """One of the texts that a comment had.

        Raises
        ------
        NotFound
        """
        return house.text_of(comment_id, n)

    def _open_article(self, article_id: int, now: datetime) -> Any:
        """The article, if it takes comments.

        Raises
        ------
        NotFound, ArticleClosed
        """
        article = _ARTICLE.first(its_id=article_id) if 0 < article_id < 2**31 else None
        return self._if_open(article, now)

    def _if_open(self, article: Any, now: datetime) -> Any:
        if article is None or not article.published:
            raise NotFound("There is no article at this address.")
        if not is_open(article.mode, article.published_at, self.settings, now):
            raise ArticleClosed
        return article

    def _parent(self, article_id: int, value: Any) -> Parent | None:
        number = whole(value)
        if number == 0:
            return None
        parent = _PARENT.first(its_id=number, article=article_id) if number else None
        if parent is None:
            raise ParentUnavailable
        return Parent(parent.id, parent.root_id, parent.depth, parent.path)

    def _drafted(
        self, article: Any, parent: Parent | None, reply: Reply, came: Circumstances, now: datetime
    ) -> Draft:
        words = privacy.mask_own(privacy.mask_addresses(reply.comment), reply.email)
        plain, found = canonical(words), links(words)
        under = self.scorer.under
        score = self.scorer.score(spam.Candidate(words, reply.author, reply.url, article.title))
        house = policy.Rules.of(self.settings, self.scorer.thresholds)
        website, pause = _website(reply.url), pauses.read(article.pause, now)
        arrival = policy.Arrival(
            name=reply.author,
            website=reply.url,
            text=words,
            canonical=plain.text,
            disguises=plain.disguises,
            links=len(found),
            score=score,
            mode=pauses.mode_of(article, now),
            form_age=came.form_age,
            honeypot=came.honeypot,
            recent=self._recent(article.id, now, house.busy_article_per_hour),
            is_known_reader=self.is_known(came.reader_token),
            listed=self._listed(came, [*found, website] if website else found, now),
            site_paused_until=f"{pause.until:%Y-%m-%d}" if pause else "",
        )
        verdict = policy.verdict(arrival, house)
        return Draft(
            article_id=article.id,
            article=f"{article.title} {article.key}",
            parent=parent,
            reply=reply,
            text=words,
            links=found[:_MOST_LINKS_KEPT],
            script=script_of(words),
            language=language_of(words),
            score=score,
            verdict=verdict,
            policy=house.digest,
            marks=self.vault.every_fingerprint(
                "mark", str(article.id), str(parent.id if parent else 0), reply.author, words
            ),
            came=came,
            sketch=Sketch.of(plain.text),
            website=website,
            check_chance=self._drawn(verdict.action),
            judged_under=under if score else "",
        )

    def _drawn(self, action: Action) -> float | None:
        """What waits is seen by a person anyway; of the rest chance draws a few, so that nothing goes unseen."""
        return None if action is Action.HOLD else spot_checks(self.settings.spot_check_share)()

    def _recent(self, article_id: int, now: datetime, most: int) -> int:
        if not most:
            return 0
        hour = timedelta(hours=1)  # in both directions: the clock may have been ahead for a while
        return _RECENT.scalar(article=article_id, since=now - hour, until=now + hour, most=most) or 0

    def _listed(self, came: Circumstances, found: Sequence[Link], now: datetime) -> policy.Listed:
        every = self.vault.every_fingerprint
        reader: list[bytes] = []
        if came.reader_token:
            reader += every("token", came.reader_token)
        if came.network != privacy.UNKNOWN_NETWORK:
            reader += every("network", came.network)
        return rules.listed(now, reader, [link.host for link in found])

    def is_known(self, token: str | None) -> bool:
        """Whether the token is a known reader's: a comment that came with it is approved."""
        if not token:
            return False
        return read(_APPROVED, tokens=self.vault.every_fingerprint("token", token)).first() is not None

    def _repeated(self, draft: Draft, now: datetime) -> Receipt | None:
        """The receipt of the same comment, if it is there already."""
        found = (_EARLIER.first(mark=mark) for mark in draft.marks)
        earlier = next((each for each in found if each is not None), None)
        if earlier is None:
            return None
        if abs(now - earlier.arrived_at) > SAME_COMMENT_FOR:
            raise Duplicate
        return Receipt(earlier.id, earlier.status, draft.is_masked, is_repeat=True)

    def _stored(self, draft: Draft, now: datetime) -> Receipt:
        with writing(together=True):
            if repeated := self._repeated(draft, now):
                return repeated
            count = self._unchanged(draft, now)
            recognise(self.vault, draft.came)
            comment_id = storing.store(draft, now, self.settings.depth)
            contact = self._contact(draft, comment_id, now)
            storing.keep_contact(contact)
            campaigns.join(draft.newcomer(comment_id, contact["network_fingerprint"], now))
            search.add(draft.document(comment_id))
            storing.count(draft)
        return Receipt(comment_id, draft.status, draft.is_masked, count=count + 1)

    def _unchanged(self, draft: Draft, now: datetime) -> int:
        """What was true when the comment was judged must be true when it is stored; returns the public comments."""
        article = self._open_article(draft.article_id, now)
        if draft.parent is not None:
            self._parent(draft.article_id, draft.parent.id)
        return int(article.approved_count)

    def _contact(self, draft: Draft, comment_id: int, now: datetime) -> dict[str, Any]:
        vault, address, token = self.vault, draft.reply.email, draft.came.reader_token
        sealed = vault.seal(address, f"comment:{comment_id}") if address else None
        until = {
            name: now + timedelta(days=days)
            for name, days in (
                ("address", self.settings.keep_unwelcome_days),
                ("network", self.settings.keep_network_days),
                ("token", self.settings.keep_token_days),
            )
        }
        return {
            "comment_id": comment_id,
            "sealed_address": sealed.data if sealed else None,
            "key_id": sealed.key_id if sealed else None,
            "address_fingerprint": vault.fingerprint_address(address) if address else None,
            "network_fingerprint": vault.fingerprint_network(draft.came.network),
            "token_fingerprint": vault.fingerprint_token(token) if token else None,
            "address_until": until["address"] if draft.status is Status.SPAM else None,
            "network_until": until["network"],
            "token_until": until["token"] if token else None,
        }


def _website(url: str) -> Link | None:
    """Where the website field leads."""
    host = host_of(url)
    return Link(host, registrable(host)) if "." in host else None


__all__ = ["LONGEST", "SAME_COMMENT_FOR", "Circumstances", "Intake", "Receipt", "Reply", "Written", "whole"]
