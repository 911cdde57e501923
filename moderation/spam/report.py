"""The evaluation as one self-contained page: curves, tables, what weighs most, worst errors. It quotes readers.

Everything judged is of rows whose source was left out of learning. Curves are drawn here as SVG; nothing is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam import lexicon
from moderation.spam.classifier import Classifier
from moderation.spam.corpus import Labelled
from moderation.spam.evaluation import Bench
from moderation.spam.features import Places
from moderation.spam.figures import ENOUGH, GROUPINGS, Named
from moderation.spam.plots import SHARE_TICKS, STYLE, Axis, Dot, Plot
from moderation.spam.signals import SIGNALS
from moderation.spam.training import Trained
from moderation.vocabulary import Thresholds, probability

Floats = NDArray[np.float64]
_MOST = 20
_LEAST_HAM = 1e-4
_STYLE = (
    ":root{color-scheme:light dark;--ink:#222;--paper:#fff;--line:#d5d5d5;--ham:#0a58a8;--spam:#b3261e}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e4e4;--paper:#17191c;--line:#3a3d42;--ham:#7ab6f5;--spam:#ff8a80}}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:var(--ink);"
    "background:var(--paper)}table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}"
    "td,th{padding:.2rem .8rem;border-bottom:1px solid var(--line);text-align:right}"
    "td:first-child,th:first-child{text-align:left}.wide{overflow-x:auto}"
    ".plots{display:grid;gap:1.5rem;grid-template-columns:repeat(auto-fill,minmax(min(26rem,100%),1fr))}"
    "figure{margin:0;max-width:100%}svg{max-width:100%;height:auto}"
    "figcaption{font-weight:600}li{margin:.4rem 0;overflow-wrap:anywhere}.columns{columns:24rem}"
)


def page(rows: Sequence[Labelled], trained: Trained, curve: Sequence[tuple[float, Named]]) -> str:
    """The page as HTML.

    Parameters
    ----------
    rows, trained
        The comments, and what was learned from them.
    curve
        The learning curve: which share of the comments was learned from, and the figures that came of it.
    """
    values = trained.opinions.as_it_came
    shift = math.log(trained.learned.prior / (1 - trained.learned.prior))
    p = np.array([math.nan if math.isnan(value) else probability(value + shift) for value in values])
    bench = Bench.of(rows, ~np.isnan(values))
    return "".join(_parts(rows, trained, p, bench, curve))


def _parts(
    rows: Sequence[Labelled],
    trained: Trained,
    p: Floats,
    bench: Bench,
    curve: Sequence[tuple[float, Named]],
) -> Iterator[str]:
    ham, spam = p[bench.ham], p[bench.spam]
    prior, at = trained.learned.prior, trained.learned.thresholds
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><title>The classifier, judged</title>'
    yield '<meta name="viewport" content="width=device-width"><style>' + _STYLE + STYLE + "</style>"
    yield "<h1>The classifier, judged on sources it did not see</h1>"
    yield f"<p>{len(ham):,} genuine comments and {len(spam):,} spam on the bench, weighed to {prior:.0%} spam;"
    yield f" held from {at.hold:.4f}, called spam from {at.spam:.4f} (the dots).</p>"
    yield '<p><strong>This page quotes readers: do not publish it.</strong></p><div class="plots">'
    yield _caught(ham, spam, at).svg()
    yield _precision(ham, spam, prior, at).svg()
    yield _reliability(ham, spam, prior).svg()
    yield _histogram(ham, spam).svg()
    yield _learning(curve, "average_precision").svg()
    yield _learning(curve, "recall_at_1_percent").svg()
    yield "</div>"
    yield _headline(trained.card)
    for name in GROUPINGS:
        yield _table(name, trained.card["tables"][name])
    yield _heaviest(trained)
    yield _latency(rows, trained)
    yield _worst("Genuine, yet highest", rows, p, bench.ham, -1)
    yield _worst("Spam, yet lowest", rows, p, bench.spam, 1)


def _caught(ham: Floats, spam: Floats, at: Thresholds) -> Plot:
    """The ROC curve, with genuine comments held on a logarithmic axis: what matters happens far left."""

    def point(level: float) -> tuple[float, float]:
        return float((ham >= level).mean()), float((spam >= level).mean())

    levels = np.quantile(np.concatenate((ham, spam)), np.linspace(1, 0, 400))
    ticks = (0.0001, 0.001, 0.01, 0.1, 1.0)
    return Plot(
        "Spam caught against genuine comments held (ROC)",
        Axis("genuine comments held", _LEAST_HAM, 1.0, ticks, is_logarithmic=True),
        Axis("spam caught", 0.0, 1.0, SHARE_TICKS),
        [("ham", [point(level) for level in levels])],
        dots=[Dot(*point(at.hold), "held"), Dot(*point(at.spam), "called spam")],
    )


def _precision(ham: Floats, spam: Floats, prior: float, at: Thresholds) -> Plot:
    def point(level: float) -> tuple[float, float]:
        caught, wrong = float((spam >= level).mean()), float((ham >= level).mean())
        total = prior * caught + (1 - prior) * wrong
        return caught, prior * caught / total if total else 1.0

    levels = np.quantile(spam, np.linspace(1, 0, 400))
    return Plot(
        f"Precision against recall, at {prior:.0%} spam",
        Axis("spam caught", 0.0, 1.0, SHARE_TICKS),
        Axis("spam among what is caught", 0.0, 1.0, SHARE_TICKS),
        [("ham", [point(level) for level in levels])],
        dots=[Dot(*point(at.hold), "held"), Dot(*point(at.spam), "called spam")],
    )


def _reliability(ham: Floats, spam: Floats, prior: float) -> Plot:
    found = []
    for low, high in pairwise(np.linspace(0, 1, 11)):
        right, wrong = (float(((each >= low) & (each < high)).mean()) for each in (spam, ham))
        total = prior * right + (1 - prior) * wrong
        if total:
            found.append((float(low + high) / 2, prior * right / total))
    return Plot(
        "Calibration: how often P(spam) is right",
        Axis("P(spam) as said", 0.0, 1.0, SHARE_TICKS),
        Axis("spam among them", 0.0, 1.0, SHARE_TICKS),
        [("ham", found)],
        dots=[Dot(x, y) for x, y in found],
        has_diagonal=True,
    )


def _histogram(ham: Floats, spam: Floats) -> Plot:
    bars = []
    for kind, values in (("ham", ham), ("spam", spam)):
        counts, edges = np.histogram(values, bins=30, range=(0, 1))
        heights = counts / max(1, len(values))
        bars += [
            (kind, float(edge), 1 / 30, float(height)) for edge, height in zip(edges, heights, strict=False)
        ]
    return Plot(
        "Scores of genuine comments (blue) and spam (red)",
        Axis("P(spam)", 0.0, 1.0, SHARE_TICKS),
        Axis("share of the class", 1e-4, 1.0, (0.0001, 0.001, 0.01, 0.1, 1.0), is_logarithmic=True),
        bars=bars,
    )


def _learning(curve: Sequence[tuple[float, Named]], name: str) -> Plot:
    points = [(share, told[name] or 0.0) for share, told in curve]
    low = math.floor(10 * min([0.9, *(y for _, y in points)])) / 10
    step = (1 - low) / 4
    return Plot(
        f"Learning curve: {_words(name).lower()}",
        Axis("share of the comments learned from", 0.0, 1.0, SHARE_TICKS),
        Axis(
            _words(name).lower(), low, 1.0, tuple(round(low + step * n, 3) for n in range(5)), is_share=False
        ),
        [("ham", points)],
        dots=[Dot(x, y) for x, y in points],
    )


def _headline(card: dict[str, Any]) -> str:
    lines = []
    for name, value in card["figures"].items():
        interval = card["intervals"].get(name)
        between = f"{interval[0]:.4f} to {interval[1]:.4f}" if interval else ""
        told = "" if value is None else f"{value:.4f}"
        lines.append(f"<tr><td>{_words(name)}</td><td>{told}</td><td>{between}</td></tr>")
    head = "<tr><th>figure<th>value<th>95 % of resamples</tr>"
    return f"<h2>The bench and beyond</h2><div class=wide><table>{head}{''.join(lines)}</table></div>"


def _table(name: str, groups: dict[str, dict[str, Any]]) -> str:
    lines = []
    for group, told in groups.items():
        if told["ham"] + told["spam"] >= ENOUGH:
            shares = ["" if each is None else f"{each:.1%}" for each in (told["held"], told["held_there"])]
            shares += [
                "" if each is None else f"{each:.1%}" for each in (told["caught"], told["caught_there"])
            ]
            cells = (told["ham"], *shares[:2], told["spam"], *shares[2:])
            lines.append(f"<tr><td>{escape(group)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    head = "<th>genuine<th>held<th>held at 0.5 % of news<th>spam<th>caught<th>caught at 0.5 % of news"
    table = f"<table><tr><th>{name}{head}</tr>{''.join(lines)}</table>"
    return f"<h2>By {name}</h2><div class=wide>{table}</div>"


def _heaviest(trained: Trained) -> str:
    """The signals that weigh most on either side, and the everyday words that do."""
    weights = trained.learned.weights[-len(SIGNALS) :] * trained.learned.step
    order = np.argsort(weights)
    lists = []
    for title, chosen in (("Towards ham", order[:_MOST]), ("Towards spam", order[::-1][:_MOST])):
        items = "".join(f"<li>{weights[i]:+.2f} {escape(SIGNALS[i].meaning)}</li>" for i in chosen)
        lists.append(f"<h3>{title}: signals</h3><ol class=columns>{items}</ol>")
    words = sorted(lexicon.everyday())
    of_words = trained.learned.weights[[Places.of(f" {word} ").columns[0] for word in words]]
    order = np.argsort(of_words)
    for title, chosen in (("Towards ham", order[:_MOST]), ("Towards spam", order[::-1][:_MOST])):
        found = ", ".join(f"{words[i]} {of_words[i] * trained.learned.step:+.1f}" for i in chosen)
        lists.append(f"<h3>{title}: everyday words</h3><p>{escape(found)}</p>")
    return f"<h2>What weighs most</h2>{''.join(lists)}"


def _latency(rows: Sequence[Labelled], trained: Trained) -> str:
    judge = Classifier(trained.learned)
    times = []
    for row in rows[:: max(1, len(rows) // 500)]:
        began = perf_counter()
        judge.score(row.candidate)
        times.append(1000 * (perf_counter() - began))
    middle, late = np.quantile(times, (0.5, 0.99))
    told = f"One comment takes {middle:.2f} ms (median of {len(times)}), {late:.2f} ms at p99."
    return f"<h2>Latency</h2><p>{told}</p>"


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _worst(title: str, rows: Sequence[Labelled], p: Floats, chosen: NDArray[np.bool_], sign: int) -> str:
    order = np.flatnonzero(chosen)[np.argsort(sign * p[chosen], kind="stable")][:_MOST]
    items = "".join(
        f"<li>{p[i]:.4f} <small>{escape(rows[i].source)}</small>"
        f" <b>{escape(rows[i].candidate.author or '')}</b> {escape(rows[i].candidate.text[:300])}</li>"
        for i in order
    )
    return f"<h2>{escape(title)}</h2><ol>{items}</ol>"
