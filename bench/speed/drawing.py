"""The bars as a picture: how far each was passed or missed, on a scale of doublings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from bench.speed.bars import Bar

_ROW, _LEFT, _WIDTH, _REACH = 26, 270, 760, 3.0
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.grid{stroke:#bbb;stroke-dasharray:3 4}.bar{stroke:#222}"
    ".yes{fill:#2b7a4b}.no{fill:#b3372f}.aim{fill:none;stroke:#222}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.bar,.aim{stroke:#ddd}.grid{stroke:#555}}"
)


def picture(found: Sequence[Bar]) -> str:
    """An SVG that stands by itself: right of the line is better than the bar; a ring marks the aim."""
    height = _ROW * len(found) + 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        f' aria-label="What was measured, beside the bars"><style>{_STYLE}</style>'
    ]
    for doubling in range(-int(_REACH), int(_REACH) + 1):
        x, kind = _at(2.0**doubling), "bar" if doubling == 0 else "grid"
        named = "bar" if doubling == 0 else f"{2.0**doubling:g}×"
        parts.append(f'<path class="{kind}" d="M{x:.0f} 24V{height - 12}"/>')
        parts.append(f'<text x="{x:.0f}" y="16" text-anchor="middle">{named}</text>')
    for n, each in enumerate(found):
        parts += _row(each, 38 + n * _ROW)
    return "".join([*parts, "</svg>\n"])


def _row(each: Bar, y: int) -> list[str]:
    better, aim = _better(each, each.measured), _better(each, each.aim)
    kind = "yes" if each.is_reached else "no"
    start, end = sorted((_at(1.0), _at(better)))
    return [
        f'<text x="{_LEFT - 12}" y="{y + 5}" text-anchor="end">{escape(each.name)}</text>',
        f'<rect class="{kind}" x="{start:.1f}" y="{y - 7}" width="{max(1.5, end - start):.1f}" height="14"/>',
        f'<circle class="aim" cx="{_at(aim):.1f}" cy="{y}" r="5"/>',
    ]


def _better(each: Bar, value: float) -> float:
    """How many times as good as the bar."""
    return each.bar / value if each.at_most else value / each.bar


def _at(better: float) -> float:
    doublings = max(-_REACH, min(_REACH, math.log2(max(better, 1e-6))))
    return _LEFT + (doublings + _REACH) / (2 * _REACH) * (_WIDTH - _LEFT - 20)
