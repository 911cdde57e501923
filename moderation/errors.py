"""Everything that can go wrong, as one family. The web answers each with its status and its sentence.

GatepostError
├── BadInput 400            bytes that are no text, a request that makes no sense
│   └── FormFaults 422      fields that need mending; knows which, and why
├── Refused 403             a request from elsewhere, a role that is not enough
│   ├── ArticleClosed 403
│   └── ParentUnavailable 403
├── SignInNeeded 401
│   └── SignInRefused 401   name and password do not go together; never says which is wrong
│       ├── CodeRefused 401     the second step's code is wrong
│       ├── StepOver 401        the second step took too long, or too many tries
│       └── PasskeyRefused 401  the passkey is not known here, or did not prove itself
├── NotFound 404
├── Gone 410                a comment that its author may no longer see
│   ├── AddressGone 410     an address that was forgotten, or that opens no more
│   └── InvitationOver 410  an invitation that ran out, was used, or was taken back
├── TooLarge 413            more than any comment could be
├── Duplicate 409           the same words were said before
├── Stale 409               somebody else decided first; knows who and what
├── TooMany 429             knows in how many seconds to try again
├── Unavailable 503         the database is busy or away; nothing was stored
└── SealBroken 500          a sealed address that does not open: wrong key, wrong row, or changed bytes
Misconfigured               stops the start with one clear sentence; never reaches the web
└── Damaged                 a backup, or the file of a database, that is not whole
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that needs mending, with a sentence that says how. The sentence never repeats the input."""

    field: str
    sentence: str


class GatepostError(Exception):
    """The root: `status` is the HTTP status, `title` and `sentence` are for people."""

    status = 500
    title = "Something went wrong"
    sentence = "That did not work. Please try again."

    def __init__(self, sentence: str | None = None) -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class BadInput(GatepostError):
    """What arrived is no text, or makes no sense."""

    status = 400
    title = "That could not be read"
    sentence = "The request holds something that is not text. Nothing was stored."


class FormFaults(BadInput):
    """Fields that need mending."""

    status = 422
    title = "Please check the form"
    sentence = "Something in the form needs another look. Nothing was stored yet."

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__()


class Refused(GatepostError):
    """The request is understood, and not allowed."""

    status = 403
    title = "Not allowed"
    sentence = "This is not allowed from here."


class ArticleClosed(Refused):
    """The article takes no more comments."""

    title = "Comments are closed"
    sentence = "This article takes no more comments."


class ParentUnavailable(Refused):
    """The comment that was to be answered is not there to be answered."""

    title = "That comment cannot be answered"
    sentence = "The comment you are answering is no longer there. You can still post yours as a new comment."


class SignInNeeded(GatepostError):
    """Nobody is signed in."""

    status = 401
    title = "Please sign in"
    sentence = "This page is for moderators."


class SignInRefused(SignInNeeded):
    """Name and password do not go together, or the account is disabled. Which of these, nobody is told."""

    title = "That did not work"
    sentence = "This name and password do not go together. Please check both and try again."


class CodeRefused(SignInRefused):
    """The second step's code is wrong, or was used before."""

    sentence = "This code is not right, or was used before. Please type the one that is shown now."


class StepOver(SignInRefused):
    """The second step took too long, or too many wrong codes were tried."""

    title = "Please begin again"
    sentence = "This took too long, or too many codes were tried. Please sign in anew."


class PasskeyRefused(SignInRefused):
    """The passkey is not known here, or did not prove itself."""

    sentence = "This passkey is not known here. Please sign in with your name and password."


class NotFound(GatepostError):
    """There is no such page."""

    status = 404
    title = "Page not found"
    sentence = "There is nothing at this address. It may have moved, or it was never here."


class Gone(GatepostError):
    """The comment was there, and its author knows it; a moderator decided against it."""

    status = 410
    title = "This comment was not published"
    sentence = "A moderator read it and decided not to publish it."


class AddressGone(Gone):
    """There is no address to reveal."""

    title = "There is no address"
    sentence = "The address of this comment was forgotten, or none was given."


class InvitationOver(Gone):
    """The invitation holds no longer."""

    title = "This invitation is over"
    sentence = "It ran out, was used, or was taken back. Please ask for a new one."


class Duplicate(GatepostError):
    """The same words by the same name stand under this article already."""

    status = 409
    title = "You said that already"
    sentence = "The same comment was posted here before, so it was not stored a second time."


class Stale(GatepostError):
    """Somebody else was first.

    Attributes
    ----------
    comment_id, decided_by, status_now
        Which comment, whose decision or text it is that stands, and what its status is now.
    """

    status = 409
    title = "Somebody was faster"

    def __init__(self, comment_id: int, decided_by: str, status_now: str, *, is_edited: bool = False) -> None:
        self.comment_id, self.decided_by, self.status_now = comment_id, decided_by, status_now
        what = "changed its text" if is_edited else f"made it {status_now}"
        super().__init__(
            f"Comment {comment_id} has changed since you saw it: {decided_by} {what}."
            " Nothing of yours was applied to it."
        )


class TooMany(GatepostError):
    """A limit was reached; `retry_after` is in seconds."""

    status = 429
    title = "A little slower, please"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__("Many requests came from your network. Please wait a moment and send it again.")


class TooLarge(GatepostError):
    """The request is larger than any comment could be."""

    status = 413
    title = "That is too long"
    sentence = "This is more than a comment can hold. Nothing was stored."


class Unavailable(GatepostError):
    """The database is busy or away; `retry_after` is in seconds."""

    status = 503
    title = "Please try again in a moment"
    sentence = (
        "Gatepost cannot store anything just now. Nothing was lost on our side, and nothing was stored."
    )

    def __init__(self, retry_after: int = 5) -> None:
        self.retry_after = retry_after
        super().__init__()


class SealBroken(GatepostError):
    """A sealed address does not open here: its key is gone, it belongs to another comment, or it was changed."""

    sentence = "This address cannot be opened with the keys of this installation."


class Misconfigured(Exception):
    """The installation cannot start as it is; the message says what to change."""


class Damaged(Misconfigured):
    """A backup, or the file of a database, is not whole."""
