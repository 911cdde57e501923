"""What a comment's text becomes in HTML: a small HTML of links, emphasis, quotations, code and lists.

Readers type it as they always did: line breaks count, a blank line makes a paragraph, all other markup is
text. The way is pieces (text and known tags, addresses masked) → writer (balanced HTML) → nh3, which has the
last word and finds nothing left to do. What was typed is kept elsewhere; this can be run again at any time.
"""

from __future__ import annotations

import nh3

from moderation.addresses import mask_addresses
from moderation.markup.article import article_body
from moderation.markup.pieces import BLOCKS, INLINE, joined, pieces_of
from moderation.markup.urls import safe_url
from moderation.markup.writer import written

__all__ = ["RULE_VERSION", "article_body", "plain", "render", "render_inert", "safe_url"]

RULE_VERSION = 1
"""Grows with any change of what `render` gives, so that kept copies of it are made anew."""


def render(text: str) -> str:
    """A comment's text as typed → HTML to print as it stands.

    Links carry `rel="nofollow ugc noopener"`, bare http(s) addresses of pages become links, and every e-mail
    address is masked, in text as well as in links. The result holds at most five characters for each one
    typed, and 30,000 more; time is linear. It never raises, whatever the text.

    >>> render("Thanks, <b>Ada</b>!\\nI write to x@example.org <script>")
    '<p>Thanks, <b>Ada</b>!<br>\\nI write to [address hidden] &lt;script&gt;</p>'
    """
    return _CLEANER.clean(written(pieces_of(text), is_clickable=True)).replace("&nbsp;", "\u00a0").strip()


def render_inert(text: str) -> str:
    """The same without anything to click: a link's target stands behind its words, in brackets.

    >>> render_inert('<a href="https://example.org/">Read this</a>')
    '<p>Read this (https://example.org/)</p>'
    """
    return _CLEANER.clean(written(pieces_of(text), is_clickable=False)).replace("&nbsp;", "\u00a0").strip()


def plain(text: str, limit: int | None = None) -> str:
    """The words alone, on one line, addresses masked: no HTML, so a page has to escape it.

    Parameters
    ----------
    text
        A comment's text as typed.
    limit
        At most so many characters; a longer text ends between two words where it can, with "…".

    >>> plain("<b>Well</b> said,\\n\\nAda & Max", limit=12)
    'Well said,…'
    """
    words = " ".join(mask_addresses(joined(pieces_of(text))).split())
    if limit is None or len(words) <= limit:
        return words
    cut = words[: max(limit - 1, 0)]
    return (cut.rsplit(" ", 1)[0] if " " in cut and words[len(cut)] != " " else cut) + "…"[:limit]


_CLEANER = nh3.Cleaner(
    tags=set(BLOCKS | INLINE | {"a", "p", "br"}),
    attributes={"a": {"href", "title"}},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel="nofollow ugc noopener",
)
