"""What became of the last attempt to store something in this process; `/readyz` and the desk tell it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as WaitedTooLong

READ_ONLY = "the database can only be read"

_WHY = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_BUSY": "somebody else holds the database's lock",
    "SQLITE_LOCKED": "somebody else holds the database's lock",
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_IOERR": "the disk refuses",
    "SQLITE_CANTOPEN": "the file cannot be opened",
    "25006": READ_ONLY,
    "53100": "the disk is full",
    "55P03": "somebody else holds a lock",
    "40P01": "two who wrote waited for each other",
    "57014": "the database gave up waiting",
}
"""By SQLite's names of errors, as far as the second underscore, and by the codes of the SQL standard."""


class Trouble(NamedTuple):
    """Why nothing could be stored, and since when."""

    why: str
    since: datetime


class Storing:
    """Noted by whoever writes: the next success forgets what was wrong."""

    trouble: Trouble | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the database can only be read: its connections stay as they were opened, so none is kept."""
        return self.trouble is not None and self.trouble.why == READ_ONLY

    def failed(self, error: Exception) -> None:
        """Nothing was stored. Who waited behind others does not know why they wait."""
        if self.trouble is None:
            self.trouble = Trouble(why_not(error), datetime.now(UTC))
        elif not isinstance(error, WaitedTooLong):
            self.trouble = Trouble(why_not(error), self.trouble.since)


storing = Storing()
"""Of this process."""


def why_not(error: Exception, otherwise: str = "the database does not answer") -> str:
    """Why nothing could be stored, in words that hold no value of any row and no address of the database."""
    if isinstance(error, WaitedTooLong):
        return "others wait to write already"
    driver = error.orig if isinstance(error, DBAPIError) else error
    code = str(getattr(driver, "sqlite_errorname", None) or getattr(driver, "sqlstate", None) or "")
    return _WHY.get("_".join(code.split("_")[:2]), otherwise)


def is_passing(error: Exception) -> bool:
    """Whether the database could not do it, rather than would not: the same may go well in a moment."""
    if isinstance(error, WaitedTooLong):
        return True
    return isinstance(error, DBAPIError) and (
        type(error).__name__ in {"OperationalError", "InterfaceError"} or why_not(error) == READ_ONLY
    )
