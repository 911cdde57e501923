"""What is packed once comes out as the page with the words in their place."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.web.packing import LONGEST_WORDS, Packed

PLACE = b"<<here>>"
parts = st.binary(max_size=3000).filter(lambda part: PLACE not in part)


@given(parts, parts, st.binary(max_size=300))
def test_a_packed_page_is_the_page_with_the_words_in_their_place(
    before: bytes, after: bytes, words: bytes
) -> None:
    packed = Packed.of(before + PLACE + after, PLACE)
    assert gzip.decompress(packed.filled(words)) == before + words + after
    assert Packed.from_bytes(packed.to_bytes()) == packed


@given(parts)
def test_a_page_without_the_place_is_packed_as_it_is(page: bytes) -> None:
    assert gzip.decompress(Packed.of(page, PLACE).filled(b"")) == page


def test_it_is_one_member_which_is_all_that_browsers_read() -> None:
    page = b"<p>seven</p>" * 2000
    filled = Packed.of(page + PLACE + page, PLACE).filled(b"token")
    reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert reader.decompress(filled) == page + b"token" + page
    assert reader.eof
    assert reader.unused_data == b""
    assert len(filled) < len(page) / 10


def test_the_words_are_not_packed_together_with_what_others_wrote() -> None:
    """Else the length of an answer would tell whether somebody's guess at them stands on the page (BREACH)."""
    words = b"a-token-of-forty-three-characters-or-so-0123"
    one, other = (
        len(Packed.of(guess + PLACE, PLACE).filled(words)) for guess in (words, bytes(reversed(words)))
    )
    assert one == other


def test_words_that_are_too_long_for_a_block_are_refused() -> None:
    packed = Packed.of(PLACE, PLACE)
    assert gzip.decompress(packed.filled(b"x" * LONGEST_WORDS)) == b"x" * LONGEST_WORDS
    with pytest.raises(ValueError, match="too many"):
        packed.filled(b"x" * (LONGEST_WORDS + 1))
