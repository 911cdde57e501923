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


def erased() -> list[int]:
    """Numbers of the comments that are erased in the database at hand."""
    return list(db.session.scalars(select(Comment.id).where(Comment.status == Status.ERASED)))


def settle(erased_since: Sequence[int], vault: Vault, now: datetime) -> Returned:
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
    still_there = select(Comment.id).where(Comment.id.in_(erased_since), Comment.status != Status.ERASED)
    again = rights.erase(list(db.session.scalars(still_there)), now, "erased before a backup came back")
    keys = [vault.key_id, *vault.former_key_ids]
    unreadable = select(func.count()).where(Contact.key_id.is_not(None), Contact.key_id.not_in(keys))
    return Returned(
        comments=db.session.scalar(select(func.count()).select_from(Comment)) or 0,
        erased=len(again.comments),
        unreadable=db.session.scalar(unreadable) or 0,
    )
