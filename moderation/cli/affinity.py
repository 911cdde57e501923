"""The core that the threads that answer share; the background and what it starts have all of them.

One thread runs Python at a time, and handing that on from core to core costs more than a small answer: with eight
connections, two cores gave 240 answers 304 a second where one gave 660. What works without Python, as the disk does
for a comment, is done on another core, while the next answer is made on this one.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Core:
    """One of those that the process may use; nothing on systems where threads cannot choose, as on macOS."""

    def __init__(self) -> None:
        self._own: frozenset[int] = frozenset()
        self._others: frozenset[int] = frozenset()

    def share(self) -> None:
        """Bring the threads that answer together on it; several servers of a host choose several."""
        if not hasattr(os, "sched_setaffinity"):
            return
        all_cores = os.sched_getaffinity(0)
        self._own = frozenset({random.choice(sorted(all_cores))})  # noqa: S311
        self._others = frozenset(all_cores) - self._own
        for thread in threading.enumerate():
            if thread.native_id and (thread is threading.main_thread() or thread.name.startswith("waitress")):
                _move(thread.native_id, self._own)

    @contextmanager
    def left(self) -> Iterator[None]:
        """This thread leaves it to the others while the block works without Python."""
        _move(0, self._others)
        try:
            yield
        finally:
            _move(0, self._own)


def _move(thread: int, cores: frozenset[int]) -> None:
    if cores:
        with suppress(OSError):  # a container may forbid it
            os.sched_setaffinity(thread, cores)
