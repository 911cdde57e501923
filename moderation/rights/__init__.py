"""What a person may ask for: what is kept of them, that it be erased, and that nothing outlives what was said."""

from moderation.rights.classes import Class
from moderation.rights.emptying import empty
from moderation.rights.erasing import Line, Receipt, erase
from moderation.rights.holdings import Asked, Holding, comments_of, held_with
from moderation.rights.promise import Kept, kept
from moderation.rights.residue import Scrubbed, copies_beside, is_due, scrub, scrub_small
from moderation.rights.retention import classes, date_addresses, forget_due
from moderation.rights.rotating import Rotated, left, recognised_until, rotate, shut
from moderation.rights.tables import TREATED
from moderation.rights.telling import export

__all__ = [
    "TREATED",
    "Asked",
    "Class",
    "Holding",
    "Kept",
    "Line",
    "Receipt",
    "Rotated",
    "Scrubbed",
    "classes",
    "comments_of",
    "copies_beside",
    "date_addresses",
    "empty",
    "erase",
    "export",
    "forget_due",
    "held_with",
    "is_due",
    "kept",
    "left",
    "recognised_until",
    "rotate",
    "scrub",
    "scrub_small",
    "shut",
]
