"""The installation's own memory: what happened, what was set, who sweeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment


class Event(Base):
    """Anything but decisions that is worth a trail: signing in, a setting changed, an address revealed.

    Append-only. `detail` names things by id and never holds an address or a network; kept like decisions.
    """

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_kind", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(Moment)
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderator.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


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
