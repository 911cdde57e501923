"""A page that is packed once and sent many times, each time with other words in one place.

What stands before and behind the place is deflated (RFC 1951) when the page is drawn, and ends on a whole byte;
the words between them are put in as they are, as a block of their own. So an answer costs a few copies, and
nothing that somebody could choose is ever packed together with the words. It is one member of gzip (RFC 1952):
browsers read no more.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Self

LONGEST_WORDS = 0xFFFF
"""Bytes that one block which is not deflated may hold."""

_HEAD = struct.pack("<2sBBLBB", b"\x1f\x8b", 8, 0, 0, 0, 255)
_RAW = -zlib.MAX_WBITS
_LEVEL = 6
_FACTS = struct.Struct("<LLLL")


@dataclass(frozen=True, slots=True)
class Packed:
    """A page but for the words in its place.

    Attributes
    ----------
    before, after
        What stands there, deflated; the latter ends the stream.
    after_plain
        What stands behind the place as it is: the checksum goes over the words first.
    crc, size
        Checksum and length of what stands before, as it is.
    """

    before: bytes
    after: bytes
    after_plain: bytes
    crc: int
    size: int

    @classmethod
    def of(cls, page: bytes, place: bytes) -> Self:
        """Pack a page that holds the place once; one that does not hold it takes no words."""
        before, _, after = page.partition(place)
        return cls(
            before=_deflated(before, zlib.Z_FULL_FLUSH),
            after=_deflated(after, zlib.Z_FINISH),
            after_plain=after,
            crc=zlib.crc32(before),
            size=len(before),
        )

    @classmethod
    def from_bytes(cls, kept: bytes) -> Self:
        """What `to_bytes` wrote."""
        crc, size, first, second = _FACTS.unpack_from(kept)
        start, middle = _FACTS.size, _FACTS.size + first
        return cls(
            kept[start:middle], kept[middle : middle + second], kept[middle + second :], crc=crc, size=size
        )

    def to_bytes(self) -> bytes:
        """All of it as one, to be kept."""
        facts = _FACTS.pack(self.crc, self.size, len(self.before), len(self.after))
        return b"".join((facts, self.before, self.after, self.after_plain))

    def filled(self, words: bytes) -> bytes:
        """The page with these words in its place, as gzip has it.

        Raises
        ------
        ValueError
            More than `LONGEST_WORDS` bytes.
        """
        if len(words) > LONGEST_WORDS:
            raise ValueError("too many words for their place")
        block = struct.pack("<BHH", 0, len(words), len(words) ^ 0xFFFF) + words if words else b""
        crc = zlib.crc32(self.after_plain, zlib.crc32(words, self.crc))
        size = self.size + len(words) + len(self.after_plain)
        return b"".join((_HEAD, self.before, block, self.after, struct.pack("<LL", crc, size & 0xFFFFFFFF)))


def _deflated(content: bytes, ending: int) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    return packer.compress(content) + packer.flush(ending)
