"""A rule is made, ended, and taken up again; on its day what it knows of a reader is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from models import Contact, Event, Rule, db, writing
from moderation import privacy
from moderation.errors import BadInput, Fault, FormFaults, NotFound, Refused
from moderation.rules.matching import host_of_subject
from moderation.text import is_suffix
from moderation.vocabulary import RuleKind

DAYS = (1, 7, 30, 90, 365)
"""For how many days a rule may stand."""

MADE, ENDED, RESUMED = "rule made", "rule ended", "rule taken up again"
"""Kinds of event."""

OF_A_READER = {
    RuleKind.TRUST_READER: Contact.token_fingerprint,
    RuleKind.HOLD_READER: Contact.token_fingerprint,
    RuleKind.HOLD_NETWORK: Contact.network_fingerprint,
}
"""Kinds whose subject is only known from a comment."""

_LONGEST_REASON, _LONGEST_WORD = 300, 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule that somebody wants.

    Attributes
    ----------
    subject
        A host or a word, normal; "" where the comment names the reader.
    fingerprint
        The browser's or the network's, None for hosts and words.
    """

    kind: RuleKind
    subject: str
    fingerprint: bytes | None
    comment_id: int | None
    reason: str
    days: int

    @classmethod
    def read(cls, kind: str, subject: str, comment_id: int | None, reason: str, days: int | None) -> Asked:
        """The rule that a form asks for.

        Raises
        ------
        BadInput
            There is no such kind of rule.
        NotFound
            There is no such comment, or what is needed of its reader was forgotten or never known.
        FormFaults
            Naming what needs mending.
        """
        if kind not in set(RuleKind):
            raise BadInput("There is no such rule. Nothing was changed.")
        found = RuleKind(kind)
        faults = [*_faults_of_reason(reason), *_faults_of_days(days)]
        if found in OF_A_READER:
            if faults:
                raise FormFaults(faults)
            return cls(found, "", _fingerprint(found, comment_id), comment_id, _line(reason), days or 0)
        normal, wrong = _subject(found, subject)
        if faults := [*wrong, *faults]:
            raise FormFaults(faults)
        return cls(found, normal, None, comment_id, _line(reason), days or 0)


def make(asked: Asked, by: int, now: datetime) -> int:
    """Let the rule stand from now on; returns its number. One that stands already for the same is ended by it."""
    with writing() as session:
        same = Rule.subject == asked.subject
        if asked.fingerprint:
            same = Rule.fingerprint == asked.fingerprint
        standing = update(Rule).where(
            Rule.kind == asked.kind, same, Rule.ended_at.is_(None), Rule.until > now
        )
        session.execute(
            standing.values(ended_at=now, ended_by=by).execution_options(synchronize_session=False)
        )
        row = Rule(
            kind=asked.kind,
            subject=asked.subject,
            fingerprint=asked.fingerprint,
            comment_id=asked.comment_id,
            reason=asked.reason,
            moderator_id=by,
            made_at=now,
            until=now + timedelta(days=asked.days),
        )
        session.add(row)
        session.flush()
        session.add(Event(happened_at=now, moderator_id=by, kind=MADE, detail={"rule": row.id}))
        return row.id


def end(rule_id: int, by: int, now: datetime) -> None:
    """Take a rule back.

    Raises
    ------
    NotFound, Refused
    """
    with writing() as session:
        row = _row(rule_id)
        if row.ended_at is not None or row.until <= now:
            raise Refused("This rule has ended already. Nothing was changed.")
        row.ended_at, row.ended_by = now, by
        session.add(Event(happened_at=now, moderator_id=by, kind=ENDED, detail={"rule": row.id}))


def resume(rule_id: int, by: int, now: datetime) -> None:
    """Take that back: the rule stands again until its day.

    Raises
    ------
    NotFound, Refused
    """
    with writing() as session:
        row = _row(rule_id)
        if row.ended_at is None or row.until <= now:
            raise Refused("This rule cannot be taken up again. Make a new one. Nothing was changed.")
        row.ended_at = row.ended_by = None
        session.add(Event(happened_at=now, moderator_id=by, kind=RESUMED, detail={"rule": row.id}))


def _row(rule_id: int) -> Rule:
    row = db.session.get(Rule, rule_id) if 0 < rule_id < 2**31 else None
    if row is None:
        raise NotFound("There is no such rule.")
    return row


def _fingerprint(kind: RuleKind, comment_id: int | None) -> bytes:
    known = select(OF_A_READER[kind]).where(Contact.comment_id == comment_id)
    found = db.session.scalar(known) if comment_id and comment_id < 2**31 else None
    if found is None:
        raise NotFound("The comment is not there, or what the rule needs is not known of it.")
    return found


def _faults_of_reason(reason: str) -> list[Fault]:
    if privacy.has_address(reason):
        return [Fault("reason", "The reason holds an email address. Please say it without.")]
    if not _line(reason):
        return [Fault("reason", "Please say why, in a few words.")]
    if len(_line(reason)) > _LONGEST_REASON:
        return [Fault("reason", f"{_LONGEST_REASON} characters are the most.")]
    return []


def _faults_of_days(days: int | None) -> list[Fault]:
    return [] if days in DAYS else [Fault("days", "Please choose on which day the rule ends.")]


def _subject(kind: RuleKind, typed: str) -> tuple[str, list[Fault]]:
    if privacy.has_address(typed):
        return "", [
            Fault("subject", "A rule is never made of an email address: holding would tell whose it is.")
        ]
    if kind in {RuleKind.HOLD_HOST, RuleKind.SPAM_HOST}:
        host = host_of_subject(typed)
        if host and is_suffix(host):
            return "", [Fault("subject", f"Below {host} anybody may have a site. Please name one of them.")]
        return host, [] if host else [Fault("subject", "Please give a host, such as shop.example.")]
    line = _line(typed)
    if len(line) > _LONGEST_WORD:
        return "", [Fault("subject", f"{_LONGEST_WORD} characters are the most.")]
    return line, [] if line else [Fault("subject", "Please give a word.")]


def _line(typed: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in typed).split())
