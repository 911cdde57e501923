"""A shelf for what is rendered already."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime

from sqlalchemy import func, select

from models import Event, db
from moderation.text import canonical, words


class Shelf:
    """Rendered things as bytes, kept by name up to `room` bytes; what was not asked for longest goes first.

    Of one name the latest version alone is kept: nobody asks for a page as it was before the last comment.
    """

    def __init__(self, room: int = 24_000_000) -> None:
        self.room = room
        self._taken = 0
        self._kept: OrderedDict[Hashable, tuple[Hashable, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: Hashable, version: Hashable) -> bytes | None:
        """What is kept under the name, if it is of that version."""
        with self._lock:
            found, rendered = self._kept.get(name, (None, b""))
            if found != version:
                return None
            self._kept.move_to_end(name)
            return rendered

    def put(self, name: Hashable, version: Hashable, content: bytes) -> bytes:
        """Keep it, and hand it back."""
        with self._lock:
            _, before = self._kept.pop(name, (None, b""))
            self._taken += len(content) - len(before)
            self._kept[name] = (version, content)
            while self._taken > self.room:
                _, (_, dropped) = self._kept.popitem(last=False)
                self._taken -= len(dropped)
        return content

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._kept.clear()
            self._taken = 0


class ErasedPages:
    """Drops what is rendered once something was erased, by whichever process: nobody asks for it, yet it lies."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._seen = shelf, 0

    def drop(self, _now: datetime) -> int:
        """Look whether there was an erasing since the last look; returns 0."""
        newest = db.session.scalar(select(func.max(Event.id)).where(Event.kind == ERASED)) or 0
        db.session.rollback()
        if newest > self._seen:
            self._shelf.clear()
            canonical.cache_clear()
            words.cache_clear()
            self._seen = newest
        return 0


ERASED = "comments erased"
"""Kind of event that tells of an erasing."""
