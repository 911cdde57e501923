"""The versions of the classifier: which there are, which is in use, and how one steps in for another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from models import ClassifierVersion, Event, db, writing
from models.classifier import Kind
from moderation import spam
from moderation.errors import NotFound, Refused
from moderation.spam import artefact as artefacts
from moderation.spam.artefact import Learned

PROMOTED, REFUSED, ROLLED_BACK, WITHDRAWN = (
    "classifier promoted",
    "classifier refused",
    "classifier rolled back",
    "classifier withdrawn",
)
"""Kinds of event that tell a version's story."""


def put_base(artefact: bytes, now: datetime) -> tuple[ClassifierVersion, spam.Classifier]:
    """Keep a base as a row, mended if it was damaged; part of the caller's transaction. It is not put to use."""
    classifier = spam.Classifier.from_bytes(artefact)
    row = _stored(classifier.version, Kind.BASE, artefact, now)
    row.hold_threshold, row.spam_threshold = asdict(classifier.thresholds).values()
    return row, classifier


def put_site(
    learned: Learned, metrics: dict[str, Any], now: datetime, by: int | None, *, is_promoted: bool
) -> str:
    """Keep a site classifier with its figures, and put it to use if it is promoted; part of the caller's transaction.

    Returns
    -------
    str
        Its version.
    """
    alone(Kind.SITE)
    version = f"site-{learned.sha256[:8]}"
    row = _stored(version, Kind.SITE, artefacts.to_bytes(learned) if is_promoted else None, now)
    row.hold_threshold, row.spam_threshold = asdict(learned.thresholds).values()
    row.metrics = metrics
    if is_promoted:
        step_up(row)
    _note(PROMOTED if is_promoted else REFUSED, version, now, by)
    return version


def alone(kind: Kind) -> None:
    """Wait until nobody else changes which version of the kind is in use; nobody does until the transaction ends."""
    theirs = select(ClassifierVersion.id).where(ClassifierVersion.kind == kind)
    db.session.execute(theirs.order_by(ClassifierVersion.id).with_for_update()).all()


def step_up(row: ClassifierVersion) -> None:
    """Let a version be the one of its kind that is in use; part of the caller's transaction."""
    step_down(row.kind)
    row.active = True
    db.session.flush()


def step_down(kind: Kind) -> None:
    """Let no version of the kind be in use; part of the caller's transaction."""
    alone(kind)
    in_use = ClassifierVersion.kind == kind, ClassifierVersion.active
    db.session.execute(update(ClassifierVersion).where(*in_use).values(active=False))


def every() -> Sequence[ClassifierVersion]:
    """Every version there ever was, the newest first, without its arrays."""
    columns = [column for column in ClassifierVersion.__table__.columns if column.name != "artefact"]
    rows = db.session.execute(select(*columns).order_by(ClassifierVersion.id.desc())).all()
    return [ClassifierVersion(**row._mapping) for row in rows]


def active(kind: Kind) -> ClassifierVersion | None:
    """The version of a kind that is in use."""
    return db.session.scalars(
        select(ClassifierVersion).where(ClassifierVersion.kind == kind, ClassifierVersion.active)
    ).first()


def promote(version: str, now: datetime, by: int | None = None) -> None:
    """Put a version to use that was in use before.

    Raises
    ------
    NotFound, Refused
        There is no such version; or its arrays are gone, or it corrects another base than the one in use.
    """
    with writing():
        alone(Kind.SITE)
        _promote(version, now, by)


def roll_back(now: datetime, by: int | None = None) -> str | None:
    """Go back to the version that was in use before the one that is; None when that is the base alone.

    Raises
    ------
    Refused
        The base alone is in use already.
    """
    with writing():
        alone(Kind.SITE)
        current = active(Kind.SITE)
        if current is None:
            raise Refused("No version of the site's own is in use; the base works alone.")
        before = _before(current)
        if before is not None:
            _promote(before, now, by)
            return before
        step_down(Kind.SITE)
        _note(ROLLED_BACK, current.version, now, by, is_by_hand=True)
    return None


