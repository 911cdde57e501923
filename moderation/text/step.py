"""What a step of canonical text is, and cheap tests that say whether one may have anything to do.

Most comments are honest and most steps find nothing, so what counts is how fast that is known. The tests look at the
*shape* of a text: one byte for each character, which says only what sort it is. A shape is made several times
faster than a pattern is searched for, and a test may be wrong in one direction: it may ask for a step in vain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Step:
    """One substitution: what kind of disguise it undoes ("" for none), where, how, and a cheap test before it."""

    kind: str
    pattern: re.Pattern[str]
    replace: Callable[[re.Match[str]], str]
    may_apply: Callable[[str], bool]


def writing(text: str) -> Callable[[re.Match[str]], str]:
    """A replacement that is always the same."""
    return lambda _: text


def not_ascii(text: str) -> bool:
    """Whether there is anything but ASCII in a text."""
    return not text.isascii()


def has_all(*tests: Callable[[str], object]) -> Callable[[str], bool]:
    """A test that a text beyond ASCII passes when it passes each of these."""
    return lambda text: not text.isascii() and all(test(text) for test in tests)


def may_be_leet(text: str) -> bool:
    """Whether a letter follows a digit or a sign that may stand for one."""
    shape = _shape(text)
    return b"1a" in shape or (b"0" in shape and (b"0a" in shape or b"a0" in shape))


def may_be_spaced(text: str) -> bool:
    """Whether single letters may stand side by side."""
    shape = b" %b " % _shape(text)
    return b" a a " in shape or b"a.a.a" in shape or "\u00b7" in text


def may_be_marked(text: str) -> bool:
    """Whether there may be marks between letters."""
    return marks_between(text) > 0


def marks_between(text: str) -> int:
    """In how many places there may be marks between letters, at most."""
    shape = _shape(text)
    return sum(map(shape.count, (b"a.a", b"a..a", b"a...a"))) if b"." in shape else 0


def may_hold_controls(text: str) -> bool:
    """Whether there may be control characters."""
    return b"\x01" in _shape(text) or not (text.isascii() or text.isprintable())


def may_name_a_dot(text: str) -> bool:
    """Whether the dot of a host may be told in words or stand in brackets."""
    small, shape = text.lower(), _shape(text)
    return "dot" in small or "d0t" in small or b".]" in shape or b". ]" in shape


@lru_cache(maxsize=2)
def may_be_stretched(text: str) -> bool:
    """Whether some letter stands three times in a row: then, of letters alone, some byte equals the next two."""
    letters = text.encode("ascii", "ignore").translate(None, _NO_LETTERS)
    number = int.from_bytes(letters, "little")
    return b"\0\0" in (number ^ (number >> 8)).to_bytes(len(letters), "little")


@lru_cache(maxsize=2)  # many tests look at one text
def _shape(text: str) -> bytes:
    """One byte a character: `a` letter or beyond ASCII, `0` zero, `1` digit or sign like a letter, `.` mark."""
    return text.encode("ascii", "replace").translate(_SHAPES)


def _table() -> bytes:
    table = bytearray(b"\x02" * 256)
    sorts = {
        b"a": b"?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        b"0": b"0",
        b"1": b"123456789@$!",
        b".": b".-_*|/~+,^",
        b"]": b")]}",
        b" ": b" \t\n\r",
        b"\x01": bytes([*range(9), 11, 12, *range(14, 32), 127]),
    }
    for sort, members in sorts.items():
        for member in members:
            table[member] = sort[0]
    return bytes(table)


_SHAPES = _table()
_NO_LETTERS = bytes(byte for byte in range(128) if not chr(byte).isalpha())
