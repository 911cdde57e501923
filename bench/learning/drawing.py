"""One plot of several curves over the number of labels, as SVG that follows light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT = 560, 320, 50, 40, 190
_COLOURS = ("#888888", "#0a58a8", "#b35900", "#8a3ea8", "#2e7d32")
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}path{fill:none;stroke-width:2.5}.grid{stroke:#ccc;stroke-width:1}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}}"
)


def curves(title: str, values: Mapping[str, Mapping[int, float]], sizes: Sequence[int]) -> str:
    """Draw each name's values over the sizes, which stand side by side, from 0 to the highest value."""
    highest = max(1.0, *(max(each.values()) for each in values.values()))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + _LEFT + _RIGHT} {_HEIGHT + 2 * _TOP}"'
        f' role="img" aria-label="{title}"><style>{_STYLE}</style><text x="{_LEFT}" y="20">{title}</text>'
    ]
    for tenth in range(0, int(highest * 10) + 1, 2):
        y = _TOP + _HEIGHT * (1 - tenth / 10 / highest)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}h{_WIDTH}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth / 10:.1f}</text>')
    at = {size: _LEFT + _WIDTH * (i + 0.5) / len(sizes) for i, size in enumerate(sizes)}
    for size, x in at.items():
        parts.append(f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 22}" text-anchor="middle">{size}</text>')
    parts.append(f'<text x="{_LEFT + _WIDTH}" y="{_TOP + _HEIGHT + 38}" text-anchor="end">labels</text>')
    for number, ((name, points), colour) in enumerate(zip(values.items(), _COLOURS, strict=False)):
        path = "L".join(
            f"{at[size]:.1f} {_TOP + _HEIGHT * (1 - value / highest):.1f}" for size, value in points.items()
        )
        parts.append(f'<path stroke="{colour}" d="M{path}"/>')
        y = _TOP + 20 + 22 * number
        parts.append(f'<path stroke="{colour}" d="M{_LEFT + _WIDTH + 8} {y - 4}h18"/>')
        parts.append(f'<text x="{_LEFT + _WIDTH + 32}" y="{y}">{name}</text>')
    return "".join(parts) + "</svg>\n"
