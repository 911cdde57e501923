"""Of several processes one does a piece of background work: the one that holds its lease.

A lease that is not renewed in time is anybody's, so that a process that was killed holds nothing up for long.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, or_, true, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from models import Lease, writing

log = structlog.get_logger("gatepost.leases")

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def taken(name: str, holder: str, now: datetime, length: timedelta, *, from_anybody: bool = False) -> bool:
    """Whether the lease is the holder's now: it was, or it ran out, or nobody ever had it."""
    is_free = true() if from_anybody else or_(Lease.holder == holder, ~is_held(now, length))
    try:
        with writing() as session:
            found = session.scalar(
                update(Lease)
                .where(Lease.name == name, is_free)
                .values(holder=holder, until=now + length)
                .returning(Lease.name)
            )
            if found is None and session.get(Lease, name) is None:
                session.add(Lease(name=name, holder=holder, until=now + length))
                return True
            return found is not None
    except IntegrityError:  # another process took it in the same moment
        return False


def is_held(now: datetime, length: timedelta) -> ColumnElement[bool]:
    """What a lease is that somebody has; one that ends far from now was taken while the clock was wrong."""
    return and_(Lease.until > now, Lease.until <= now + 2 * length)


def handed_on(name: str, holder: str) -> None:
    """Let others have the lease at once; where that cannot be stored, it runs out by itself."""
    try:
        with writing() as session:
            ours = update(Lease).where(Lease.name == name, Lease.holder == holder)
            session.execute(ours.values(until=_LONG_AGO))
    except SQLAlchemyError as error:
        log.warning("the lease was not handed on", kind=type(error).__name__)