def status_of(row: ClassifierVersion) -> str:
    """How a version stands, in a word: in use, withdrawn, shipped, refused or kept."""
    if row.active:
        return "in use"
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.kind is Kind.BASE:
        return "shipped"
    return "refused" if (row.metrics.get("judgement") or {}).get("reasons") else "kept"


def story(most: int = 200) -> Sequence[Event]:
    """What was done with versions, the newest first."""
    kinds = (PROMOTED, REFUSED, ROLLED_BACK, WITHDRAWN)
    query = select(Event).where(Event.kind.in_(kinds)).order_by(Event.id.desc()).limit(most)
    return db.session.scalars(query).all()


def deed(event: Event) -> str:
    """What was done with a version and by what, to be followed by "by" and a name where a person did it or asked."""
    done = event.kind.removeprefix("classifier ")
    if event.kind == WITHDRAWN:
        return f"{done}: it had learned from a comment that was erased since"
    if event.detail.get("by_hand"):
        return done if event.moderator_id else f"{done} on the command line"
    return f"{done} by the gate{', asked for' if event.moderator_id else ''}"


def withdraw(row: ClassifierVersion, now: datetime) -> None:
    """Take a version its arrays: it had learned from what was erased. Part of the caller's transaction."""
    row.metrics = {**row.metrics, "to_replace": row.active}
    row.artefact, row.withdrawn_at, row.active = None, now, False
    _note(WITHDRAWN, row.version, now, None)


def to_replace() -> ClassifierVersion | None:
    """The version that was withdrawn while it was in use, as long as none has stepped in for it."""
    if active(Kind.SITE) is not None:
        return None
    query = select(ClassifierVersion).where(ClassifierVersion.withdrawn_at.is_not(None))
    rows = db.session.scalars(query.order_by(ClassifierVersion.withdrawn_at.desc()))
    return next((row for row in rows if row.metrics.get("to_replace")), None)


def _promote(version: str, now: datetime, by: int | None) -> None:
    named = select(ClassifierVersion).where(ClassifierVersion.version == version)
    row = db.session.scalars(named.where(ClassifierVersion.kind == Kind.SITE)).first()
    if row is None:
        raise NotFound("There is no such version of the site's classifier.")
    _refuse_unless_usable(row)
    step_up(row)
    _note(PROMOTED, version, now, by, is_by_hand=True)


def _before(current: ClassifierVersion) -> str | None:
    earlier = db.session.scalars(
        select(ClassifierVersion)
        .where(ClassifierVersion.kind == Kind.SITE, ClassifierVersion.id < current.id)
        .where(ClassifierVersion.artefact.is_not(None))
        .order_by(ClassifierVersion.id.desc())
    )
    base = current.metrics.get("base")
    return next((row.version for row in earlier if row.metrics.get("base") == base), None)


def _refuse_unless_usable(row: ClassifierVersion) -> None:
    base = active(Kind.BASE)
    if row.withdrawn_at is not None:
        raise Refused(
            "This version had learned from a comment that was erased since: it cannot be gone back to."
        )
    if row.artefact is None:
        raise Refused("This version was refused when it was learned: it was never in use.")
    if base is None or row.metrics.get("base") != base.version:
        raise Refused("This version corrects another base than the one in use.")


def _stored(version: str, kind: Kind, artefact: bytes | None, now: datetime) -> ClassifierVersion:
    row = db.session.scalars(select(ClassifierVersion).where(ClassifierVersion.version == version)).first()
    if row is None:
        row = ClassifierVersion(
            version=version, kind=kind, created_at=now, hold_threshold=0, spam_threshold=0
        )
        db.session.add(row)
    if artefact is not None or row.artefact is None:
        row.artefact, row.sha256 = artefact, hashlib.sha256(artefact or b"").hexdigest()
    return row


def _note(kind: str, version: str, now: datetime, by: int | None, *, is_by_hand: bool = False) -> None:
    detail: dict[str, Any] = {"version": version}
    if is_by_hand:
        detail |= {"by_hand": True} if by else {"by_hand": True, "via": "command line"}
    db.session.add(Event(happened_at=now, moderator_id=by, kind=kind, detail=detail))
