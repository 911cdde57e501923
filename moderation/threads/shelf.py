"""A shelf for what is rendered already."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable


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
