"""Hostile text costs what its length costs: twice the text takes about twice the time, whatever reads it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from moderation import addresses, markup, policy, spam
from moderation.text import canonical, language_of, links, script_of

FAMILIES = {
    "letters": "a",
    "accents": "a\u0301",
    "stacked marks": "\u0301\u0316",
    "invisible": "\u200b",
    "spaced letters": "s p a c e d ",
    "dotted letters": "a.",
    "hyphened letters": "v-i-a-g-r-a ",
    "look-alikes": "ѕех ",
    "numbers as letters": "v1agr4 ",
    "exclamations": "!",
    "digits": "1",
    "numbered hosts": "1.",
    "hosts": "a.com ",
    "links": "http://x.example ",
    "openers": '<a href="',
    "brackets": "(",
    "tags": "<b>",
    "quotes": "<blockquote>",
    "comments": "<!--",
    "bulletin code": "[url=http://x.example]x[/url]",
    "entities": "&amp;",
    "at signs": "a@b.c@",
    "encoded at signs": "%40",
    "umlaut hosts": "ü.",
    "full-width": "ａ",
    "reversals": "\u202ea",
    "joiners": "a\u200d",
    "emoji": "😀",
    "han": "漢",
    "slashes": ":/",
}
ENDINGS = ("", "0.1234", "!a", "@x.org")


READERS: dict[str, Callable[[str], object]] = {
    "canonical": canonical.__wrapped__,  # it remembers the latest texts, which is not what is timed
    "links": links,
    "script": script_of,
    "language": language_of,
    "mask": addresses.mask_addresses,
    "render": markup.render,
    "plain": lambda text: markup.plain(text, 200),
    "fold": policy.folded,
    "explain": lambda text: spam.base().explain(spam.Candidate(text)),
}
LENGTH = 24_000


@pytest.mark.parametrize("family", FAMILIES)
def test_twice_the_text_takes_about_twice_the_time(family: str) -> None:
    for name, read in READERS.items():
        for ending in ENDINGS if name in {"canonical", "mask"} else ("",):
            once, twice = (_of_length(FAMILIES[family], n) + ending for n in (LENGTH, 2 * LENGTH))
            assert _grows_as_its_length(read, once, twice), (name, ending)


def _grows_as_its_length(read: Callable[[str], object], once: str, twice: str) -> bool:
    """Whether the longer text takes less than three times as long; what takes hardly any cannot be compared."""
    seconds = _seconds(read, twice)
    for _ in range(4):  # a machine that is busy elsewhere deserves another look
        if seconds < 0.15 or seconds <= 3 * _seconds(read, once):
            return True
        seconds = min(seconds, _seconds(read, twice))
    return False


def _of_length(piece: str, length: int) -> str:
    return (piece * (length // len(piece) + 1))[:length]


def _seconds(read: Callable[[str], object], text: str) -> float:
    """Processor time: what else the machine does is not counted."""
    start = time.process_time()
    read(text)
    return time.process_time() - start
