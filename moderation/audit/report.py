"""What the audit found: a row for each kind of place, and each find with its place, its reader and its disguise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.audit.canaries import Needle, encodings, needles_of
from moderation.audit.stage import Place, Stage


@dataclass(frozen=True, slots=True)
class Finding:
    """A canary that came out: where, whose, and in which disguise."""

    kind: str
    where: str
    canary: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of place: how many of them and how many bytes were searched, and how many finds there were."""

    kind: str
    places: int
    size: int
    findings: int


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome. `unproven` tells what the audit could not open or bring about, and so says nothing about."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    canaries: int
    encodings: int
    unproven: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing came out, and nothing was left out."""
        return not self.findings and not self.unproven


def report_on(set_up: Stage) -> Report:
    """Search everything that was kept for every canary in every disguise."""
    ours = tuple(set_up.kept_needles())
    everywhere = (needle for canary in set_up.canaries for needle in needles_of(canary))
    sieve = Sieve([*everywhere, *ours])
    findings = [finding for place in set_up.places for finding in _found(place, sieve)]
    rows = [
        _row(kind, set_up.places, findings) for kind in dict.fromkeys(place.kind for place in set_up.places)
    ]
    return Report(
        rows=tuple(rows),
        findings=tuple(dict.fromkeys(findings)),
        canaries=len(set_up.canaries),
        encodings=len(encodings()) + len({needle.encoding for needle in ours}),
        unproven=tuple(set_up.unproven),
    )


class Sieve:
    """Looks for thousands of needles at once: only those whose first bytes occur are looked for one by one."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._needles: dict[bool, dict[int, list[Needle]]] = {True: {}, False: {}}
        self._seen: dict[bytes, tuple[Needle, ...]] = {}
        for needle in needles:
            beginning = int.from_bytes(needle.content[:_BEGINNING], "little")
            self._needles[needle.in_any_case].setdefault(beginning, []).append(needle)
        self._ascending = {
            kind: np.array(sorted(found), dtype="<u8") for kind, found in self._needles.items()
        }

    def caught(self, content: bytes) -> tuple[Needle, ...]:
        """All needles in the content. The same content is searched once."""
        if content not in self._seen:
            self._seen[content] = (*self._search(content, False), *self._search(content.lower(), True))
        return self._seen[content]

    def _search(self, content: bytes, in_any_case: bool) -> Iterator[Needle]:
        needles = self._needles[in_any_case]
        for beginning in sorted(_beginnings(content, self._ascending[in_any_case])):
            yield from (needle for needle in needles[beginning] if needle.content in content)


_BEGINNING = 8
"""Bytes, read as one number; the shortest needle has as many."""


def _beginnings(content: bytes, ascending: NDArray[np.uint64]) -> set[int]:
    """Which of the wanted beginnings, in ascending order, stand anywhere in the content."""
    found: set[int] = set()
    for offset in range(min(_BEGINNING, len(content))):
        count = (len(content) - offset) // _BEGINNING
        words = np.frombuffer(content, dtype="<u8", count=count, offset=offset)
        nearest = ascending[np.searchsorted(ascending, words).clip(max=len(ascending) - 1)]
        found.update(words[nearest == words].tolist())
    return found


def _found(place: Place, sieve: Sieve) -> Iterator[Finding]:
    """The finds in a place, but for what the person who got the answer had just typed."""
    for needle in sieve.caught(place.content):
        is_at_home = needle.is_ours and place.kind.startswith("database")
        is_chance = needle.stands_alone and not _stands_alone(needle.content, place.content.lower())
        if needle.canary is not place.typed and not is_at_home and not is_chance:
            yield Finding(place.kind, place.where, needle.canary.name, needle.encoding)


def _stands_alone(word: bytes, content: bytes) -> bool:
    """Whether the word stands somewhere with no letter or digit beside it."""
    around = rb"(?<![0-9a-z])" + re.escape(word) + rb"(?![0-9a-z])"
    return re.search(around, content) is not None


def _row(kind: str, places: list[Place], findings: list[Finding]) -> Row:
    these = [place for place in places if place.kind == kind]
    count = sum(finding.kind == kind for finding in findings)
    return Row(kind, len(these), sum(len(place.content) for place in these), count)
