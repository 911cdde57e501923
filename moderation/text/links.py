"""The links a reader would see or click, wherever they stand: bare, in HTML, in BBCode, in Markdown.

A host without a scheme counts when its ending is one that sites are known by; endings that are also words or file
names (`.py`, `.so`, `.it`) count only with `www.` before or a path behind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_BARE = (
    "com|net|org|info|biz|ru|edu|gov|co|uk|de|fr|nl|br|jp|cn|kr|au|ca|ch|se|dk|fi|cz|gr|hu|ro|ua|by|kz|tr|ir|za|mx|ar|cl"
    "|eu|es|pl|pt|ie|nz|pk|vn|cc|ws|mobi|io|ai|xyz|top|shop|site|online|club|vip|store|website|space|icu|bet|casino|loan|click|link|app|dev|blog|su|tv"
)
EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}+", re.IGNORECASE)
LINK = re.compile(
    r"(?:https?|ftp)://(?P<after_scheme>[^\s<>\"'\[\](){}|\\^`]{1,2000}+)"
    r"|(?<![\w@.-])(?P<bare>(?:[^\W_][\w-]{0,62}+\.){1,8}[^\W\d_]{2,24})(?![\w@-])(?P<path>(?::\d{1,5})?[/?#][^\s<>\"'\[\]{}|\\^`]{0,2000}+)?",
    re.IGNORECASE,
)
_BARE_ENDING = re.compile(rf"\.(?:{_BARE})$", re.IGNORECASE)
_WRITTEN_AS_CODE = re.compile(r"^(?:asp|ado|vb|node|socket|system|microsoft)\.", re.IGNORECASE)
_GLUE = re.compile(r"[\s\"'>\]\[()/a-z=_-]{1,80}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its host in lower case and ASCII where possible, and the registrable domain above it."""

    host: str
    domain: str


def links(text: str) -> tuple[Link, ...]:
    """Every link in a text, in order; an anchor whose words repeat its own address counts once.

    >>> links('see <a href="https://Blog.Example.co.uk/x">blog.example.co.uk</a> or www.example.org')
    (Link(host='blog.example.co.uk', domain='example.co.uk'), Link(host='www.example.org', domain='example.org'))
    """
    found: list[Link] = []
    previous_end, previous_host = -1, ""
    for match in LINK.finditer(text):
        host = host_in(match)
        if not host:
            continue
        repeats = host.removeprefix("www.") == previous_host.removeprefix("www.") and previous_end >= 0
        if not (repeats and _is_same_anchor(text, previous_end, match.start())):
            found.append(Link(host, registrable(host)))
        previous_end, previous_host = match.end(), host
    return tuple(found)


def host_in(match: re.Match[str]) -> str:
    """The host that a match of `LINK` names, or "" when it is no link after all."""
    after_scheme = match["after_scheme"]
    if after_scheme is not None:
        return host_of(after_scheme)
    bare: str = match["bare"]
    is_link = match["path"] is not None or bare[:4].lower() == "www." or _BARE_ENDING.search(bare) is not None
    return _ascii_host(bare) if is_link and _WRITTEN_AS_CODE.match(bare) is None else ""


def host_of(url: str) -> str:
    """The host of a web address, scheme or not; "" when there is none.

    >>> host_of("https://user@WWW.Example.ORG:8080/path"), host_of("example.org/path"), host_of("http://")
    ('www.example.org', 'example.org', '')
    """
    scheme, mark, rest = url.strip().partition("://")
    rest = rest if mark else scheme
    authority = re.split(r"[/?#\\\s]", rest, maxsplit=1)[0].rpartition("@")[2]
    return _ascii_host(authority.partition(":")[0])


@lru_cache(maxsize=4096)
def registrable(host: str) -> str:
    """The registrable domain of a host (by the Public Suffix List), or the host itself when it has none."""
    if not host or host.replace(".", "").isdigit():
        return host
    return _suffixes().privatesuffix(host) or host


def is_suffix(host: str) -> bool:
    """Whether everybody may register below the host, as below `co.uk` or `github.io`: it is nobody's.

    >>> is_suffix("co.uk"), is_suffix("bbc.co.uk")
    (True, False)
    """
    return _suffixes().privatesuffix(host) is None


def _is_same_anchor(text: str, start: int, stop: int) -> bool:
    return (
        0 < stop - start <= 80
        and _GLUE.fullmatch(text, start, stop) is not None
        and not text[start].isspace()
    )


@lru_cache(maxsize=4096)
def _ascii_host(host: str) -> str:
    host = host.strip(".,;:!?-_*~").lower()[:253]
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  a tenth of a second, only where links are

    return PublicSuffixList()
