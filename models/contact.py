"""Contacts: the only table that knows anything of how to reach a reader, all of it sealed or keyed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, case, literal, or_
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment, only


class Contact(Base):
    """What came with a comment: sealed address, keyed fingerprints of address and network, reader's token.

    Nothing here can be read without the installation's key, and each part has its own day of forgetting,
    after which the sweep empties it: `address_until` (address and its fingerprint), `network_until`,
    `token_until`; empty means as long as the comment stands, or that the sweep has not set the day yet.
    """

    __tablename__ = "contact"
    __table_args__ = (
        # Few readers have a token, and an address gets its day later, by a sweep: what has none is not looked for.
        *(
            Index(
                f"ix_contact_{name}",
                name,
                **only(f"{name} IS NOT NULL"),
            )
            for name in ("token_fingerprint", "address_until", "token_until")
        ),
        Index(
            "ix_contact_undated",
            "address_until",
            "comment_id",
            **only("address_until IS NULL AND sealed_address IS NOT NULL"),
        ),
    )

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    sealed_address: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None] = mapped_column(String(32), index=True)
    address_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    network_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    token_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    address_until: Mapped[datetime | None] = mapped_column(Moment)
    network_until: Mapped[datetime | None] = mapped_column(Moment, index=True)
    token_until: Mapped[datetime | None] = mapped_column(Moment)

    @classmethod
    def address_no_later_than(cls, day: datetime) -> Any:
        """The day of forgetting the address: this one, where it had none or a later one."""
        is_later = or_(cls.address_until.is_(None), cls.address_until > day)
        return case((is_later, literal(day, Moment())), else_=cls.address_until)
