"""Whole copies of an installation: a backup while it serves, one put back, and a move to another database."""

from moderation.copies.backup import (
    Backup,
    back_up,
    check,
    copy_between,
    damage_told,
    opened,
    refuse_differences,
)
from moderation.copies.copying import Copied, Progress, is_empty
from moderation.copies.encryption import new_identity
from moderation.copies.placing import Found, is_installation, keep, look, put_in_place
from moderation.copies.returning import Erased, Returned, erased, settle

__all__ = [
    "Backup",
    "Copied",
    "Erased",
    "Found",
    "Progress",
    "Returned",
    "back_up",
    "check",
    "copy_between",
    "damage_told",
    "erased",
    "is_empty",
    "is_installation",
    "keep",
    "look",
    "new_identity",
    "opened",
    "put_in_place",
    "refuse_differences",
    "settle",
]
