"""Pieces → balanced HTML: paragraphs, line breaks, links, and every element closed in its order.

Tags open late (when there is something to put into them) and close early (at the end of their paragraph, to
be opened again in the next), so no parser has anything to repair in the result. All markup is paid for out of
a purse: once it is empty, text goes on without tags, and the output stays in proportion to the input.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from moderation.markup.pieces import Piece, Tag
from moderation.markup.urls import bare_urls, safe_url

PURSE = 20_000
"""Characters that may be spent on tags and their attributes in one text."""
DEEPEST = 6
"""Quotations and lists inside each other; deeper ones begin a new paragraph only."""


def written(pieces: Iterable[Piece], *, is_clickable: bool) -> str:
    """Balanced HTML of the pieces; without `is_clickable` a link's target is text behind its words."""
    writer = _Writer(is_clickable)
    for piece in pieces:
        if isinstance(piece, str):
            writer.write(piece)
        elif piece.name == "br":
            writer.newlines += 1
        elif piece.name == "p":
            writer.pause()
        elif piece.is_inline:
            writer.leave(piece.name) if piece.is_closing else writer.enter(piece)
        else:
            writer.close_block(piece.name) if piece.is_closing else writer.open_block(piece.name)
    return writer.finished()


class _Writer:
    """What stands open at one place of the output.

    `blocks` and `inline` are open, outermost first; `waiting` are inline tags to open before the next word;
    `newlines` are line breaks due before it; `is_in_line` says whether a line has begun in this block.
    """

    def __init__(self, is_clickable: bool) -> None:
        self.is_clickable = is_clickable
        self.out: list[str] = []
        self.blocks: list[str] = []
        self.inline: list[tuple[Tag, int]] = []
        self.waiting: list[Tag] = []
        self.newlines = 0
        self.is_in_line = False
        self.purse = PURSE

    def write(self, text: str) -> None:
        if self._block == "pre":
            self._write_preformatted(text)
            return
        for number, line in enumerate(text.split("\n")):
            self.newlines += number > 0
            if line.strip() or (line and self.is_in_line and not self.newlines):
                self._begin()
                self.out += self._linked(line)

    def pause(self) -> None:
        """What follows begins a paragraph, or a line where there are no paragraphs."""
        self.newlines = max(self.newlines, 2)

    def enter(self, tag: Tag) -> None:
        if tag.name == "a":
            self.leave("a")
        if tag.name != "a" or tag.href:
            self.waiting.append(tag)

    def leave(self, name: str) -> None:
        waiting = [tag.name for tag in self.waiting]
        if name in waiting:
            del self.waiting[len(waiting) - 1 - waiting[::-1].index(name)]
        elif name in [tag.name for tag, _ in self.inline]:
            above: list[Tag] = []
            while self.inline[-1][0].name != name:
                above.append(self._close_inline())
            self._close_inline()
            self.waiting = [tag for tag in reversed(above) if tag.name != "a"] + self.waiting

    def open_block(self, name: str) -> None:
        if name == "li" and self._list_item_is_open():
            self.close_block("li")
        is_misplaced = (name == "li") != (self._block in _LISTS)
        if self._block == "pre" or (name == "li" and is_misplaced) or len(self.blocks) >= 2 * DEEPEST:
            self.pause()
        elif is_misplaced and self._block in _LISTS:
            self._open("li")
            self.open_block(name)
        else:
            self._open(name)

    def close_block(self, name: str) -> None:
        if name not in self.blocks or (name == "li" and not self._list_item_is_open()):
            self.pause()
            return
        while self._close_innermost() != name:
            pass

    def finished(self) -> str:
        while self.blocks:
            self._close_innermost()
        self._end_line()
        return "".join(self.out)

    @property
    def _block(self) -> str:
        return self.blocks[-1] if self.blocks else ""

    def _holds_paragraphs(self) -> bool:
        return self._block in {"", "blockquote"}

    def _list_item_is_open(self) -> bool:
        nearest = next((block for block in reversed(self.blocks) if block == "li" or block in _LISTS), "")
        return nearest == "li"

    def _begin(self) -> None:
        """Make ready for a word: its list item, paragraph or line break, and the tags that wait."""
        if self._block in _LISTS:
            self._open("li")
        if self.is_in_line and self.newlines > 1 and self._holds_paragraphs():
            self._end_line()
        elif self.is_in_line and self.newlines:
            self.out.append("<br>\n")
        if not self.is_in_line and self._holds_paragraphs():
            self.out.append("<p>")
        self.is_in_line, self.newlines = True, 0
        self._open_waiting()

    def _write_preformatted(self, text: str) -> None:
        if self.out[-1] == "<pre>" and not self.waiting:
            text = text.lstrip("\n")  # a browser drops the first one there
        if not text:
            return
        if self.newlines and self.is_in_line:
            self.out.append("\n")
        self.is_in_line, self.newlines = True, 0
        self._open_waiting()
        self.out.append(escape(text, quote=False))

    def _open_waiting(self) -> None:
        for tag in self.waiting:
            opening = self._opening(tag)
            if self._can_pay(len(opening) + len(tag.href) + len(tag.name) + 3):
                self.out.append(opening)
                self.inline.append((tag, len(self.out)))
        self.waiting = []

    def _opening(self, tag: Tag) -> str:
        if tag.name != "a":
            return f"<{tag.name}>"
        title = f' title="{escape(tag.title)}"' if tag.title else ""
        return f'<a href="{escape(tag.href)}"{title}>' if self.is_clickable else ""

    def _close_inline(self) -> Tag:
        tag, begin = self.inline.pop()
        if tag.name != "a" or self.is_clickable:
            self.out.append(f"</{tag.name}>")
        elif "".join(self.out[begin:]) != (target := escape(tag.href, quote=False)):
            self.out.append(f" ({target})")
        return tag

    def _end_line(self) -> None:
        """End the paragraph; its open tags will go on in the next one, but for a link."""
        closed = [self._close_inline() for _ in range(len(self.inline))]
        self.waiting = [tag for tag in reversed(closed) if tag.name != "a"] + self.waiting
        if self.is_in_line:
            self.out.append("</p>\n" if self._holds_paragraphs() else "\n" if self._block == "li" else "")
        self.is_in_line, self.newlines = False, 0

    def _open(self, name: str) -> None:
        self._end_line()
        self.out.append(f"<{name}>" if name in {"li", "pre"} else f"<{name}>\n")
        self.blocks.append(name)

    def _close_innermost(self) -> str:
        self._end_line()
        name = self.blocks.pop()
        self.out.append(f"</{name}>\n")
        return name

    def _linked(self, line: str) -> list[str]:
        """The line with its bare URLs as links, where links may be."""
        parts, done = [], 0
        if "://" in line and self._may_link():
            for start, end in bare_urls(line):
                url = safe_url(line[start:end])
                link = f'<a href="{escape(url)}">' if url else ""
                if url and self._can_pay(len(link) + 40):
                    parts += [
                        escape(line[done:start], quote=False),
                        link,
                        escape(line[start:end], quote=False),
                        "</a>",
                    ]
                    done = end
        return [*parts, escape(line[done:], quote=False)]

    def _may_link(self) -> bool:
        return self.is_clickable and not any(tag.name in {"a", "code"} for tag, _ in self.inline)

    def _can_pay(self, characters: int) -> bool:
        is_enough = characters <= self.purse
        self.purse -= characters if is_enough else 0
        return is_enough


_LISTS = frozenset({"ul", "ol"})
