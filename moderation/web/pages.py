"""What every page can use: versioned asset addresses, moments in the publication's time zone, the build's name."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from flask import Flask, Response
from markupsafe import Markup, escape

from moderation import __version__, markup
from moderation.settings import Settings

_HERE = Path(__file__).parent
_YEAR = 31_536_000


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def init_pages(app: Flask, settings: Settings) -> None:
    """Give templates their filters and values, and static files a long life under a versioned address."""
    zone = ZoneInfo(settings.time_zone)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(site_name=settings.site_name, asset=asset)
    app.jinja_env.filters["moment"] = lambda at: moment(at, zone)
    app.jinja_env.filters["in_focus"] = in_focus
    app.jinja_env.filters["ago"] = lambda at: how_long(now() - at)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _YEAR
    app.after_request(_keep_assets)


def asset(name: str) -> str:
    """The address of a static file, which changes with its content."""
    return f"/static/{name}?v={_digest(name)}"


@lru_cache(maxsize=256)
def _digest(name: str) -> str:
    return hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=1)
def build() -> str:
    """A name for exactly this code's pages: it changes with version, templates, assets and markup rules."""
    digest = hashlib.sha256(f"{__version__} {markup.RULE_VERSION}".encode())
    folders = (_HERE.parent.parent / "templates", _HERE / "static")
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    for path in sorted([*found, _HERE / "cards.py"]):  # which joins what the templates drew
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=4096)  # a thread that is drawn anew holds the same moments but for the latest
def moment(at: datetime, zone: ZoneInfo) -> Markup:
    """A point in time as people say it, with the exact one for machines.

    >>> str(moment(datetime(2026, 11, 22, 9, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin")))[:77]
    '<time datetime="2026-11-22T09:30:00+00:00" title="Sunday, 22 November 2026, 1'
    """
    local = at.astimezone(zone)
    said = f"{local.day} {local:%B %Y, %H:%M}"
    exact = escape(at.astimezone(UTC).isoformat(timespec="seconds"))
    return Markup('<time datetime="{}" title="{:%A}, {}">{}</time>').format(exact, local, said, said)


def how_long(passed: timedelta) -> str:
    """A length of time as people say it, in the largest unit that it fills.

    >>> how_long(timedelta(seconds=30)), how_long(timedelta(minutes=61)), how_long(timedelta(days=3, hours=5))
    ('less than a minute', '1 hour', '3 days')
    """
    minutes = int(passed.total_seconds() // 60)
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= size:
            count = minutes // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def in_focus(address: str, comment_id: int | None, after: str = "") -> str:
    """A view's address with another comment in focus, or with its next page.

    >>> in_focus("/desk/?view=held&focus=3", 4), in_focus("/desk/", None)
    ('/desk/?view=held&focus=4', '/desk/')
    """
    path, _, query = address.partition("?")
    changed = {"focus", "after"} if after else {"focus"}
    if any(f"{name}=" in address for name in changed) or "#" in address:
        query = urlencode([(name, value) for name, value in parse_qsl(query) if name not in changed])
    added = urlencode(
        {**({"after": after} if after else {}), **({"focus": comment_id} if comment_id else {})}
    )
    query = "&".join(filter(None, (query, added)))
    return f"{path}?{query}" if query else path


def _keep_assets(response: Response) -> Response:
    if response.direct_passthrough and response.cache_control.max_age == _YEAR:
        response.cache_control.no_cache = None
        response.cache_control.public = response.cache_control.immutable = True
    return response
