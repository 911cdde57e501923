"""What every request meets before a view, and every answer after it.

Before: bytes that are no text, bodies larger than a comment, changes asked for from other sites. After: the
headers that keep a page to itself, and one log line.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import structlog
from flask import Flask, Response, g, request

from moderation import logs
from moderation.errors import BadInput, Refused, TooLarge
from moderation.settings import Settings

LARGEST_BODY = 1024 * 1024
"""Bytes: the longest comment in four-byte characters, percent-encoded, still fits."""

MOST_FIELDS = 1100
"""Fields or parameters that one request may hold: a decision names a thousand comments at most."""

FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "application/json", ""}

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
_ONLY_BY_TLS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_BEYOND_ASCII = re.compile(rb"%[89a-fA-F]")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


def init_guard(app: Flask, settings: Settings) -> None:
    """Put the guard before and behind every view of the app."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    app.config["MAX_FORM_PARTS"] = MOST_FIELDS
    sealed = Sealed(app.wsgi_app, settings.is_secure)
    app.wsgi_app = Forwarded(sealed, settings.trusted_proxies)  # type: ignore[method-assign]
    app.before_request(start_request)
    if ours := urlsplit(settings.site_url).hostname:
        app.before_request(lambda: refuse_foreign_hosts({ours, *_THIS_MACHINE}))
    app.before_request(refuse_junk)
    app.before_request(lambda: refuse_foreign_changes(settings))
    app.after_request(end_request)


class Sealed:
    """Gives every answer the headers that keep a page to itself; a page that keeps more to itself has said so."""

    def __init__(self, app: Callable[..., Iterable[bytes]], is_secure: bool) -> None:
        self.app = app
        self.headers = [*_HEADERS.items(), *(_ONLY_BY_TLS.items() if is_secure else ())]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Go on, and add them as the answer begins."""

        def start(status: str, headers: list[tuple[str, str]], *raised: Any) -> Any:
            there = {name for name, _ in headers}
            return start_response(
                status, [*headers, *(h for h in self.headers if h[0] not in there)], *raised
            )

        return self.app(environ, start)


class Forwarded:
    """Believes X-Forwarded-For only from known proxies, and only as far back as these stand behind each other."""

    def __init__(self, app: Callable[..., Iterable[bytes]], trusted: tuple[str, ...]) -> None:
        self.app = app
        self.trusted = [ip_network(network, strict=False) for network in trusted]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Name the client in REMOTE_ADDR, then go on."""
        hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        while hops and self._is_trusted(environ.get("REMOTE_ADDR", "")):
            environ["REMOTE_ADDR"] = hops.pop()
        return self.app(environ, start_response)

    def _is_trusted(self, address: str) -> bool:
        try:
            sender = ip_address(address)
        except ValueError:
            return False
        return any(sender in network for network in self.trusted if network.version == sender.version)


def start_request() -> None:
    """Give the request an id, which every log line of it carries."""
    g.started, g.request_id = time.perf_counter(), secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def refuse_foreign_hosts(ours: set[str]) -> None:
    """Once the site's address is set, answer to its name alone, and to the machine's own.

    Raises
    ------
    BadInput
    """
    if request.path != "/healthz" and _host_of(request.environ.get("HTTP_HOST", "")) not in ours:
        raise BadInput("This site does not answer to that name.")


def _host_of(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def refuse_junk() -> None:
    """Stop what is no text: undecodable or controlling bytes in path or query, undecodable bodies.

    Raises
    ------
    BadInput, TooLarge
    """
    path = request.environ.get("PATH_INFO", "").encode("latin-1", "replace")
    query = request.query_string
    if _CONTROL.search(path) or not _is_text(path):
        raise BadInput
    if query and (_CONTROL.search(query) or not _is_text(unquote_to_bytes(query))):
        raise BadInput
    if query.count(b"&") >= MOST_FIELDS:
        raise TooLarge
    if request.method not in _SAFE_METHODS:
        _refuse_junk_body()


def _refuse_junk_body() -> None:
    if request.mimetype not in FORM_TYPES:
        raise BadInput("This takes a form or JSON, and nothing else.")
    body = request.get_data(cache=True)
    if request.mimetype == "application/x-www-form-urlencoded":
        if body.count(b"&") >= MOST_FIELDS:
            raise TooLarge
        if body.isascii() and _BEYOND_ASCII.search(body) is None:
            return
        body = unquote_to_bytes(body)
    if not _is_text(body):
        raise BadInput


def _is_text(found: bytes) -> bool:
    try:
        found.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def refuse_foreign_changes(settings: Settings) -> None:
    """Let a change through only from our own pages, and a comment also from origins the operator named.

    Browsers say where a request comes from by `Sec-Fetch-Site`, older ones by `Origin` or `Referer`. Who says
    none of these is no browser with somebody's cookie: it may post a comment like anybody, and nothing else.

    Raises
    ------
    Refused
    """
    if request.method in _SAFE_METHODS:
        return
    is_desk = request.path.startswith(("/desk", "/yours"))
    origin = request.headers.get("Origin", "")
    if not is_desk and origin in settings.form_origins:
        return
    site = request.headers.get("Sec-Fetch-Site")
    # A page that hides where it is, as one behind a token link does, says "null", which is as good as nothing.
    source = ("" if origin == "null" else origin) or request.headers.get("Referer", "")
    allowed = (
        site in {"same-origin", "none"} if site else _is_ours(source, settings) if source else not is_desk
    )
    if not allowed:
        raise Refused("This can be done from this site’s own pages only.")


def _is_ours(source: str, settings: Settings) -> bool:
    try:
        host = urlsplit(source).netloc
    except ValueError:
        return False
    return bool(host) and host in {request.host, urlsplit(settings.site_url).netloc}


def end_request(response: Response) -> Response:
    """Keep redirects here, and say in the log what was answered."""
    _stay_here(response)
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    logs.answered(g.get("request_id", ""), request.method, request.path, response.status_code, seconds)
    return response


def _stay_here(response: Response) -> None:
    """A redirect on this site names a path alone: the Host header is the client's word and is not repeated."""
    where = response.headers.get("Location", "/")
    if not where.startswith("/") and where.startswith(request.host_url):
        response.location = "/" + where.removeprefix(request.host_url).lstrip("/\\")
        response.data = b""
