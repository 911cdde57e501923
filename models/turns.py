"""Whose turn it is to write: one thread of the process at a time, and few enough wait that readers find one free.

SQLite has one writer. Its own busy handler is unfair under load, so writers line up here first. When somebody
outside holds the file's lock, all who write have to wait; were every thread among them, nobody would be left to show
a page. So only some may wait to the end; whoever comes on top of them gives up when the line does not move.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy.exc import TimeoutError as WaitedTooLong

WAIT_SECONDS = 5.0
"""How long a writer waits for its turn and for the database together, before it says so."""

STALLED_SECONDS = 1.0
"""A turn that takes so long is waiting for somebody outside; whoever is one too many waits no longer then."""

_SHORTEST = 0.25
_LEAST_PATIENCE = 1.0
"""What is left for a turn however long the request has taken: a long one may write several times."""


class Turns:
    """A line of writers; `places` is how many of them may wait to the end, the one who writes included.

    A server says what a thread does while it waits (`resting`) and while the disk works for it (`committing`), since
    when its client has waited (`came`), and whether somebody who writes comes next (`others_come`).
    """

    def __init__(self, places: int = 3) -> None:
        self.places = places
        self.resting: Callable[[], AbstractContextManager[None]] = nullcontext
        self.committing: Callable[[], AbstractContextManager[None]] = nullcontext
        self.came: Callable[[], float] = time.monotonic
        self.others_come: Callable[[], bool] = bool
        self._in_line, self._waiting, self._began = 0, 0, 0.0
        self._counting, self._writing = threading.Lock(), threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[float]:
        """It is the block's turn; gives the seconds that are left to wait for the database.

        Raises
        ------
        sqlalchemy.exc.TimeoutError
            The ones before did not finish in time.
        """
        end = max(self.came() + WAIT_SECONDS, time.monotonic() + _LEAST_PATIENCE)
        with self._line() as is_one_too_many:
            if not self._waited(end, is_one_too_many):
                raise WaitedTooLong("Other writers did not finish in time.")
            try:
                self._began = time.monotonic()
                yield max(_SHORTEST, end - self._began)
            finally:
                self._began = time.monotonic()  # of the next turn, at the earliest
                self._writing.release()

    @contextmanager
    def unless_taken(self) -> Iterator[bool]:
        """Whether nobody writes; nobody begins to while the block lasts."""
        is_free = self._writing.acquire(blocking=False)
        try:
            yield is_free
        finally:
            if is_free:
                self._writing.release()

    def goes_on(self, done: int) -> bool:
        """Whether so many who are done wait for one more: somebody comes, and a thread is left for readers."""
        return 0 < done < self.places and (self._waiting > 0 or self.others_come())

    def wait_for(self, ended: threading.Event, seconds: float, end: Callable[[], None]) -> None:
        """Wait until a transaction that others go on with has ended; as soon as they leave it for so long, end it."""
        if ended.is_set():
            return
        with self._line(), self.resting():
            while not ended.wait(seconds):
                with self.unless_taken() as is_free:
                    if is_free:
                        end()

    @contextmanager
    def _line(self) -> Iterator[bool]:
        """Stand in the line while the block lasts; gives whether that is one too many."""
        with self._counting:
            self._in_line += 1
            is_one_too_many = self._in_line > self.places
        try:
            yield is_one_too_many
        finally:
            with self._counting:
                self._in_line -= 1

    def _waited(self, end: float, is_one_too_many: bool) -> bool:
        """Whether it is our turn now; who is one too many goes on waiting as long as the line moves."""
        if self._writing.acquire(blocking=False):
            return True
        with self.resting():
            with self._counting:
                self._waiting += 1
            try:
                return self._waited_long(end, is_one_too_many)
            finally:
                with self._counting:
                    self._waiting -= 1

    def _waited_long(self, end: float, is_one_too_many: bool) -> bool:
        while (now := time.monotonic()) < (until := self._until(end, is_one_too_many)):
            if self._writing.acquire(timeout=until - now):
                return True
        return False

    def _until(self, end: float, is_one_too_many: bool) -> float:
        return min(end, self._began + STALLED_SECONDS) if is_one_too_many else end
