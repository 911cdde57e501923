"""Charts as shapes: numbers become rectangles, paths and words here, and a macro draws them as SVG.

Nothing carries a style of its own, since the content policy forbids it: shapes have classes, and the style sheet has
the colours of light and dark. Every chart comes with its numbers as a table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360.0, 170.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 20.0, 8.0, 22.0
_ROOM_X, _ROOM_Y = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_MOST_LABELS = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it is, and as people read it; None where there is none."""

    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A path."""

    d: str
    kind: str


@dataclass(frozen=True, slots=True)
class Word:
    """A few letters at a place; `anchor` is start, middle or end."""

    x: float
    y: float
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, the keys to its colours, and its numbers: a head, and rows of a name and cells."""

    title: str
    boxes: tuple[Box, ...]
    strokes: tuple[Stroke, ...]
    words: tuple[Word, ...]
    legend: tuple[tuple[str, str], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    width: float = WIDTH
    height: float = HEIGHT


def columns(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]], colours: Sequence[int] = ()
) -> Chart:
    """Stacked columns, one a label, the first series at the bottom; `colours` where they are not in turn."""
    colour = list(colours) or list(range(len(series)))
    totals = [sum(values[n] for values in series.values()) for n in range(len(labels))]
    highest = _nice(max([1, *totals]))
    slot = _ROOM_X / max(len(labels), 1)
    boxes = []
    for n in range(len(labels)):
        y = _TOP + _ROOM_Y
        for number, values in enumerate(series.values()):
            height = _ROOM_Y * values[n] / highest
            y -= height
            if height:
                boxes.append(
                    Box(
                        _r(_LEFT + n * slot + slot * 0.12),
                        _r(y),
                        _r(slot * 0.76),
                        _r(height),
                        f"series-{colour[number]}",
                    )
                )
    return Chart(
        title,
        tuple(boxes),
        _grid(),
        (*_marks_y([f"{highest * part / 2:,.0f}" for part in range(3)]), *_labels_x(labels)),
        tuple((f"series-{colour[number]}", name) for number, name in enumerate(series)),
        ("", *series),
        tuple(
            (label, tuple(Cell(values[n], f"{values[n]:,}") for values in series.values()))
            for n, label in enumerate(labels)
        ),
    )


