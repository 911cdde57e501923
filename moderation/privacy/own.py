"""The very address that somebody gives, pulled apart in what they write for everybody: blanks, tags, "at" and "dot".

Any text may hold "at" and "dot"; beside the address itself it is known what they stand for.
"""

from __future__ import annotations

import re

from moderation.addresses import MASK, normal_address

_BETWEEN = r"(?:\s|<[^<>]{0,40}>)*+"
_AT = r"(?:@|[(\[{<]\s*+at\s*+[)\]}>]|(?<![^\W_])at(?![^\W_])|\\40)"
_DOT = r"(?:[.。]|[(\[{<]\s*+(?:dot|punkt|point)\s*+[)\]}>]|(?<![^\W_])(?:dot|punkt|point)(?![^\W_]))"


def mask_own(text: str, address: str) -> str:
    """The text with `MASK` in the place of this one address, however it is pulled apart.

    >>> mask_own("Write to ada (at) example dot org, or look at example dot org.", "ada@example.org")
    'Write to [address hidden], or look at example dot org.'
    """
    return _pattern(address).sub(MASK, text) if address else text


def holds_own(text: str, address: str) -> bool:
    """Whether this one address stands in the text, however it is pulled apart."""
    return bool(address) and _pattern(address).search(text) is not None


def _pattern(address: str) -> re.Pattern[str]:
    pieces = (_AT if c == "@" else _DOT if c == "." else re.escape(c) for c in normal_address(address))
    return re.compile(rf"(?<![^\W_]){_BETWEEN.join(pieces)}(?![^\W_])", re.IGNORECASE)
