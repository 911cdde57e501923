"""What was measured, beside what was wanted: one row a bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.speed.rounds import Turns


@dataclass(frozen=True, slots=True)
class Bar:
    """One thing that was wanted: at least, or at most, so much; `aim` is what would be better still."""

    name: str
    bar: float
    aim: float
    measured: float
    at_most: bool = False
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether it is as good as the bar or better."""
        return self.measured <= self.bar if self.at_most else self.measured >= self.bar

    @property
    def row(self) -> str:
        """As a row of a Markdown table."""
        sign = "≤" if self.at_most else "≥"
        said = "yes" if self.is_reached else "**no**"
        return (
            f"| {self.name} | {sign} {self.bar:g}{self.unit} | {self.aim:g}{self.unit}"
            f" | {self.measured:.3g}{self.unit} | {said} |"
        )


def bars(turns: Turns) -> Iterator[Bar]:
    """All that this run measured."""
    for c, bar, aim in ((1, 50.0, 90.0), (8, 30.0, 60.0)):
        yield Bar(f"GET thread ÷ Isso, requests/s, c={c}", bar, aim, turns.ratio(f"GET c={c}", "per_second"))
    yield Bar("GET first after a comment ÷ Isso", 10, 20, turns.ratio("first GET", "ms", "isso", "gatepost"))
    yield Bar("304 ÷ Flask's, requests/s, c=8", 0.7, 0.9, turns.ratio("304 c=8", "per_second", to="floor"))
    for c, bar, aim in ((1, 1.5, 2.0), (8, 1.2, 1.5)):
        yield Bar(f"POST ÷ Isso, requests/s, c={c}", bar, aim, turns.ratio(f"POST c={c}", "per_second"))
    for c in (1, 8):
        yield Bar(f"POST: CPU ÷ Isso, c={c}", 0.75, 0.5, turns.ratio(f"POST c={c}", "cpu_ms"), True)
    yield Bar("POST: p99 ÷ Isso, c=8", 0.5, 0.25, turns.ratio("POST c=8", "p99_ms"), True)
    own = turns.median("POST c=8", "gatepost", "p99_ms") / turns.median("POST c=8", "gatepost", "p50_ms")
    yield Bar("POST: p99 ÷ own p50, c=8", 3, 2, own, True)
    for length, bar, aim in ((100, 0.6, 0.3), (500, 0.6, 0.3), (5000, 1.5, 0.8)):
        ratio = turns.ratio(f"score {length}", "us", to="naive")
        yield Bar(f"score of {length:,} characters ÷ naive", bar, aim, ratio, True)
    yield Bar(
        "start to first answer, empty", 2, 0.6, turns.median("start", "gatepost", "seconds"), True, " s"
    )
    yield Bar("memory (PSS) under load ÷ Isso", 1.2, 0.9, turns.ratio("under load", "mb"), True)
    yield Bar("GET, 100,000 comments elsewhere ÷ none", 1.2, 1.05, _grown(turns, "GET c=1"), True)
    yield Bar("first GET, 100,000 elsewhere ÷ none", 1.2, 1.05, _grown(turns, "first GET alone"), True)


def _grown(turns: Turns, turn: str) -> float:
    what = "p50_ms" if turn.startswith("GET") else "ms"
    return turns.ratio(f"{turn}, grown", what, "full", "empty")
