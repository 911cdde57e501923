"""Canaries: addresses that exist nowhere else, and every disguise in which one might come out.

A canary's local part and its host are random words, so that either of them alone gives it away, and a find is
never chance. Whoever can guess an address can also hash it: digests count as the address itself.
"""

from __future__ import annotations

import codecs
import hashlib
import secrets
import string
from base64 import b32encode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote
from zlib import crc32

from moderation.addresses import normal_address


@dataclass(frozen=True, slots=True)
class Canary:
    """Something personal that one made-up reader left behind; `name` says what that reader did."""

    name: str
    text: str

    @classmethod
    def address(cls, name: str) -> Canary:
        """A new e-mail address in mixed case."""
        return cls(name, f"{_word().capitalize()}.{_word()}@{_word()}.example.org")


@dataclass(frozen=True, slots=True)
class Needle:
    """One canary in one disguise: the bytes to look for, in any case or in exactly this one."""

    canary: Canary
    encoding: str
    content: bytes
    in_any_case: bool
    is_ours: bool = False
    """What only this installation can make, and keeps in its database: a keyed fingerprint, a seal."""
    stands_alone: bool = False
    """So short that it counts only where no letter or digit of its own kind stands beside it."""


def kept_needles_of(canary: Canary, encoding: str, content: bytes) -> tuple[Needle, ...]:
    """What the installation keeps of the canary, in the ways in which bytes are written down."""
    return tuple(
        Needle(canary, name, written.lower() if in_any_case else written, in_any_case, is_ours=True)
        for name, in_any_case, written in _digested(encoding, content)
    )


def needles_of(canary: Canary) -> tuple[Needle, ...]:
    """The canary in all its disguises, no two of them alike."""
    found: dict[tuple[bytes, bool], Needle] = {}
    for encoding, in_any_case, content in _disguises(canary.text):
        lowered = content.lower() if in_any_case else content
        needle = Needle(canary, encoding, lowered, in_any_case, stands_alone=encoding.startswith("crc32"))
        found.setdefault((needle.content, in_any_case), needle)
    return tuple(found.values())


def encodings() -> tuple[str, ...]:
    """Names of all disguises, in the order in which they are looked for."""
    return tuple(dict.fromkeys(encoding for encoding, _, _ in _disguises("Ada@example.org")))


def _word() -> str:
    """Twelve letters: by chance they turn up once in 10^17 places."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(12))


def _each(template: str) -> Callable[[str], str]:
    return lambda text: "".join(template.format(ord(letter)) for letter in text)


_SPELLINGS: dict[str, Callable[[str], str]] = {
    "clear": str,
    "reversed": lambda text: text[::-1],
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "URL": lambda text: quote(text, safe=""),
    "URL, every letter": _each("%{:02x}"),
    "URL, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML, decimal": lambda text: text.replace("@", "&#64;"),
    "HTML, hexadecimal": lambda text: text.replace("@", "&#x40;"),
    "HTML, named": lambda text: text.replace("@", "&commat;").replace(".", "&period;"),
    "HTML, every letter, decimal": _each("&#{};"),
    "HTML, every letter, hexadecimal": _each("&#x{:x};"),
    "JSON": lambda text: text.replace("@", "\\u0040"),
    "JSON, every letter": _each("\\u{:04x}"),
    "quoted-printable": lambda text: text.replace("@", "=40"),
    "quoted-printable, every letter": _each("={:02x}"),
    "escaped, every letter": _each("\\x{:02x}"),
    "with at and dot": lambda text: text.replace("@", " at ").replace(".", " dot "),
    "hexadecimal": lambda text: text.encode().hex(),
}
_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
_PREFIX = 16
"""Characters of a digest that are looked for, so that a shortened one is found too: 64 bits in hexadecimal."""


def _disguises(text: str) -> Iterator[tuple[str, bool, bytes]]:
    """Name, whether in any case, and bytes of each disguise."""
    for name, spelled in _SPELLINGS.items():
        yield name, True, spelled(text).encode()
    if "@" in text:
        yield "local part alone", True, text.partition("@")[0].encode()
        yield "domain alone", True, text.partition("@")[2].encode()
    for form in _forms(text):
        yield "UTF-16", False, form.encode("utf-16-le")
        yield from _base64s(form.encode())
        for algorithm in _DIGESTS:
            yield from _digested(algorithm, hashlib.new(algorithm, form.encode()).digest())
        yield "base32", True, b32encode(form.encode()).rstrip(b"=")[:-1]
        yield "hexadecimal, reversed", True, form[::-1].encode().hex().encode()
        yield "crc32, hexadecimal", True, f"{crc32(form.encode()):08x}".encode()
        yield "crc32, decimal", True, f"{crc32(form.encode()):010d}".encode()


def _forms(text: str) -> Iterable[str]:
    return dict.fromkeys((text, text.lower(), text.upper(), normal_address(text)))


def _base64s(content: bytes) -> Iterator[tuple[str, bool, bytes]]:
    """Base64 wherever the content may stand in what was encoded; letters that its neighbours touch left out."""
    for offset in range(3):
        padded = b"\0" * offset + content
        whole = len(padded) // 3 * 4
        begin = (0, 2, 3)[offset]
        yield f"base64, offset {offset}", False, b64encode(padded)[begin:whole]
        yield f"base64url, offset {offset}", False, urlsafe_b64encode(padded)[begin:whole]


def _digested(algorithm: str, digest: bytes) -> Iterator[tuple[str, bool, bytes]]:
    yield f"{algorithm}, hexadecimal", True, digest.hex()[:_PREFIX].encode()
    yield f"{algorithm}, base64", False, b64encode(digest)[:_PREFIX]
    yield f"{algorithm}, base64url", False, urlsafe_b64encode(digest)[:_PREFIX]
    yield f"{algorithm}, bytes", False, digest[: _PREFIX // 2]
