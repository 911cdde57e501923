"""Whose turn it is to write: one thread of the process at a time, and few enough wait that readers find one free.

SQLite has one writer. Its own busy handler is unfair under load, so writers line up here first. When somebody
outside holds the file's lock, all who write have to wait; were every thread among them, nobody would be left to show
a page. So only some may wait for long; whoever comes on top of them gives up soon and is told to come again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import TimeoutError as WaitedTooLong

WAIT_SECONDS = 5.0
"""How long a writer waits for its turn and for the database together, before it says so."""

SHORTLY = 0.25
"""Seconds that those wait who come when enough are waiting already: many times what a turn takes."""


class Turns:
    """A line of writers; `places` is how many of them may wait for long, the one who writes included."""

    def __init__(self, places: int = 3) -> None:
        self.places = places
        self._in_line = 0
        self._counting, self._writing = threading.Lock(), threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[float]:
        """It is the block's turn; gives the seconds that are left to wait for the database.

        Raises
        ------
        sqlalchemy.exc.TimeoutError
            The ones before did not finish in time.
        """
        patience, begin = self._lined_up(), time.monotonic()
        try:
            if not self._writing.acquire(timeout=patience):
                raise WaitedTooLong("Other writers did not finish in time.")
            try:
                yield max(SHORTLY, patience - (time.monotonic() - begin))
            finally:
                self._writing.release()
        finally:
            with self._counting:
                self._in_line -= 1

    def _lined_up(self) -> float:
        with self._counting:
            self._in_line += 1
            return WAIT_SECONDS if self._in_line <= self.places else SHORTLY
