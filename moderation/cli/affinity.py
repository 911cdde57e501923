"""The core that the threads that answer share; the background and what it starts have all of them.

One thread runs Python at a time, and handing that on from core to core costs more than a small answer: with eight
connections, two cores gave 240 answers 304 a second where one gave 660. What works without Python, as the disk does
for a comment, can be done on another core while the next answer is made on this one.
"""

from __future__ import annotations

import os
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Core:
    """One of those that the process may use; nothing on systems where threads cannot choose, as on macOS.

    Parameters
    ----------
    port
        Where the server listens.
    """

    def __init__(self, port: int = 0) -> None:
        # Servers of one host at neighbouring ports get cores of their own; containers, all at one port, by chance.
        self._number = port + zlib.crc32(socket.gethostname().encode())
        self._own: frozenset[int] = frozenset()
        self._others: frozenset[int] = frozenset()

    def share(self) -> None:
        """Bring the threads that answer together on it."""
        if not hasattr(os, "sched_setaffinity"):
            return
        all_cores = sorted(os.sched_getaffinity(0))
        self._own = frozenset({all_cores[self._number % len(all_cores)]})
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
