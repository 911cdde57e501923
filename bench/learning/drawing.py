"""Small plots side by side, one a figure, of several curves over the number of labels: SVG for light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Curves = Mapping[str, Mapping[int, float]]
_WIDTH, _HEIGHT, _COLUMNS = 300, 180, 3
_LEFT, _TOP, _GAP = 46, 34, 40
_COLOURS = ("grey", "blue", "green", "brown")
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600}"
    "path{fill:none;stroke-width:2.2}.grid{stroke:#ddd;stroke-width:1}"
    ".grey{stroke:#767676;stroke-dasharray:5 4}.blue{stroke:#0a58a8}.green{stroke:#2e7d32}.brown{stroke:#b35900}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}.grey{stroke:#aaa}.blue{stroke:#6cb2ff}"
    ".green{stroke:#7bd07f}.brown{stroke:#ffac5e}}"
)


def panels(figures: Mapping[str, Curves], sizes: Sequence[int]) -> str:
    """Draw each figure's curves over the sizes, which stand side by side at equal distances."""
    rows = -(-len(figures) // _COLUMNS)
    width, height = _COLUMNS * (_WIDTH + _LEFT + _GAP // 2), rows * (_HEIGHT + _TOP + _GAP) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="What becomes of errors as labels come in"><style>{_STYLE}</style>'
    ]
    for number, (name, curves) in enumerate(figures.items()):
        x = _LEFT + number % _COLUMNS * (_WIDTH + _LEFT + _GAP // 2)
        y = _TOP + number // _COLUMNS * (_HEIGHT + _TOP + _GAP)
        parts += [f'<g transform="translate({x} {y})">', *_panel(name, curves, sizes), "</g>"]
    parts += [
        f'<g transform="translate({_LEFT} {height - 12})">',
        *_legend(next(iter(figures.values()))),
        "</g>",
    ]
    return "".join(parts) + "</svg>\n"


def _panel(name: str, curves: Curves, sizes: Sequence[int]) -> Iterator[str]:
    values = [value for each in curves.values() for value in each.values()]
    low, high = min(values, default=0.0), max(values, default=1.0)
    is_near_one = 0.9 < low <= high <= 1.0
    low, high = (0.9, 1.0) if is_near_one else ((0.0 if low < 0.5 else low - 0.02), high * 1.02)
    at = {size: _WIDTH * (i + 0.5) / len(sizes) for i, size in enumerate(sizes)}
    yield f'<text class="title" y="-12">{name}</text>'
    for step in range(5):
        value = low + (high - low) * step / 4
        y = _HEIGHT * (1 - step / 4)
        yield f'<path class="grid" d="M0 {y:.1f}h{_WIDTH}"/>'
        yield f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{value:.2f}</text>'
    for size, x in at.items():
        yield f'<text x="{x:.1f}" y="{_HEIGHT + 18}" text-anchor="middle">{size}</text>'
    for points, colour in zip(curves.values(), _COLOURS, strict=False):
        places = (
            f"{at[size]:.1f} {_HEIGHT * (1 - (value - low) / (high - low)):.1f}"
            for size, value in points.items()
        )
        yield f'<path class="{colour}" d="M{"L".join(places)}"/>'


def _legend(curves: Curves) -> Iterator[str]:
    for number, (name, colour) in enumerate(zip(curves, _COLOURS, strict=False)):
        x = number * 220
        yield f'<path class="{colour}" d="M{x} -4h24"/><text x="{x + 32}">{name}</text>'
