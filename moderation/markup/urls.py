"""Addresses of pages: which ones may be printed as a link, and where they stand in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

from moderation.addresses import has_address

LONGEST_URL = 2000


def safe_url(url: str) -> str | None:
    """A website as typed → an http or https URL that is safe to print as a link, or None.

    A missing scheme becomes https. Refused: other schemes, no host or one without a dot, user or password,
    an e-mail address anywhere, blanks, control and invisible characters, quotes and brackets that HTML
    knows, backslashes, more than 2,000 characters. The result is at most 8 characters longer than the input
    and still has to be escaped.

    >>> safe_url("example.org/about"), safe_url("javascript:alert(1)"), safe_url("https://ada:x@example.org")
    ('https://example.org/about', None, None)
    """
    url = url.strip()
    if len(url) > LONGEST_URL or any(map(_is_unfit, url)):
        return None
    if url.startswith("//"):
        url = f"https:{url}"
    elif not _SCHEME.match(url):
        url = f"https://{url}"
    return url if _is_page(url) and not has_address(url) else None


def link_target(href: str) -> str:
    """The target of a typed link: a whole http(s) URL; nothing for relative ones and all others.

    >>> link_target("https://example.org/a"), link_target("/desk/")
    ('https://example.org/a', '')
    """
    return (safe_url(href) or "") if _WHOLE.match(href.strip()) else ""


def bare_urls(text: str) -> Iterator[tuple[int, int]]:
    """Where http(s) URLs stand in a text, punctuation behind them left out: (start, end) in characters."""
    for found in _BARE.finditer(text):
        yield found.start(), found.start() + len(_trimmed(found[0]))


_SCHEME = re.compile(r"https?://|[a-z][a-z0-9+.-]*:(?!\d{1,5}(?:[/?#]|$))", re.IGNORECASE)
_WHOLE = re.compile(r"(?:https?:)?//|www\.", re.IGNORECASE)
_BARE = re.compile(r"https?://[^\s<>\"\[\]。，、；：？！（）「」『』【】《》“”‘’«»]+", re.IGNORECASE)
_HOST = re.compile(
    r"(?:[^\W_]|[-_]){1,63}(?:\.(?:[^\W_]|[-_]){1,63})+\.?|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE
)


def _is_unfit(character: str) -> bool:
    return character in '"<>\\`' or unicodedata.category(character)[0] in "CZ"


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and "@" not in parts.netloc
        and bool(_HOST.fullmatch(_bare_host(host)))
    )


def _bare_host(host: str) -> str:
    """The host without the marks that letters of some scripts carry."""
    return "".join(letter for letter in host if unicodedata.category(letter)[0] != "M")


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence; a closing bracket stays if it was opened in the URL."""
    spare = max(url.count(")") - url.count("("), 0)
    end = len(url)
    while url[end - 1] in ".,;:!?'*…" or (url[end - 1] == ")" and spare):
        spare -= url[end - 1] == ")"
        end -= 1
    return url[:end]
