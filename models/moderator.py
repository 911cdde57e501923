"""The people at the desk: accounts, sessions, second factors, and tickets for what is half done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment, word
from moderation.vocabulary import Role


class Moderator(Base):
    """An account at the desk. Never deleted, since decisions name it; a disabled one cannot sign in."""

    __tablename__ = "moderator"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(60), unique=True)  # casefolded: what is compared
    role: Mapped[Role] = mapped_column(word(Role))
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)


class Session(Base):
    """A signed-in browser. The cookie's token is kept only as a digest; the row goes a day after it ended.

    Attributes
    ----------
    method
        How its owner proved to be who they are, in words.
    agent
        The browser in two words of ours, such as "Firefox on Linux"; never what it says of itself.
    """

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id"), index=True)
    network_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    started_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    method: Mapped[str] = mapped_column(String(40), default="")
    agent: Mapped[str] = mapped_column(String(40), default="")


class Credential(Base):
    """A second factor of an account: an authenticator app, a passkey, or one recovery code. Goes when taken off.

    Attributes
    ----------
    kind
        authenticator, passkey or recovery.
    handle
        SHA-256 of a passkey's id or of a recovery code, by which it is found; both are too random to be guessed.
    sealed_secret, key_id
        The authenticator's secret or the passkey's public key, sealed for exactly this row; none for a code.
    counter
        The authenticator's last used step of thirty seconds, or the passkey's count of signatures: neither goes back.
    """

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(primary_key=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("moderator.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(60), default="")
    handle: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None] = mapped_column(String(32))
    counter: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class Ticket(Base):
    """Something half done that whoever holds the token may finish in time: an invitation, a second step.

    The token is kept only as a digest, and finishes its purpose once. The row goes a day after it ran out.

    Attributes
    ----------
    tries
        How often it was presented with something wrong.
    detail
        What it is for, by words of ours: a role, the name of an account to be made.
    """

    __tablename__ = "ticket"
    __table_args__ = (Index("ix_ticket_purpose", "purpose", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    purpose: Mapped[str] = mapped_column(String(20))
    moderator_id: Mapped[int | None] = mapped_column(ForeignKey("moderator.id"), index=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("moderator.id"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None] = mapped_column(String(32))
    tries: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
