"""The study of learning from decisions: every source with both classes is left out of the base and replayed.

    python -m bench.learning DIR [--picture docs/pictures/learning.svg] [--full-retrain]

Prints tables in Markdown: for each way to learn and each number of labels the median over sources of the cost
relative to the base alone, the worst source, and what became of other sites' spam; then every source by itself.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from bench.learning.drawing import curves
from bench.learning.replay import SIZES, Site, World, figures, labels_of
from bench.learning.ways import WAYS, Judge
from moderation.spam import corpus
from moderation.spam.corpus import WRITTEN, Labelled
from moderation.spam.fitting import Settings, matrix_of

_ENOUGH = 20
Results = dict[tuple[str, str, int], dict[str, float]]


def main() -> None:
    """Replay every source, print the tables, draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    settings = Settings()
    rows = [*corpus.read_directory(asked.directory), *corpus.written()]
    world = World.of(rows, matrix_of(rows, settings.weighing, lambda _: None), settings)
    results: Results = {}
    for name in _sources(rows):
        site = Site.of(world, name, settings)
        for way, learner in WAYS.items():
            for size in SIZES:
                if found := _replayed(world, site, lambda *given, learner=learner: learner(*given), size):
                    results[way, name, size] = found
        print(f"{name} replayed", flush=True)
    _print_ways(results)
    _print_sources(results)
    if asked.picture:
        asked.picture.write_text(curves("Cost of a comment, base alone = 1", _relative(results), SIZES))


def _sources(rows: list[Labelled]) -> list[str]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        counts[row.source][row.is_spam] += 1
    return sorted(
        name
        for name, both in counts.items()
        if min(both) >= _ENOUGH and name != WRITTEN and not name.startswith("synth_")
    )


def _replayed(world: World, site: Site, learner: Callable[..., Judge], size: int) -> dict[str, float]:
    """Mean figures over the streams that are long enough."""
    found = []
    for learn, judge in site.streams():
        if len(learn) < size or site.is_spam[judge].sum() < 5:
            continue
        say = learner(site.base, labels_of(site, learn[:size]))
        kept = site.kept.chosen(np.isin(np.arange(len(site.is_spam)), judge))
        told = figures(world, say, kept, site.is_spam[np.sort(judge)])
        found.append(told | {"spam elsewhere above .5": float((say(site.others) > 0).mean())})
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]} if found else {}


def _relative(results: Results) -> dict[str, dict[int, float]]:
    """Per way and number of labels the median over sources of cost ÷ cost of the base alone."""
    return {way: {size: median(_ratios(results, way, size)) for size in SIZES} for way in WAYS}


def _ratios(results: Results, way: str, size: int) -> list[float]:
    return [
        told["cost"] / results["base alone", name, size]["cost"]
        for (other, name, n), told in results.items()
        if other == way and n == size
    ]


def _print_ways(results: Results) -> None:
    print("\n| way | " + " | ".join(f"{size} labels" for size in SIZES[1:]) + " | worst | spam elsewhere |")
    print("|---|" + "--:|" * (len(SIZES) + 1))
    for way in WAYS:
        ratios = [_ratios(results, way, size) for size in SIZES[1:]]
        worst = max(max(each) for each in ratios if each)
        elsewhere = [
            told["spam elsewhere above .5"] - results["base alone", name, size]["spam elsewhere above .5"]
            for (other, name, size), told in results.items()
            if other == way
        ]
        cells = " | ".join(f"{median(each):.2f}" if each else "" for each in ratios)
        print(f"| {way} | {cells} | {worst:.2f} | {100 * min(elsewhere):+.1f} points |")


def _print_sources(results: Results) -> None:
    shipped = list(WAYS)[1]
    for figure in ("cost", "AUC", "log loss", "genuine held", "spam missed"):
        print(f"\n| {figure} of {shipped} | " + " | ".join(map(str, SIZES)) + " |")
        print("|---|" + "--:|" * len(SIZES))
        for name in sorted({name for _, name, _ in results}):
            cells = [results.get((shipped, name, size), {}).get(figure) for size in SIZES]
            print(f"| {name} | " + " | ".join("" if each is None else f"{each:.3f}" for each in cells) + " |")


if __name__ == "__main__":
    main()
