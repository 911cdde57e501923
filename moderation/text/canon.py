"""Canonical text: an ordered list of steps, each of which undoes one kind of disguise, run until nothing changes.

A step is a pattern and what to write in its place. Because every step is that and nothing else, the same list
also tells for each character of the result where it came from in the text as typed.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from moderation.text.disguises import BACKWARDS, PLAIN_STEPS, STEPS, Step

_PASSES = 6
_PASSES_WITH_ENTITIES = 3


@dataclass(frozen=True, slots=True)
class Canonical:
    """A text with its disguises undone.

    Attributes
    ----------
    text
        The text as a reader takes it: compatibility forms folded (NFKC), look-alikes back in their own script,
        invisible characters gone. Case is kept.
    disguises
        The kinds of disguise that were undone, in plain words, each once; empty for honest text in any script.
    """

    text: str
    disguises: tuple[str, ...] = ()


@lru_cache(maxsize=16)  # policy, classifier, campaigns and search ask for one comment's, one after the other
def canonical(text: str) -> Canonical:
    """Undo the disguises of a text. Idempotent on the text it returns, linear in length, never raises.

    >>> canonical("c\u0430sino b\u200bonus, c l i c k").text
    'casino bonus, click'
    >>> canonical("\u0441\u043f\u0430\u0441\u0438\u0431\u043e \U0001f469\u200d\U0001f52c").disguises
    ()
    """
    kinds: dict[str, None] = {}
    for steps in _passes():
        before = text
        for step in steps:
            if step.may_apply(text):
                changed = step.pattern.sub(step.replace, text)
                if step.kind and changed != text:
                    kinds[step.kind] = None
                text = changed
        if text == before:
            break
    return Canonical(text, tuple(kinds))


def canonical_with_origins(text: str) -> tuple[Canonical, array[int]]:
    """Like `canonical`, and for each character of the result the offset it came from.

    Returns
    -------
    tuple
        The canonical text, and one offset into `text` per character of it, ascending but for reversed text,
        with `len(text)` as one more at the end. Several times slower than `canonical`: for explanations.
    """
    kinds: dict[str, None] = {}
    origins = array("l", range(len(text) + 1))
    for steps in _passes():
        before = text
        for step in steps:
            if step.may_apply(text):
                changed, origins = substitute(step, text, origins)
                if step.kind and changed != text:
                    kinds[step.kind] = None
                text = changed
        if text == before:
            break
    return Canonical(text, tuple(kinds)), origins


def _passes() -> Iterator[tuple[Step, ...]]:
    # Entities may be nested without end ("&amp;amp;…" split by other disguises): after a few passes an ampersand
    # is just an ampersand, so that a hostile text costs a fixed number of passes and still comes to rest.
    for number in range(_PASSES_WITH_ENTITIES + _PASSES):
        yield STEPS if number < _PASSES_WITH_ENTITIES else PLAIN_STEPS


def substitute(step: Step, text: str, origins: array[int]) -> tuple[str, array[int]]:
    """One step over a text, with the offsets of what is kept and written carried along."""
    pieces: list[str] = []
    kept = array("l")
    end = 0
    for match in step.pattern.finditer(text):
        start, stop = match.span()
        written = step.replace(match)
        pieces += (text[end:start], written)
        kept.extend(origins[end:start])
        if step is BACKWARDS:
            kept.extend(reversed(origins[slice(*match.span(1))]))
        else:
            kept.extend(_spread(origins, start, stop, len(written)))
        end = stop
    pieces.append(text[end:])
    kept.extend(origins[end:])
    return "".join(pieces), kept


def _spread(origins: array[int], start: int, stop: int, length: int) -> array[int]:
    width = stop - start
    if length == width:
        return origins[start:stop]
    return array("l", (origins[start + i * width // length] for i in range(length)))
