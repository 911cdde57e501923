"""What is seen to when a copy of earlier becomes the installation: nobody is signed in, the erased stay erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from models import Claim, Comment, Contact, Event, Lease, Session, Ticket, db, writing
from moderation import rights
from moderation.privacy import Vault
from moderation.vocabulary import Status

RESTORED = "backup restored"
"""Kind of event."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What was found and done.

    Attributes
    ----------
    erased
        Comments that were erased after the copy was made, and are now erased again.
    unreadable
        Addresses that are sealed under a root key which this installation does not have.
    """

    comments: int
    erased: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left of a comment that was erased, by which it is known in an earlier copy of the same installation.

    Other installations, and one that went on from a backup, give the same numbers to other comments.
    """

    number: int
    article: int
    arrived_at: datetime


def erased() -> list[Erased] | None:
    """The comments that are erased in the database at hand; None where it holds no comment, and can tell of none."""
    if db.session.scalar(select(Comment.id).limit(1)) is None:
        return None
    rows = db.session.execute(select(*_KNOWN_BY).where(Comment.status == Status.ERASED))
    return [Erased(*row) for row in rows]


_KNOWN_BY = (Comment.id, Comment.article_id, Comment.arrived_at)


def settle(erased_since: Sequence[Erased], vault: Vault, now: datetime) -> Returned:
    """See the module.

    Parameters
    ----------
    erased_since
        What was erased in the database that the copy took the place of; those erased in the copy, too, do no harm.
    """
    with writing() as session:
        for table in (Session, Ticket, Claim, Lease):
            session.execute(delete(table))
        session.add(Event(happened_at=now, kind=RESTORED, detail={}))
    again = rights.erase(_back_again(erased_since), now, "erased before a backup came back")
    keys = [vault.key_id, *vault.former_key_ids]
    unreadable = select(func.count()).where(Contact.key_id.is_not(None), Contact.key_id.not_in(keys))
    return Returned(
        comments=db.session.scalar(select(func.count()).select_from(Comment)) or 0,
        erased=len(again.comments),
        unreadable=db.session.scalar(unreadable) or 0,
    )


def _back_again(erased_since: Sequence[Erased]) -> list[int]:
    wanted = set(erased_since)
    rows = db.session.execute(select(*_KNOWN_BY).where(Comment.status != Status.ERASED)) if wanted else ()
    return [row.id for row in rows if Erased(*row) in wanted]
