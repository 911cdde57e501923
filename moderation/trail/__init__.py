"""The trail: decisions and events together, what each says, and a chain that shows what was changed."""

from __future__ import annotations

from moderation.trail.chain import Broken, Noted, Verified, chain_due, verify
from moderation.trail.entries import Entry, TrailPage, Wish, every, page
from moderation.trail.refusals import note_refusal
from moderation.trail.retention import forget_sign_ins
from moderation.trail.sheet import as_csv, as_json
from moderation.trail.words import GROUPS

__all__ = [
    "GROUPS",
    "Broken",
    "Entry",
    "Noted",
    "TrailPage",
    "Verified",
    "Wish",
    "as_csv",
    "as_json",
    "chain_due",
    "every",
    "forget_sign_ins",
    "note_refusal",
    "page",
    "verify",
]
