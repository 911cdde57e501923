"""Where Flask-Limiter counts while one process serves: the moments of each key, in memory.

The library's own store starts a thread after a hit, which goes through the keys of all networks; on a busy day these
are thousands. Here a hit costs the same however many there are, and what is long over is forgotten by halves.
"""

from __future__ import annotations

import threading
import time

from limits.storage import MovingWindowSupport, Storage

SCHEME = "moments"
"""Its address, as settings of the library have it, is `moments://`."""

_FEWEST_TO_TIDY = 4096


class Moments(Storage, MovingWindowSupport):
    """Counts in a moving window, and in no other way."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012  the library's own declaration

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._times: dict[str, tuple[int, list[float]]] = {}
        self._until_tidy = _FEWEST_TO_TIDY
        self._lock = threading.Lock()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count so many, if all of them are within the limit."""
        now = time.time()
        with self._lock:
            _, times = self._times.setdefault(key, (expiry, []))
            while times and times[0] < now - expiry:
                del times[0]
            while times and times[-1] > now + expiry:  # the clock was ahead, and is right again
                times.pop()
            if len(times) + amount > limit:
                return False
            times.extend([now] * amount)
            if len(self._times) >= self._until_tidy:
                self._tidy(now)
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        """When the oldest one within the window was counted, and how many there are."""
        now = time.time()
        with self._lock:
            _, times = self._times.get(key, (expiry, []))
            within = [each for each in times if now - expiry <= each <= now + expiry]
        return (within[0], len(within)) if within else (now, 0)

    def check(self) -> bool:
        """It answers."""
        return True

    def reset(self) -> int:
        """Forget everything; returns how many keys there were."""
        with self._lock:
            count = len(self._times)
            self._times.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget one key."""
        with self._lock:
            self._times.pop(key, None)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong where counting goes over a network: nothing here."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Of fixed windows; not counted here."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """Of fixed windows; not counted here."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Of fixed windows; not counted here."""
        raise NotImplementedError

    def _tidy(self, now: float) -> None:
        """Forget whoever was not heard of for long; the next time comes when there are twice as many as are left."""
        self._times = {
            key: (expiry, times)
            for key, (expiry, times) in self._times.items()
            if times and times[-1] > now - expiry
        }
        self._until_tidy = max(_FEWEST_TO_TIDY, 2 * len(self._times))
