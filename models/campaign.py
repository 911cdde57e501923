"""Campaigns: comments by one hand, found as they arrive, and the sketches by which they are found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from models.db import Base, Moment, only

FEWEST = 3
"""From so many comments that wait on, what is alike is shown as one campaign."""


class Campaign(Base):
    """Comments that are alike. It holds nothing of what they say; one that was found to be part of another stays
    and names it, so that its address leads on.

    `size` and `waiting` are kept by the transactions that change them: how many belong to it, and how many of these
    wait. Those taken out by a person count for neither.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        Index(
            "ix_campaign_waiting",
            "waiting",
            "id",
            **only("waiting >= 3"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    found_at: Mapped[datetime] = mapped_column(Moment)
    latest_at: Mapped[datetime] = mapped_column(Moment)
    size: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))


class Likeness(Base):
    """What one comment is alike to. The sketch goes with the text it was made from, and after a time by itself.

    Attributes
    ----------
    waits
        Whether the comment is held: kept here, so that what waits of a campaign is one stretch of an index.
    version
        The comment's, where it waits: what a decision on all that wait has to name stands in that stretch, too.
    taken_out
        Whether a person said that it does not belong to its campaign.
    sketch
        Hashes of the text's telling words, see `moderation.spam.likeness`.
    """

    __tablename__ = "likeness"
    __table_args__ = (
        Index(
            "ix_likeness_members",
            "campaign_id",
            "taken_out",
            "waits",
            "comment_id",
            "version",
            **only("campaign_id IS NOT NULL"),
        ),
        Index(
            "ix_likeness_sketched",
            "comment_id",
            **only("sketch IS NOT NULL"),
        ),
    )

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    waits: Mapped[bool]
    version: Mapped[int] = mapped_column(server_default="1")
    taken_out: Mapped[bool] = mapped_column(default=False)
    sketch: Mapped[bytes | None] = mapped_column(LargeBinary)


class LikenessPlace(Base):
    """Where texts that may be alike meet: of each place the latest few comments. Goes with the sketch.

    A few slots a place and not a list, so that what an arrival costs does not grow with what came before. No foreign
    key: a row is overwritten by whoever comes next, and one that names nobody finds nothing.
    """

    __tablename__ = "likeness_place"
    __table_args__ = ({"sqlite_with_rowid": False},)

    place: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    comment_id: Mapped[int]
