"""How often one network may do a thing.

Counted in memory while one process serves, in Redis (by the `limits` library) where several share it; should Redis
go away, each process counts for itself rather than not at all. Keys are fingerprints: no network address is stored.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Protocol, TypeVar

import structlog
from flask import Flask, request
from limits import RateLimitItem, parse_many
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from werkzeug.wrappers import Response

from moderation.errors import TooMany
from moderation.parts import parts
from moderation.privacy import network_of

log = structlog.get_logger("gatepost.web")

_REDIS_SECONDS = 0.3
_LOOK_AGAIN_SECONDS = 10
_FEWEST_TO_TIDY = 4096
_View = TypeVar("_View", bound=Callable[..., Response])


def network() -> str:
    """The network (/24 or /64) that the request comes from; forwarded addresses count only from known proxies."""
    return network_of(request.remote_addr or "")


def network_key() -> str:
    """The network's fingerprint, as the key of a limit."""
    return parts().vault.fingerprint_network(network()).hex()[:32]


class Counting(Protocol):
    """Somebody who counts. `wait` is how many seconds pass until the next one is let through."""

    def hit(self, limit: RateLimitItem, scope: str, key: str) -> bool:
        """Count one, if it is within the limit."""

    def wait(self, limit: RateLimitItem, scope: str, key: str) -> float:
        """After a `hit` that was none."""


class InMemory:
    """Counts in a moving window. What a hit costs does not grow with how many others were counted."""

    def __init__(self) -> None:
        self._times: dict[str, tuple[int, deque[float]]] = {}
        self._until_tidy = _FEWEST_TO_TIDY
        self._lock = threading.Lock()

    def hit(self, limit: RateLimitItem, scope: str, key: str) -> bool:
        """Count one, if it is within the limit."""
        now, seconds = time.time(), limit.get_expiry()
        with self._lock:
            _, times = self._times.setdefault(limit.key_for(scope, key), (seconds, deque()))
            while times and times[0] <= now - seconds:
                times.popleft()
            if len(times) >= limit.amount:
                return False
            times.append(now)
            if len(self._times) >= self._until_tidy:
                self._tidy(now)
            return True

    def wait(self, limit: RateLimitItem, scope: str, key: str) -> float:
        """Seconds until the oldest one is out of the window."""
        with self._lock:
            seconds, times = self._times.get(limit.key_for(scope, key), (0, ()))
            return times[0] + seconds - time.time() if times else 0.0

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._times.clear()

    def _tidy(self, now: float) -> None:
        """Forget whoever was not heard of for long; the next time comes when there are twice as many as are left."""
        self._times = {
            key: (seconds, times)
            for key, (seconds, times) in self._times.items()
            if times and times[-1] > now - seconds
        }
        self._until_tidy = max(_FEWEST_TO_TIDY, 2 * len(self._times))


class InRedis:
    """Counts where several processes share it, and by itself while nobody answers there."""

    def __init__(self, url: str, meanwhile: InMemory) -> None:
        options = {"socket_connect_timeout": _REDIS_SECONDS, "socket_timeout": _REDIS_SECONDS}
        storage = storage_from_string(url, **options)
        self._shared, self._meanwhile = MovingWindowRateLimiter(storage), meanwhile
        self._errors, self._away_until = storage.base_exceptions, float("-inf")

    def hit(self, limit: RateLimitItem, scope: str, key: str) -> bool:
        """Count one, if it is within the limit."""
        if time.monotonic() >= self._away_until:
            try:
                return self._shared.hit(limit, scope, key)
            except self._errors as error:
                self._away_until = time.monotonic() + _LOOK_AGAIN_SECONDS
                log.warning("limits are counted by this process alone", kind=type(error).__name__)
        return self._meanwhile.hit(limit, scope, key)

    def wait(self, limit: RateLimitItem, scope: str, key: str) -> float:
        """Seconds until the oldest one is out of the window."""
        if time.monotonic() >= self._away_until:
            try:
                return self._shared.get_window_stats(limit, scope, key).reset_time - time.time()
            except self._errors:
                return float(limit.get_expiry())
        return self._meanwhile.wait(limit, scope, key)


in_memory = InMemory()
_counting: Counting = in_memory


def init_limits(_app: Flask, redis_url: str) -> None:
    """Count in Redis where there is one, else in memory."""
    global _counting  # noqa: PLW0603  the decorators below stand before any app does
    _counting = InRedis(redis_url, in_memory) if redis_url else in_memory


def limited(
    limits: Callable[[], str], scope: str, key: Callable[[], str] = network_key
) -> Callable[[_View], _View]:
    """Decorates a view that may be asked so often; those of one scope are counted together.

    Parameters
    ----------
    limits
        Says what is set, such as "10 per minute; 60 per hour".
    """

    def decorated(view: _View) -> _View:
        @wraps(view)
        def counted(*values: object, **named: object) -> Response:
            refuse_too_many(limits(), scope, key())
            return view(*values, **named)

        return counted  # type: ignore[return-value]  # it takes and gives what the view does

    return decorated


def refuse_too_many(limits: str, scope: str, key: str) -> None:
    """Count one.

    Raises
    ------
    TooMany
        Over one of the limits.
    """
    for limit in _read(limits):
        if not _counting.hit(limit, scope, key):
            raise TooMany(max(1, math.ceil(_counting.wait(limit, scope, key))))


def is_within(limits: str, scope: str, key: str) -> bool:
    """Count one against each of the limits; says whether it is within all of them."""
    within = [_counting.hit(limit, scope, key) for limit in _read(limits)]
    return all(within)


def may_report() -> bool:
    """Count a report of this network; says whether it is within the limit. Over it nobody is told."""
    return is_within(parts().settings.limit_reports, "reports", network_key())


@lru_cache(maxsize=64)
def _read(limits: str) -> tuple[RateLimitItem, ...]:
    return tuple(sorted(parse_many(limits)))


posts = limited(lambda: parts().settings.limit_posts, "posts")
"""Decorates the views that take a comment: both routes share one limit."""

own = limited(lambda: parts().settings.limit_posts, "own")
"""Decorates what readers do on their own page: counted beside their comments, under the same limit."""
