"""An admin may have one address opened, with a reason. The look is in the trail before the address is on the page."""

from __future__ import annotations

from datetime import datetime

from models import Comment, Contact, Event, db, writing
from moderation.errors import AddressGone, Fault, FormFaults, NotFound, SealBroken
from moderation.privacy import Sealed, Vault, has_address

REVEALED = "address revealed"
SHORTEST, LONGEST = 10, 300
LARGEST_ID = 2**31 - 1


def name_of(comment_id: int) -> str:
    """The name that stands at a comment.

    Raises
    ------
    NotFound
    """
    comment = db.session.get(Comment, comment_id) if 0 < comment_id <= LARGEST_ID else None
    if comment is None:
        raise NotFound("There is no such comment.")
    return comment.name


def reveal(vault: Vault, comment_id: int, reason: str, by: int, now: datetime) -> str:
    """The address that was given with a comment.

    Parameters
    ----------
    reason
        Why it is looked at, in a sentence without addresses; it stays in the trail.

    Raises
    ------
    NotFound
        There is no such comment.
    FormFaults
        The reason says too little, too much, or holds an address itself.
    AddressGone
        None was given, it was forgotten, or it does not open. That somebody asked is in the trail all the same.
    """
    name_of(comment_id)
    reason = " ".join(reason.split())
    if fault := _fault(reason):
        raise FormFaults([Fault("reason", fault)])
    with writing() as session:
        contact = session.get(Contact, comment_id, populate_existing=True)
        detail = {"comment": comment_id, "reason": reason}
        session.add(Event(happened_at=now, moderator_id=by, kind=REVEALED, detail=detail))
    if contact is None or contact.sealed_address is None or contact.key_id is None:
        raise AddressGone
    try:
        return vault.open(Sealed(contact.key_id, contact.sealed_address), f"comment:{comment_id}")
    except SealBroken:
        raise AddressGone("The address does not open with the keys of this installation.") from None


def _fault(reason: str) -> str | None:
    if len(reason) < SHORTEST:
        return f"Please say in a few words why: at least {SHORTEST} characters."
    if len(reason) > LONGEST:
        return f"A reason may have {LONGEST} characters at most."
    if has_address(reason):
        return "This holds an email address, which is not kept in clear. Please leave it out."
    return None
