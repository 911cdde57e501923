"""A plot as SVG: axes with ticks, curves, bars and named dots; colours are those of the page around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

_WIDTH, _HEIGHT = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 12, 46

STYLE = (
    "svg text{font:12px system-ui,sans-serif;fill:var(--ink)}svg .tick{stroke:var(--line)}"
    "svg path{fill:none;stroke-width:2}svg .ham{stroke:var(--ham);fill:none}svg .spam{stroke:var(--spam);fill:none}"
    "svg .even{stroke:var(--line);stroke-dasharray:4 4}svg rect.ham{fill:var(--ham);stroke:none;opacity:.6}"
    "svg rect.spam{fill:var(--spam);stroke:none;opacity:.6}svg circle{fill:var(--spam)}"
)


@dataclass(frozen=True, slots=True)
class Axis:
    """What is measured, from where to where, and the numbers that are written at it."""

    name: str
    low: float
    high: float
    ticks: tuple[float, ...]
    is_logarithmic: bool = False
    is_share: bool = True

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0…1; what lies beyond is drawn at the end."""
        low, high, value = (
            (math.log(max(each, self.low)) for each in (self.low, self.high, value))
            if self.is_logarithmic
            else (self.low, self.high, value)
        )
        return min(1.0, max(0.0, (value - low) / (high - low)))

    def told(self, value: float) -> str:
        """A tick as people read it."""
        return f"{100 * value:g} %" if self.is_share else f"{value:g}"


SHARE_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Dot:
    """A place worth a mark, with its name."""

    x: float
    y: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing; `curves` and `bars` are told apart by their class, `bars` are left edge, width and height."""

    title: str
    x: Axis
    y: Axis
    curves: Sequence[tuple[str, Sequence[tuple[float, float]]]] = ()
    bars: Sequence[tuple[str, float, float, float]] = ()
    dots: Sequence[Dot] = field(default_factory=tuple)
    has_diagonal: bool = False

    def svg(self) -> str:
        """The drawing as a figure with its caption."""
        parts = [*self._axes(), *self._bars(), *self._curves(), *self._dots()]
        return (
            f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img"'
            f' aria-label="{escape(self.title)}">{"".join(parts)}</svg>'
            f"<figcaption>{escape(self.title)}</figcaption></figure>"
        )

    def _at(self, x: float, y: float) -> tuple[float, float]:
        across = _LEFT + self.x.share(x) * (_WIDTH - _LEFT - _RIGHT)
        down = _TOP + (1 - self.y.share(y)) * (_HEIGHT - _TOP - _BOTTOM)
        return round(across, 1), round(down, 1)

    def _axes(self) -> list[str]:
        bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
        parts = []
        for value in self.x.ticks:
            x, _ = self._at(value, self.y.low)
            parts.append(f'<line class="tick" x1="{x}" x2="{x}" y1="{_TOP}" y2="{bottom}"/>')
            parts.append(f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{self.x.told(value)}</text>')
        for value in self.y.ticks:
            _, y = self._at(self.x.low, value)
            parts.append(f'<line class="tick" x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}"/>')
            parts.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{self.y.told(value)}</text>')
        parts.append(f'<text x="{right}" y="{_HEIGHT - 8}" text-anchor="end">{escape(self.x.name)}</text>')
        middle = (_TOP + bottom) / 2
        turned = f'transform="rotate(-90 12 {middle})"'
        parts.append(f'<text x="12" y="{middle}" text-anchor="middle" {turned}>{escape(self.y.name)}</text>')
        return parts

    def _bars(self) -> list[str]:
        parts = []
        for kind, left, width, height in self.bars:
            (x, y), (end, bottom) = self._at(left, height), self._at(left + width, self.y.low)
            parts.append(
                f'<rect class="{kind}" x="{x}" y="{y}" width="{max(0.5, end - x - 1):.1f}"'
                f' height="{bottom - y:.1f}"/>'
            )
        return parts

    def _curves(self) -> list[str]:
        drawn = [*self.curves]
        if self.has_diagonal:
            drawn.insert(0, ("even", [(self.x.low, self.y.low), (self.x.high, self.y.high)]))
        return [
            f'<path class="{kind}" d="M{"L".join("{} {}".format(*self._at(x, y)) for x, y in points)}"/>'
            for kind, points in drawn
            if points
        ]

    def _dots(self) -> list[str]:
        parts = []
        for dot in self.dots:
            x, y = self._at(dot.x, dot.y)
            parts.append(f'<circle cx="{x}" cy="{y}" r="4"/>')
            anchor, aside = ("end", -8) if x > _WIDTH / 2 else ("start", 8)
            parts.append(
                f'<text x="{x + aside}" y="{y + 16}" text-anchor="{anchor}">{escape(dot.name)}</text>'
            )
        return parts
