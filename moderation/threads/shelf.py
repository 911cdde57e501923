"""A shelf for what is rendered already."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime

from sqlalchemy import func, select

from models import Event, db
from moderation.text import canonical


class Shelf:
    """Rendered things, kept by key up to a number of characters; what was not asked for longest goes first."""

    def __init__(self, room: int = 32_000_000) -> None:
        self.room = room
        self._taken = 0
        self._kept: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> str | None:
        """What is kept under the key, if anything."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, rendered: str) -> str:
        """Keep it, and hand it back."""
        with self._lock:
            self._taken += len(rendered) - len(self._kept.pop(key, ""))
            self._kept[key] = rendered
            while self._taken > self.room:
                self._taken -= len(self._kept.popitem(last=False)[1])
        return rendered

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
            self._seen = newest
        return 0


ERASED = "comments erased"
"""Kind of event that tells of an erasing."""
