"""The very address that somebody gives, pulled apart in what they write for everybody: blanks, tags, "at" and "dot".

Any text may hold "at" and "dot"; beside the address itself it is known what they stand for. The text is read the same
way whatever the address is: a pattern made of it would be kept by `re`, and would make the next look at it quicker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from moderation.addresses import MASK, normal_address

_PIECE = re.compile(
    r"""(?P<at>@|\\40|[(\[{<]\s*+at\s*+[)\]}>])
    | (?P<dot>[.。]|[(\[{<]\s*+(?:dot|punkt|point)\s*+[)\]}>])
    | (?P<nothing>\s++|<[^<>]{0,40}>)
    | (?P<word>[^\W_]++)
    | (?P<sign>.)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_AT = re.compile(r"@|\\40|(?<![^\W_])at(?![^\W_])", re.IGNORECASE)
"""What an address cannot do without: where none of these stands, none has to be looked for."""

_WORDS = {"at": "@", "dot": ".", "punkt": ".", "point": "."}


def mask_own(text: str, address: str) -> str:
    """The text with `MASK` in the place of this one address, however it is pulled apart.

    >>> mask_own("Write to ada (at) example dot org, or look at example dot org.", "ada@example.org")
    'Write to [address hidden], or look at example dot org.'
    """
    pieces, done = [], 0
    for start, end in _places(text, address):
        pieces += [text[done:start], MASK]
        done = end
    return "".join([*pieces, text[done:]])


def holds_own(text: str, address: str) -> bool:
    """Whether this one address stands in the text, however it is pulled apart."""
    return next(_places(text, address), None) is not None


def _places(text: str, address: str) -> Iterator[tuple[int, int]]:
    if not address or not _AT.search(text):
        return
    read, starts, ends = _read(text)
    wanted = normal_address(address)
    at = read.find(wanted)
    while at >= 0:
        start, end = starts[at], ends[at + len(wanted) - 1]
        if not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            yield start, end
        at = read.find(wanted, at + len(wanted))


def _read(text: str) -> tuple[str, list[int], list[int]]:
    """The text without blanks and tags, words for signs as these, and where each letter of it begins and ends."""
    read: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for piece in _PIECE.finditer(text):
        begin, end = piece.span()
        kind, word = piece.lastgroup, piece[0].lower()
        sign = {"at": "@", "dot": "."}.get(str(kind)) or _WORDS.get(word)
        if kind == "nothing":
            continue
        if sign or len(word) != end - begin:
            read.append(sign or "?")
            starts.append(begin)
            ends.append(end)
        else:
            read.append(word)
            starts.extend(range(begin, end))
            ends.extend(range(begin + 1, end + 1))
    return "".join(read), starts, ends
