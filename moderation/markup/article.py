"""An article's body: the operator's own HTML, brought down to what an article needs and what is safe."""

from __future__ import annotations

import re

import nh3

from moderation.markup.urls import link_target


def article_body(html: str) -> str:
    """An article's HTML → HTML to print as it stands.

    Kept: headings from h2 on, paragraphs, lists, tables, quotations, code, emphasis, links to http(s) and to
    this site, figures with pictures below `/static/`. No script, style, class, id or event survives. Words
    stay as the author wrote them, addresses included: they are the publication's own.

    >>> article_body('<h2 onclick="x()">Rain</h2><img src="https://elsewhere.example/i.png">')
    '<h2>Rain</h2>'
    """
    tamed = _FORMATTING.sub(r"<\1>", _SURROGATES.sub("", html))
    return _PICTURE_WITHOUT_SOURCE.sub("", _CLEANER.clean(tamed)).strip()


_SURROGATES = re.compile("[\ud800-\udfff]")
# an HTML parser opens such elements again in each paragraph, once for each different set of attributes
_FORMATTING = re.compile(
    r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/][^<>]*>", re.IGNORECASE
)
_PICTURE_WITHOUT_SOURCE = re.compile(r"<img(?![^<>]* src=)[^<>]*>")
_OWN_PICTURE = re.compile(r"/static/(?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*", re.ASCII)
_OWN_PAGE = re.compile(r"(?:/(?![/\\])|#)[^\s\\]*")
_FITS = {
    "dir": re.compile(r"ltr|rtl|auto"),
    "lang": re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}"),
    "width": re.compile(r"[0-9]{1,4}"),
    "height": re.compile(r"[0-9]{1,4}"),
    "colspan": re.compile(r"[0-9]{1,2}"),
    "rowspan": re.compile(r"[0-9]{1,2}"),
    "scope": re.compile(r"row|col|rowgroup|colgroup"),
    "src": _OWN_PICTURE,
}


def _fitting(_tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        return value if _OWN_PAGE.fullmatch(value) else link_target(value) or None
    return value if attribute not in _FITS or _FITS[attribute].fullmatch(value) else None


_TAGS = """
    h2 h3 h4 p br hr a em strong b i s del ins sub sup q cite abbr time kbd code pre blockquote ul ol li dl dt dd
    figure figcaption img table caption thead tbody tfoot tr th td
"""
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={
        "*": {"dir", "lang"},
        "a": {"href", "title"},
        "abbr": {"title"},
        "img": {"src", "alt", "width", "height"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan", "scope"},
        "time": {"datetime"},
    },
    attribute_filter=_fitting,
    url_schemes={"http", "https"},
    url_relative="pass_through",
    link_rel="noopener",
)
