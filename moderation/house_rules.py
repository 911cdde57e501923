"""The house rules: a setting with versions, a page that everybody may read, linked at the form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from moderation import versioned
from moderation.errors import Fault, FormFaults

NAME = "house-rules"
"""The setting's name: {"text": what was typed}."""

SAVED = "house rules set"
"""Kind of event."""

LONGEST = 20_000

DEFAULT = """Be welcome, and speak to others as you would across a kitchen table.

Stay with what the article is about. Disagree with what is said, not with who says it.

No threats, no contempt for people because of who they are, nothing private about others, no advertising.

What breaks these rules is taken away. Whoever sees it may report it, with the link below each comment."""


@dataclass(frozen=True, slots=True)
class HouseRules:
    """What is in force; version 0 is what ships."""

    text: str
    version: int
    set_at: datetime | None = None


def in_force() -> HouseRules:
    """The house rules of now."""
    row = versioned.newest(NAME)
    return HouseRules(row.value["text"], row.version, row.set_at) if row else HouseRules(DEFAULT, 0)


def save(text: str, by: int, now: datetime, seen: int | None = None) -> int:
    """Set the house rules; returns the setting's version.

    Parameters
    ----------
    seen
        The version that they were written over; None for whichever is the newest.

    Raises
    ------
    FormFaults
    Refused
        They were changed since that version.
    """
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text or len(text) > LONGEST:
        raise FormFaults([Fault("text", f"Please give rules of {LONGEST:,} characters at most.")])
    return versioned.store(NAME, {"text": text}, SAVED, by, now, latest=seen)


def take_back(version: int, by: int, now: datetime) -> int:
    """Go back to what was in force before this version, which must be the newest; that, too, can be taken back.

    Raises
    ------
    Refused
    """
    before = versioned.before(NAME, version, "house rules")
    text = before.value["text"] if before else DEFAULT
    return versioned.store(NAME, {"text": text}, SAVED, by, now, latest=version)
