"""E-mail addresses in any text: where they stand, a text with each of them hidden, and one normal form to compare.

The finder reads a *shadow* of the text, in which disguises are undone one character at a time (full-width
letters, `%40`, `&#64;`, invisible characters and combining marks inside), and every place in the shadow knows
where it came from. From each `@` it looks left for a local part and right for a domain. Both looks stop at
the next `@`, so the whole is linear in the length of the text.

It would rather hide too much than too little: `git@host.example:project` counts as an address.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html.entities import html5

import idna

MASK = "[address hidden]"


def find_addresses(text: str) -> list[tuple[int, int]]:
    """Where e-mail addresses stand, as (start, end) offsets in characters: ascending, never overlapping.

    >>> find_addresses("Write to ada@example.org.")
    [(9, 24)]
    """
    found: list[tuple[int, int]] = []
    for start, end, _ in read_addresses(text):
        begin = min(found.pop()[0], start) if found and start < found[-1][1] else start
        found.append((begin, end))
    return found


def read_addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each address stands, and what it reads once disguises are undone; one may reach into the next.

    >>> list(read_addresses("ada%40example.org"))
    [(0, 17, 'ada@example.org')]
    """
    if _SIGN.search(text) is None or _AT.search(text) is None:
        return
    shadow = _shadow_of(text)
    for place in _CANDIDATE.finditer(shadow.text):
        at = place.start()
        start, end = _local_start(shadow.text, at), _domain_end(shadow.text, at + 1)
        if start < at and end:
            yield shadow.starts[start], _past_marks(text, shadow.ends[end - 1]), shadow.text[start:end]


def read_in_page(page: str) -> Iterator[tuple[int, int, str]]:
    """The same as `read_addresses`, for long pages with few signs of an address: only what is near one is read.

    Nearer than any address reaches, written plainly or with most of its letters disguised.
    """
    signs = deque(sorted(_signs(page)))
    while signs:
        begin, last = max(0, signs[0] - _REACH_LEFT), signs[0]
        while signs and signs[0] < last + _REACH_RIGHT:
            last = signs.popleft()
        for start, end, read in read_addresses(page[begin : last + _REACH_RIGHT]):
            yield start + begin, end + begin, read


def _signs(page: str) -> Iterator[int]:
    """Where a sign stands that may be an at sign; those beside a blank are none of an address."""
    for sign in "@＠﹫":
        at = page.find(sign)
        while at >= 0:
            if not (page[at - 1 : at].isspace() or page[at + 1 : at + 2].isspace()):
                yield at
            at = page.find(sign, at + 1)
    for disguise in _AT_DISGUISES:
        for found in disguise.finditer(page):
            yield found.start()


def mask_addresses(text: str) -> str:
    """The text with `MASK` in the place of each address. Masking a second time changes nothing.

    >>> mask_addresses("ada%40example.org, ada@home")
    '[address hidden], ada@home'
    """
    pieces, done = [], 0
    for start, end in find_addresses(text):
        pieces += [text[done:start], MASK]
        done = end
    return "".join([*pieces, text[done:]])


def has_address(text: str) -> bool:
    """Whether an e-mail address stands in the text."""
    return bool(find_addresses(text))


def normal_address(address: str) -> str:
    """One form for all spellings of an address: case, width and invisible characters gone, domain in ASCII.

    Meant for comparing, not for writing to: some mail servers tell upper from lower case.

    >>> normal_address(" Ada.L+x@MÜLLER.example ")
    'ada.l+x@xn--mller-kva.example'
    """
    local, at, domain = _folded(address).rpartition("@")
    if _PLAIN_DOMAIN.fullmatch(domain) and "xn--" not in domain:  # IDNA leaves it as it is
        return f"{local}{at}{domain}"
    with suppress(idna.IDNAError, UnicodeError):  # no name a resolver would take: compared as it stands
        domain = idna.encode(domain, uts46=True).decode("ascii")
    return f"{local}{at}{domain}"


_PLAIN_DOMAIN = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


def _folded(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text.lower().strip()
    visible = "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Cc", "Cs"})
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold()).strip()


