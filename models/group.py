"""Group commit: blocks of several threads that are stored, or not, by one COMMIT.

What one comment changes of the file many others change as well, and the disk takes as long to be sure of several as
of one. Where the disk takes long, who is done waits for a few milliseconds at most, as long as others come who write,
and nobody is told that anything is stored before all of it is.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

DEAR_SECONDS = 0.002
"""From so long a COMMIT on it pays to wait for others: below, handing Python from thread to thread costs more."""

WAIT_SECONDS = 0.005
"""So long a block that is done waits for others to be stored with it."""


class Group:
    """Blocks of one transaction; `size` is how many of them are done."""

    def __init__(self) -> None:
        self.size = 0
        self.ended = Event()
        self._error: Callable[[], BaseException] | None = None

    def end(self, error: Callable[[], BaseException] | None = None) -> None:
        """Say that the transaction has ended: everything is stored, or nothing because of such an error."""
        self._error = error
        self.ended.set()

    def tell(self) -> None:
        """Return if what the blocks wrote is stored.

        Raises
        ------
        sqlalchemy.exc.DBAPIError
            It is not.
        """
        if self._error is not None:
            raise self._error()
