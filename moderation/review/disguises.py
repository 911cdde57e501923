"""A text with its disguises made visible: what was typed, and beside it what a reader takes it for."""

from __future__ import annotations

import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from moderation.text import canonical, canonical_with_origins


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of a text as typed, signs for what cannot be seen in it; `meant` is what else it stands for."""

    typed: str
    meant: str | None = None


def made_visible(text: str) -> tuple[Shown, ...]:
    """The text, cut where letters are disguised; empty where none are.

    >>> made_visible("a c\\u0430sino")
    (Shown(typed='a c', meant=None), Shown(typed='\u0430', meant='a'), Shown(typed='sino', meant=None))
    >>> made_visible("a casino")
    ()
    """
    if not canonical(text).disguises:
        return ()
    plain, origins = canonical_with_origins(text)
    if any(origins[at] > origins[at + 1] for at in range(len(origins) - 1)):  # some of it reads backwards
        return (Shown(_visible(text), plain.text),)
    return tuple(_cut(text, plain.text, origins))


def _cut(text: str, plain: str, origins: array[int]) -> Iterator[Shown]:
    at, end = 0, 0  # places in the plain text and in the text as typed
    while at < len(plain) or end < len(text):
        length = _same(text, plain, origins, at, end)
        if length:
            yield Shown(text[end : end + length])
            at, end = at + length, end + length
            continue
        until = at
        while until < len(plain) and not _same(text, plain, origins, until, origins[until]):
            until += 1
        stop = origins[until]
        yield Shown(_visible(text[end:stop]), plain[at:until])
        at, end = until, stop


def _same(text: str, plain: str, origins: array[int], at: int, end: int) -> int:
    """How many characters from here on stand for themselves."""
    length = 0
    while (
        at + length < len(plain)
        and origins[at + length] == end + length
        and origins[at + length + 1] > end + length
        and plain[at + length] == text[end + length]
    ):
        length += 1
    return length


def _visible(typed: str) -> str:
    return "".join(f"[U+{ord(each):04X}]" if _is_unseen(each) else each for each in typed)


def _is_unseen(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me", "Co", "Cn", "Zl", "Zp"}
        and character != "\n"
    )
