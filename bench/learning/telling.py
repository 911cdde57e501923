"""What the study found, as tables in Markdown and as curves: medians over sources, and every source by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import mean, median

from bench.learning.replay import IN_TIME, SIZES, Figures

BASE, SHIPPED, RUNNING, RETRAIN = "base alone", "correction (shipped)", "as it runs", "full retrain"
SHOWN = (BASE, SHIPPED, RUNNING, RETRAIN)
"""What is drawn."""

FIGURES = ("cost", "log loss", "AUC", "genuine held", "spam missed", "spam elsewhere")
_LEARNED = SIZES[1:]
_BEYOND_CHANCE = 1.96
Results = dict[tuple[str, str, int, int], Figures]


def tables(results: Results) -> str:
    """Whether the promises are kept, the ways side by side, and the sources."""
    return "\n".join((*_bars(results), "", *_ways(results), "", *_sources(results), ""))


def curves(results: Results) -> dict[str, dict[str, dict[int, float]]]:
    """Per figure and way the median over sources at each number of labels; costs are relative to the base alone."""
    return {
        figure: {way: found for way in SHOWN if (found := _curve(results, figure, way))} for figure in FIGURES
    }


def _curve(results: Results, figure: str, way: str) -> dict[int, float]:
    found = {}
    for size in SIZES:
        if figure == "cost":
            values = [_ratio(results, way, name, size) for name in _names(results, way, size)]
        else:
            values = [_mean(results, way, name, size, figure) for name in _names(results, way, size)]
        if values:
            found[size] = median(values)
    return found


def _bars(results: Results) -> Iterator[str]:
    ways = [way for way in (SHIPPED, RUNNING, RETRAIN) if _names(results, way, 0)]
    yield "| promise | " + " | ".join(ways) + " |"
    yield "|:--|" + "--:|" * len(ways)
    for size, most in ((50, 0.75), (200, 0.60)):
        cells = [_share(_curve(results, "cost", way).get(size)) for way in ways]
        yield f"| cost after {size} labels, median source: at most {most:.0%} of the base's | {' | '.join(cells)} |"
    cells = [", ".join(_worse(results, way)) or "none" for way in ways]
    yield f"| sources worse than the base beyond chance (at which numbers of labels) | {' | '.join(cells)} |"
    cells = [f"{_forgotten(results, way):+.1f}" for way in ways]
    yield f"| spam of other sources above .5, at worst, points; −5 is allowed | {' | '.join(cells)} |"


def _ways(results: Results) -> Iterator[str]:
    yield (
        "| way | "
        + " | ".join(map(str, _LEARNED))
        + " | worst source | worse beyond chance | spam elsewhere, points |"
    )
    yield "|:--|" + "--:|" * (len(_LEARNED) + 3)
    for way in dict.fromkeys(way for way, *_ in results if way != BASE):
        curve = _curve(results, "cost", way)
        ratios = [_ratio(results, way, name, n) for n in _LEARNED for name in _names(results, way, n)]
        yield (
            f"| {way} | "
            + " | ".join(_share(curve.get(size)) for size in _LEARNED)
            + f" | {_share(max(ratios))} | {len(_worse(results, way))} | {_forgotten(results, way):+.1f} |"
        )


def _sources(results: Results) -> Iterator[str]:
    way = RUNNING
    yield (
        "| source | order | judged by labels up to | cost per 1,000, base alone | "
        + " | ".join(map(str, _LEARNED))
        + " | AUC | genuine held | spam missed | full retrain |"
    )
    yield "|:--|:--|--:|--:|" + "--:|" * (len(_LEARNED) + 4)
    for name in _names(results, way, 0):
        most = max(size for size in SIZES if name in _names(results, way, size))
        costs = [
            _share(_ratio(results, way, name, size)) + _mark(results, way, name, size)
            if name in _names(results, way, size)
            else ""
            for size in _LEARNED
        ]
        yield (
            f"| `{name}` | {'time' if name in IN_TIME else 'five shuffles'} | {most}"
            f" | {1000 * _mean(results, BASE, name, 0, 'cost'):.0f} | {' | '.join(costs)}"
            f" | {_from_to(results, name, most, 'AUC', '.3f')}"
            f" | {_from_to(results, name, most, 'genuine held', '.1%')}"
            f" | {_from_to(results, name, most, 'spam missed', '.1%')}"
            f" | {_share(_ratio(results, RETRAIN, name, most)) if name in _names(results, RETRAIN, most) else ''} |"
        )


def _from_to(results: Results, name: str, most: int, figure: str, form: str) -> str:
    before, after = (_mean(results, way, name, most, figure) for way in (BASE, RUNNING))
    return f"{before:{form}} → {after:{form}}".replace("%", " %")


def _mark(results: Results, way: str, name: str, size: int) -> str:
    z = _z(results, way, name, size)
    return "" if z is None or abs(z) < _BEYOND_CHANCE else ("" if z > 0 else " (worse)")


def _worse(results: Results, way: str) -> list[str]:
    """Sources that cost more than by the base alone, by more than chance."""
    found = []
    for name in _names(results, way, 0):
        sizes = [
            size
            for size in _LEARNED
            if name in _names(results, way, size)
            and (z := _z(results, way, name, size)) is not None
            and z < -_BEYOND_CHANCE
        ]
        if sizes:
            found.append(f"`{name}` ({', '.join(map(str, sizes))})")
    return found


def _forgotten(results: Results, way: str) -> float:
    """The most that was lost of other sources' spam above .5, in points; a loss is negative."""
    return 100 * min(
        _mean(results, way, name, size, "spam elsewhere") - _mean(results, BASE, name, size, "spam elsewhere")
        for size in _LEARNED
        for name in _names(results, way, size)
    )


def _z(results: Results, way: str, name: str, size: int) -> float | None:
    """How many standard errors the cost is lower by; streams of one source share rows, so they count as one."""
    told = _of(results, way, name, size)
    variance = mean(each["variance"] for each in told)
    return mean(each["gain"] for each in told) / math.sqrt(variance) if variance else None


def _ratio(results: Results, way: str, name: str, size: int) -> float:
    """Cost ÷ cost of the base alone, on the same streams."""
    told = _of(results, way, name, size)
    return sum(each["cost"] for each in told) / sum(each["cost"] + each["gain"] for each in told)


def _mean(results: Results, way: str, name: str, size: int, figure: str) -> float:
    return mean(each[figure] for each in _of(results, way, name, size))


def _of(results: Results, way: str, name: str, size: int) -> Sequence[Figures]:
    return [told for (w, n, _, s), told in results.items() if (w, n, s) == (way, name, size)]


def _names(results: Results, way: str, size: int) -> list[str]:
    return sorted({name for w, name, _, s in results if (w, s) == (way, size)})


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}".replace("%", " %")
