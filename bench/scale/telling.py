"""What was measured: a row a piece of work, its times by size, how they grow, and the bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.speed.bars import Bar
from bench.speed.rounds import Turns

BEGUN = {"queue": (1.2, 1.1), "search": (3.0, 2.0), "thread": (1.5, 1.2), "busiest": (1.5, 1.2)}
"""Bars by how the turns' names begin."""

EXACT = {
    "counts": (1.1, 1.0),
    "known reader": (1.5, 1.2),
    "unknown reader": (1.5, 1.2),
    "POST": (1.3, 1.2),
    "POST of a known reader": (1.3, 1.2),
    "start": (1.1, 1.0),
}
SLOWEST_SEARCH = 50.0
"""Milliseconds."""


def rows(turns: Turns) -> Iterator[tuple[str, str]]:
    """Turns and what is told of each, as they were measured."""
    yield from dict.fromkeys((turn, what) for turn, _, what in turns.found)


def bars(turns: Turns, sizes: Sequence[str], empty: str) -> list[Bar]:
    """Each turn that has a bar: what the largest costs beside the smallest."""
    found = []
    for turn, what in rows(turns):
        if bar := EXACT.get(turn) or BEGUN.get(turn.partition(" ")[0].rstrip(":,")):
            to = empty if turn == "start" else sizes[0]
            found.append(Bar(turn, *bar, turns.ratio(turn, what, sizes[-1], to), at_most=True))
    searches = [turn for turn, _ in rows(turns) if turn.startswith("search alone")]
    if searches:
        slowest = max(turns.median(turn, sizes[-1], "ms") for turn in searches)
        found.append(Bar("slowest search alone", SLOWEST_SEARCH, 25, slowest, at_most=True, unit=" ms"))
    return found


def table(turns: Turns, sizes: Sequence[str], found: Sequence[Bar]) -> str:
    """All turns, as Markdown."""
    named = {each.name: each for each in found}
    lines = [
        f"| work | {' | '.join(sizes)} | {sizes[-1]} ÷ {sizes[0]} | bar | reached |",
        f"| --- |{' ---: |' * (len(sizes) + 1)} --- | --- |",
    ]
    for turn, what in rows(turns):
        times = [_time(turns.median(turn, size, what), what) for size in sizes]
        bar = named.get(turn)
        ratio = bar.measured if bar else turns.ratio(turn, what, sizes[-1], sizes[0])
        judged = f"≤ {bar.bar:g} | {'yes' if bar.is_reached else '**no**'}" if bar else " | "
        lines.append(f"| {turn} | {' | '.join(times)} | {ratio:.2f} | {judged} |")
    if (slowest := named.get("slowest search alone")) is not None:
        judged = f"≤ {slowest.bar:g} ms | {'yes' if slowest.is_reached else '**no**'}"
        blank = " |" * (len(sizes) - 1)
        lines.append(f"| slowest search alone |{blank} {slowest.measured:.1f} ms | | {judged} |")
    return "\n".join(lines)


def _time(value: float, what: str) -> str:
    if what in {"s", "seconds"}:
        return f"{value:.2f} s"
    return f"{value:.0f} {what}" if value >= 100 else f"{value:.3g} {what}"
