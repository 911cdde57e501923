"""What is kept of a browser with a session: its network's fingerprint, and two words of ours.

What a browser says of itself is never repeated; a list of sessions needs no more than "Firefox on Linux".
"""

from __future__ import annotations

from flask import request

from moderation.moderators import Browser
from moderation.parts import parts
from moderation.web.limits import network

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def this_browser() -> Browser:
    """The browser that sent the request."""
    fingerprint = parts().vault.fingerprint_network(network())
    return Browser(fingerprint, named(request.user_agent.string))


def named(says: str) -> str:
    """Two words for what a browser says of itself.

    >>> named("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox on Linux'
    >>> named("curl/8")
    'A browser'
    """
    browser = next((name for sign, name in _BROWSERS if sign in says), "A browser")
    system = next((name for sign, name in _SYSTEMS if sign in says), "")
    return f"{browser} on {system}" if system else browser