_AT_SIGNS = (
    r"[@＠﹫]|%(?:25){0,4}40|%EF%BC%A0|\\u0040"
    r"|&(?:amp;){0,4}(?:\#0{0,6}(?:64|65312|65131)(?![0-9]);?|\#x0{0,6}(?:40|ff20|fe6b)(?![0-9a-f]);?|commat;)"
)
_AT_DISGUISES = (
    re.compile(r"%(?:25){0,4}40|%EF%BC%A0", re.IGNORECASE),
    re.compile(r"\\u0040"),
    re.compile(
        r"&(?:amp;){0,4}(?:\#0{0,6}(?:64|65312|65131)|\#x0{0,6}(?:40|ff20|fe6b)|commat;)", re.IGNORECASE
    ),
)
_REACH_LEFT, _REACH_RIGHT = 400, 600
_AT = re.compile(_AT_SIGNS, re.IGNORECASE)
_SIGN = re.compile(
    r"[@＠﹫%\\&]"
)  # with one of these begins whatever may be an at sign: found in one quick pass
_PIECE = re.compile(
    rf"""(?P<plain>[\t\n\r !-$'-?A-\[\]-~]+)
    | (?P<at>{_AT_SIGNS})
    | %(?:25){{0,4}}(?P<byte>[0-9a-f]{{2}})
    | \\u(?P<code>[0-9a-f]{{4}})
    | &(?:amp;){{0,4}}(?: \#0{{0,6}}(?P<decimal>[0-9]{{1,7}});? | \#x0{{0,6}}(?P<hex>[0-9a-f]{{1,6}});?
                        | (?P<name>[a-z]{{2,31}}); )
    | (?P<character>.)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_STRONG = frozenset("._%+-'~")
_WEAK = frozenset("!#$&*/=?^`{|}")  # legal in a local part, but more often the end of what stands before it
_LOCAL = _STRONG | _WEAK
_BLANKS = "\t\n\v\f\r"
_FILLERS = "\u115f\u1160\u3164\uffa0"  # letters by their category, yet nothing to see
_DOT_OR_HYPHEN = str.maketrans("。‐‑‒–—―", ".------")


@dataclass(frozen=True, slots=True)
class _Shadow:
    """`text[i]` came from the characters `starts[i]` to `ends[i]` of the text that was read."""

    text: str
    starts: list[int]
    ends: list[int]


def _shadow_of(text: str) -> _Shadow:
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for piece in _PIECE.finditer(text):
        begin, end = piece.span()
        if piece.lastgroup == "plain":
            letters.append(piece[0])
            starts.extend(range(begin, end))
            ends.extend(range(begin + 1, end + 1))
        elif letter := _letter(piece):
            letters.append(letter)
            starts.append(begin)
            ends.append(end)
    return _Shadow("".join(letters), starts, ends)


def _letter(piece: re.Match[str]) -> str:
    """What a piece stands for: one character, or none where there is nothing to see."""
    kind, value = str(piece.lastgroup), piece[str(piece.lastgroup)]
    if kind == "at":
        return "@"
    if kind == "name":
        return _seen(html5.get(f"{value};", ";")[0])
    if kind == "character":
        return _seen(value)
    code = int(value, 10 if kind == "decimal" else 16)
    if kind == "byte" and code >= 0x80:
        return "x"  # a part of some letter beyond ASCII
    letter = _seen(chr(code)) if code <= 0x10FFFF else ";"
    # "%00@" may also be meant as it stands: without a ";" such letters are legal in a local part
    is_read = letter.isalnum() or letter in _LOCAL or piece[0].endswith(";")
    return letter if is_read else "&"


def _seen(character: str) -> str:
    if character in _FILLERS:
        return ""
    category = unicodedata.category(character)
    if category[0] == "M" or (category in {"Cf", "Cc", "Cs"} and character not in _BLANKS):
        return ""
    return unicodedata.normalize("NFKC", character)[0].translate(_DOT_OR_HYPHEN)


_CANDIDATE = re.compile(r"(?<=[^\s@])@(?=[^\W_]|[.\[-])")
_DOMAIN = re.compile(r"(?:[^\W_]|[.-])+")
_NUMBERED = re.compile(r"\[(?:IPv6:)?[0-9a-f:.]{3,45}\]", re.IGNORECASE)


def _local_start(shadow: str, at: int) -> int:
    """Where the local part before `at` begins; `at` itself when there is none."""
    if shadow[at - 1 : at] == '"':
        return _quoted_start(shadow, at)
    strong = _back(shadow, at, _STRONG)
    if strong < at:
        bare = shadow[strong:at].lstrip(".'-")
        return at - len(bare) if bare else strong
    start = _back(shadow, at, _LOCAL)
    is_in_link = shadow[start : start + 2] == "//" and shadow[start - 1 : start] == ":"
    return at if is_in_link else start


def _back(shadow: str, at: int, allowed: frozenset[str]) -> int:
    while at and (shadow[at - 1].isalnum() or shadow[at - 1] in allowed):
        at -= 1
    return at


def _quoted_start(shadow: str, at: int) -> int:
    start = shadow.rfind('"', 0, at - 1)
    content = shadow[start + 1 : at - 1]
    is_content = content and content == content.strip() and "\n" not in content
    return start if start >= 0 and is_content else at


def _domain_end(shadow: str, start: int) -> int:
    """Where the domain from `start` on ends; 0 when there is none that mail could go to."""
    if numbered := _NUMBERED.match(shadow, start):
        return numbered.end()
    run = _DOMAIN.match(shadow, start)
    labels = run[0].rstrip(".-").split(".") if run else []
    while len(labels) > 1 and not _is_top_level(labels[-1]):
        labels.pop()
    return start + len(".".join(labels)) if len(labels) > 2 or (len(labels) == 2 and labels[0]) else 0


def _is_top_level(label: str) -> bool:
    return len(label) > 1 and any(letter.isalpha() for letter in label)


def _past_marks(text: str, end: int) -> int:
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return end