def lines(title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Chart:
    """Shares over time, 0…1, one line a series; None is a gap."""
    known = [value for values in series.values() for value in values if value is not None]
    highest = min(1.0, _nice(100 * max([0.01, *known])) / 100)
    slot = _ROOM_X / max(len(labels), 1)
    strokes, boxes = list(_grid()), []
    for number, values in enumerate(series.values()):
        path, is_open = "", False
        for n, value in enumerate(values):
            if value is None:
                is_open = False
                continue
            x, y = _r(_LEFT + (n + 0.5) * slot), _r(_TOP + _ROOM_Y * (1 - value / highest))
            path += f"{'L' if is_open else 'M'}{x} {y}"
            boxes.append(Box(_r(x - 2), _r(y - 2), 4.0, 4.0, f"line-{number}"))
            is_open = True
        strokes.append(Stroke(path, f"line-{number}"))
    return Chart(
        title,
        tuple(boxes),
        tuple(strokes),
        (*_marks_y([f"{100 * highest * part / 2:.3g} %" for part in range(3)]), *_labels_x(labels)),
        tuple((f"line-{number}", name) for number, name in enumerate(series)),
        ("", *series),
        tuple(
            (label, tuple(percent(values[n]) for values in series.values())) for n, label in enumerate(labels)
        ),
    )


def curves(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str = ""
) -> Chart:
    """Amounts over time, one line a series; None is a gap. `unit` stands behind the highest one."""
    highest = _nice(
        max([1.0, *(value for values in series.values() for value in values if value is not None)])
    )
    shares = {
        name: [None if value is None else value / highest for value in values]
        for name, values in series.items()
    }
    drawn = lines(title, labels, {**shares, "": [1.0] * len(labels)})  # the scale ends at the highest
    boxes = tuple(box for box in drawn.boxes if box.kind != f"line-{len(series)}")
    marks = [f"{highest * part / 2:,.3g}{f' {unit}' if part == 2 and unit else ''}" for part in range(3)]
    return Chart(
        title,
        boxes,
        tuple(stroke for stroke in drawn.strokes if stroke.kind != f"line-{len(series)}"),
        (*_marks_y(marks), *_labels_x(labels)),
        drawn.legend[:-1],
        ("", *series),
        tuple(
            (label, tuple(number(values[n]) for values in series.values())) for n, label in enumerate(labels)
        ),
    )


def bars(title: str, head: tuple[str, str], rows: Sequence[tuple[str, int]]) -> Chart:
    """Lying bars, one a row, each below its name."""
    highest = max([1, *(count for _, count in rows)])
    step = 34.0
    boxes = tuple(
        Box(0, _r(n * step + 16), _r(max(2.0, (WIDTH - 50) * count / highest)), 10.0, "line-0")
        for n, (_, count) in enumerate(rows)
    )
    names = [Word(0, _r(n * step + 11), "start", _cut(name)) for n, (name, _) in enumerate(rows)]
    counts = [
        Word(_r(box.width + 6), _r(box.y + 9), "start", f"{count:,}")
        for box, (_, count) in zip(boxes, rows, strict=True)
    ]
    table = tuple((name, (Cell(count, f"{count:,}"),)) for name, count in rows)
    height = max(step, step * len(rows))
    return Chart(title, boxes, (), (*names, *counts), (), head, table, WIDTH, height)


def _cut(name: str) -> str:
    return name if len(name) <= 52 else f"{name[:51]}…"


@dataclass(frozen=True, slots=True)
class Point:
    """What was said, what came of it, between which it lies, and of how many."""

    said: float
    came: float
    low: float
    high: float
    count: int
    name: str


def reliability(title: str, points: Sequence[Point]) -> Chart:
    """Shares that came of what was said, with their intervals, beside the diagonal of those that keep their word."""

    def x(value: float) -> float:
        return _r(_LEFT + _ROOM_X * value)

    def y(value: float) -> float:
        return _r(_TOP + _ROOM_Y * (1 - value))

    strokes = [*_grid(), Stroke(f"M{x(0)} {y(0)}L{x(1)} {y(1)}", "promise")]
    strokes += [Stroke(f"M{x(p.said)} {y(p.low)}L{x(p.said)} {y(p.high)}", "interval") for p in points]
    boxes = [Box(_r(x(p.said) - 3), _r(y(p.came) - 3), 6.0, 6.0, "line-0") for p in points]
    return Chart(
        title,
        tuple(boxes),
        tuple(strokes),
        (
            *_marks_y(["0 %", "50 %", "100 %"]),
            *(Word(x(part / 4), HEIGHT - 6, "middle", f"{25 * part} %") for part in range(5)),
        ),
        (
            ("line-0", "spam among them, with the interval that holds it 95 times of 100"),
            ("promise", "as said"),
        ),
        ("Said", "Decisions", "Said on average", "Spam among them", "At least", "At most"),
        tuple(
            (p.name, (Cell(p.count, f"{p.count:,}"), *map(percent, (p.said, p.came, p.low, p.high))))
            for p in points
        ),
    )


def band(
    title: str,
    points: Sequence[tuple[float, float, float, float]],
    marks: Mapping[str, float],
    names: Sequence[str],
) -> Chart:
    """A curve with its interval, over equal steps; `marks` are places on it, in steps from the left.

    Parameters
    ----------
    points
        Where, what, at least, at most.
    """
    highest = _nice(max([0.01, *(high for _, _, _, high in points)]))
    step = _ROOM_X / max(len(points) - 1, 1)

    def at(n: float, value: float) -> str:
        return f"{_r(_LEFT + n * step)} {_r(_TOP + _ROOM_Y * (1 - min(value, highest) / highest))}"

    upper = "L".join(at(n, high) for n, (_, _, _, high) in enumerate(points))
    lower = "L".join(at(n, low) for n, (_, _, low, _) in reversed(list(enumerate(points))))
    middle = "L".join(at(n, mean) for n, (_, mean, _, _) in enumerate(points))
    strokes = [*_grid(), Stroke(f"M{upper}L{lower}Z", "area"), Stroke(f"M{middle}", "line-0")]
    strokes += [
        Stroke(f"M{_r(_LEFT + n * step)} {_TOP}V{_r(_TOP + _ROOM_Y)}", f"mark-{number}")
        for number, n in enumerate(marks.values())
    ]
    labels = [percent(where).text for where, _, _, _ in points]
    return Chart(
        title,
        (),
        tuple(strokes),
        (*_marks_y([f"{highest * part / 2:.3g}" for part in range(3)]), *_labels_x(labels, is_between=True)),
        (("line-0", names[0]), *((f"mark-{number}", name) for number, name in enumerate(marks))),
        (names[1], names[0], "At least", "At most"),
        tuple((percent(where).text, tuple(number(value) for value in rest)) for where, *rest in points),
    )


def percent(value: float | None, digits: int = 2, sign: str = "") -> Cell:
    """A share, with so many digits that say something; `sign` is "+" where a gain is told.

    >>> percent(0.0254).text, percent(0.5).text, percent(0.00004).text, percent(None).text
    ('2.5 %', '50 %', '0.004 %', '–')
    """
    return Cell(None, "–") if value is None else Cell(value, f"{_sensible(100 * value, digits, sign)} %")


def number(value: float | None, digits: int = 2, sign: str = "") -> Cell:
    """A number, with so many digits that say something; `sign` is "+" where a gain is told.

    >>> number(1234.5).text, number(3.217).text, number(0.04321).text, number(-0.5, sign="+").text, number(0).text
    ('1,234', '3.2', '0.043', '−0.5', '0')
    """
    return Cell(None, "–") if value is None else Cell(value, _sensible(value, digits, sign))


def _sensible(value: float, digits: int, sign: str) -> str:
    if abs(value) < 5e-7:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    said = f"{value:{sign},.{places}f}".replace("-", "−")
    return said.rstrip("0").rstrip(".") if "." in said else said


def _nice(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, … that is not below."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value)


def _grid() -> tuple[Stroke, ...]:
    return tuple(
        Stroke(f"M{_LEFT} {_r(_TOP + _ROOM_Y * part / 2)}H{WIDTH - _RIGHT}", "grid") for part in range(3)
    )


def _marks_y(said: Sequence[str]) -> list[Word]:
    return [
        Word(_LEFT - 4, _r(_TOP + _ROOM_Y * (1 - part / 2) + 4), "end", text)
        for part, text in enumerate(said)
    ]


def _labels_x(labels: Sequence[str], *, is_between: bool = False) -> list[Word]:
    steps = max(len(labels) - 1, 1) if is_between else max(len(labels), 1)
    every = max(1, -(-len(labels) // _MOST_LABELS))
    return [
        Word(_r(_LEFT + _ROOM_X * (n + (0 if is_between else 0.5)) / steps), HEIGHT - 6, "middle", label)
        for n, label in enumerate(labels)
        if n % every == 0
    ]


def _r(value: float) -> float:
    return round(value, 1)
