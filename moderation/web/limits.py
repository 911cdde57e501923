"""How often one network may do a thing. Flask-Limiter keeps count; here stands what is counted and for whom.

Counted in memory while one process serves, in Redis where several share it; should Redis go away, each process
counts for itself rather than not at all. Keys are fingerprints: no network address is stored anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from flask import Flask, g, request
from flask_limiter import Limiter
from limits import RateLimitItem, parse_many

from moderation.parts import parts
from moderation.privacy import network_of
from moderation.web.counting import SCHEME, Moments


def network() -> str:
    """The network (/24 or /64) that the request comes from; forwarded addresses count only from known proxies."""
    if "network" not in g:
        g.network = network_of(request.remote_addr or "")
    return str(g.network)


def network_key() -> str:
    """The network's fingerprint, as the key of a limit."""
    if "network_key" not in g:
        g.network_key = parts().vault.fingerprint_network(network()).hex()[:32]
    return str(g.network_key)


limiter = Limiter(key_func=network_key, strategy="moving-window", headers_enabled=False)

_View = Callable[..., Any]


def _of_comments(scope: str) -> Callable[[_View], _View]:
    """Decorates views: a network may do it as often as it may post.

    Where the counts lie in this process, they are looked at here: of the library's way through what else a limit may
    be, which costs as much as storing a comment's rows, the end would be the same. Who is over the limit goes that
    way, and so do all where counts are shared.
    """
    through_library = limiter.shared_limit(lambda: parts().settings.limit_posts, scope=scope)

    def limited(view: _View) -> _View:
        asked = through_library(view)

        @wraps(view)
        def counted(*args: Any, **named: Any) -> Any:
            return (view if _is_within(scope) else asked)(*args, **named)

        return counted

    return limited


def _is_within(scope: str) -> bool:
    """Count it, if all of the limits allow it; False where the library has to be asked, which then counts."""
    if not isinstance(limiter.storage, Moments):
        return False
    limits, key, by = _parsed(parts().settings.limit_posts), network_key(), limiter.limiter
    return all(by.test(each, key, scope) for each in limits) and all(
        by.hit(each, key, scope) for each in limits
    )


@lru_cache(maxsize=8)
def _parsed(limits: str) -> list[RateLimitItem]:
    return parse_many(limits)


posts = _of_comments("posts")
"""Decorates the views that take a comment: both routes share one limit."""

own = _of_comments("own")
"""Decorates what readers do on their own page: counted beside their comments, under the same limit."""


def may_report() -> bool:
    """Count a report of this network; says whether it is within the limit. Over it nobody is told."""
    allowed = [
        limiter.limiter.hit(limit, "reports", network_key())
        for limit in _parsed(parts().settings.limit_reports)
    ]
    return all(allowed)


def init_limits(app: Flask, redis_url: str) -> None:
    """Count in Redis where there is one, else in memory."""
    app.config["RATELIMIT_STORAGE_URI"] = redis_url or f"{SCHEME}://"
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = bool(redis_url)
    if redis_url:
        app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_connect_timeout": 0.3, "socket_timeout": 0.3}
    limiter.init_app(app)
    # Every limit of ours stands at its view and none is told in headers: what the library has just put before and
    # behind all views would look at every request, and find nothing to do.
    for hooks in (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs):
        hooks[None].pop()
