"""A comment's text as typed, taken apart: runs of text, and the tags that the small HTML knows.

Everything else that looks like markup stays text. Two hundred tags are read, whatever follows is text: an
HTML parser may otherwise be made to build thousands of elements out of a few characters.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from moderation.addresses import MASK, find_addresses, has_address, mask_addresses
from moderation.markup.urls import link_target

INLINE = frozenset({"b", "strong", "i", "em", "q", "code", "s", "del"})
BLOCKS = frozenset({"blockquote", "pre", "ul", "ol", "li"})
MOST_TAGS = 200


@dataclass(frozen=True, slots=True)
class Tag:
    """A known tag: lower-case name; a link also has a target that is safe to print, or none."""

    name: str
    is_closing: bool = False
    href: str = ""
    title: str = ""

    @property
    def is_inline(self) -> bool:
        """Whether words go on across it without a break."""
        return self.name == "a" or self.name in INLINE


Piece = str | Tag


def pieces_of(text: str) -> list[Piece]:
    """The pieces of a text, in order, every address in them masked.

    An address is found also where tags stand inside it, for a reader's eye does not see them.
    """
    return list(_masked(list(_parsed(_cleaned(text)))))


def joined(pieces: Sequence[Piece]) -> str:
    """What is read when no tag is seen: text, and a line break for each tag that makes one."""
    return "".join(_read(piece) for piece in pieces)


_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_NAMES = "|".join(sorted(BLOCKS | INLINE | {"p"}, key=len, reverse=True))
_TAG = re.compile(
    # what follows a name must look like attributes, or "if a <b and c> d" would lose its middle
    rf"<(?P<end>/?)(?P<name>{_NAMES})(?:\s[^<>=]*=[^<>]*|\s*)/?>"
    r"|<(?P<line>br)(?:\s[^<>=]*=[^<>]*|\s*)/?>[^\S\n]*\n?"
    r"|<a\s(?P<inside>[^<>]{0,2100})>|</(?P<link>a)\s*>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""(?<![\w-])(href|title)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'`]+))""", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)


def _cleaned(text: str) -> str:
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))


def _parsed(text: str) -> Iterator[Piece]:
    done = 0
    for found in islice(_TAG.finditer(text), MOST_TAGS):
        yield _decoded(text[done : found.start()])
        yield _tag(found)
        done = found.end()
    yield _decoded(text[done:])


def _tag(found: re.Match[str]) -> Tag:
    if found["name"]:
        return Tag(found["name"].lower(), is_closing=bool(found["end"]))
    if found["line"]:
        return Tag("br")
    if found["link"]:
        return Tag("a", is_closing=True)
    attributes: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(found["inside"]):
        attributes.setdefault(name.lower(), _decoded("".join(values)))
    href = link_target(attributes.get("href", ""))
    title = mask_addresses(attributes.get("title", ""))
    return Tag("a", href="" if has_address(href) else href, title=title)


def _decoded(text: str) -> str:
    """Character references undone. Long ones are left: `html.unescape` raises on thousands of digits."""
    return _cleaned(_ENTITY.sub(lambda entity: html.unescape(entity[0]), text))


def _read(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    return "" if piece.is_inline else "\n"


def _masked(pieces: list[Piece]) -> Iterator[Piece]:
    spans = find_addresses(joined(pieces))
    begin = first = 0
    for piece in pieces:
        end = begin + len(_read(piece))
        while first < len(spans) and spans[first][1] <= begin:
            first += 1
        yield _without(piece, begin, spans[first:]) if isinstance(piece, str) and spans else piece
        begin = end


def _without(text: str, begin: int, spans: list[tuple[int, int]]) -> str:
    """The text, which begins at `begin` of the whole, with the mask where a span begins."""
    kept, done = [], 0
    for start, end in spans:
        if start >= begin + len(text):
            break
        kept += [text[done : max(start - begin, 0)], MASK if start >= begin else ""]
        done = end - begin
    return "".join([*kept, text[done:]])
