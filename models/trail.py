"""The installation's own memory: what happened, what was set, who sweeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment


class Event(Base):
    """Anything but decisions that is worth a trail: signing in, a setting changed, an address revealed.

    Append-only. `detail` names things by id and never holds an address or a network; kept like decisions, but for
    comings and goings, which retention removes.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_kind", "kind", "id"),
        Index("ix_event_when", "happened_at", "id"),
        Index("ix_event_whose", "moderator_id", "happened_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(Moment)
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderator.id"))
    kind: Mapped[str] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class TrailLink(Base):
    """One link of the chain over events and decisions: each binds its entry to all links before it.

    Never deleted. What retention removes leaves its link, with the day of the removal.

    Attributes
    ----------
    kind, entry_id
        Which entry it binds: "event" or "decision", and its id.
    what, at
        The entry's own kind and time, which outlive it.
    entry_digest
        SHA-256 over the entry's columns without personal data.
    digest
        SHA-256 over the digest of the link before and everything in this one.
    """

    __tablename__ = "trail_link"
    __table_args__ = (UniqueConstraint("kind", "entry_id"),)

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    entry_id: Mapped[int]
    what: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Moment)
    entry_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    removed_at: Mapped[datetime | None] = mapped_column(Moment)


class Setting(Base):
    """A setting changed while running: one row a version, the highest is in force. Append-only and kept."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderator.id"))
    set_at: Mapped[datetime] = mapped_column(Moment)


class Lease(Base):
    """Which process does a piece of background work; a lease not renewed in time is anybody's."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime] = mapped_column(Moment)
