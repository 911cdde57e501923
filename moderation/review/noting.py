"""Notes that moderators write for each other on a comment. No reader ever sees one, and no address stands in one."""

from __future__ import annotations

from datetime import datetime

from models import Note, writing
from moderation import privacy
from moderation.errors import Fault, FormFaults, NotFound, Refused
from moderation.review.deciding import seen_now
from moderation.review.values import LARGEST_ID
from moderation.vocabulary import Status

LONGEST = 2_000
"""Characters a note may have."""


def note(comment_id: int, moderator_id: int, words: str, now: datetime) -> int:
    """Write a note; returns its id.

    Raises
    ------
    NotFound, FormFaults
    """
    words = "".join(
        each for each in words.replace("\r\n", "\n") if each in "\n\t" or each.isprintable()
    ).strip()
    if not words:
        raise FormFaults([Fault("words", "Please write something.")])
    if len(words) > LONGEST:
        raise FormFaults([Fault("words", f"This is too long: {LONGEST:,} characters are the most.")])
    with writing() as session:
        row_now = (
            seen_now([comment_id], for_update=True).get(comment_id) if 0 < comment_id <= LARGEST_ID else None
        )
        if row_now is None or row_now.status is Status.ERASED:
            raise NotFound("There is no such comment, or its words are gone.")
        row = Note(comment_id=comment_id, moderator_id=moderator_id, words=privacy.mask_addresses(words))
        row.written_at = now
        session.add(row)
        session.flush()
        return row.id


def take_back(note_id: int, moderator_id: int, now: datetime) -> int:
    """Take one's own note back; returns the comment it was on.

    Raises
    ------
    NotFound
        There is no such note.
    Refused
        It is somebody else's.
    """
    with writing() as session:
        row = session.get(Note, note_id, populate_existing=True) if 0 < note_id <= LARGEST_ID else None
        if row is None:
            raise NotFound("There is no such note.")
        if row.moderator_id != moderator_id:
            raise Refused("This note is somebody else’s.")
        row.taken_back_at = row.taken_back_at or now
        return row.comment_id
