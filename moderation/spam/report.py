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
from moderation.spam.signals import SIGNALS
from moderation.spam.training import Trained
from moderation.vocabulary import Thresholds, probability

Floats = NDArray[np.float64]
_SIDE = 300
_MOST = 20
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}figure{display:inline-block;margin:0 1rem 1rem 0}
svg{border:1px solid #ccc}path{fill:none;stroke:#0a58a8;stroke-width:2}.even{stroke:#bbb;stroke-width:1}
circle{fill:#b3261e}rect.ham{fill:#0a58a8;opacity:.6}rect.spam{fill:#b3261e;opacity:.6}li{margin:.4rem 0}
"""


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
    yield f"<style>{_STYLE}</style>"
    yield "<h1>The classifier, judged on sources it did not see</h1>"
    yield f"<p>{len(ham)} genuine comments and {len(spam)} spam on the bench, weighed to {prior:.0%} spam;"
    yield f" hold from {at.hold:.4f}, spam from {at.spam:.4f} (the red dots).</p>"
    yield "<p>This page quotes readers: do not publish it.</p>"
    yield _figure("Caught against genuine held", *_roc(ham, spam, at))
    yield _figure("Precision against caught", *_precision(ham, spam, prior, at))
    yield _figure("How often P(spam) is right", *_reliability(ham, spam, prior))
    yield _histogram(ham, spam)
    for name in ("average_precision", "recall_at_1_percent"):
        yield _figure(f"{_words(name)} by the share learned from", *_learning(curve, name))
    yield _headline(trained.card)
    for name in GROUPINGS:
        yield _table(name, trained.card["tables"][name])
    yield _heaviest(trained)
    yield _latency(rows, trained)
    yield _worst("Genuine, yet highest", rows, p, bench.ham, -1)
    yield _worst("Spam, yet lowest", rows, p, bench.spam, 1)


Curve = tuple[list[tuple[float, float]], list[tuple[float, float]]]


def _roc(ham: Floats, spam: Floats, at: Thresholds) -> Curve:
    def point(level: float) -> tuple[float, float]:
        return float((ham >= level).mean()), float((spam >= level).mean())

    levels = np.quantile(np.concatenate((ham, spam)), np.linspace(1, 0, 300))
    return [point(level) for level in levels], [point(at.hold), point(at.spam)]


def _precision(ham: Floats, spam: Floats, prior: float, at: Thresholds) -> Curve:
    def point(level: float) -> tuple[float, float]:
        caught, wrong = float((spam >= level).mean()), float((ham >= level).mean())
        total = prior * caught + (1 - prior) * wrong
        return caught, prior * caught / total if total else 1.0

    levels = np.quantile(spam, np.linspace(1, 0, 300))
    return [point(level) for level in levels], [point(at.hold), point(at.spam)]


def _reliability(ham: Floats, spam: Floats, prior: float) -> Curve:
    found = []
    for low, high in pairwise(np.linspace(0, 1, 11)):
        right, wrong = (float(((each >= low) & (each < high)).mean()) for each in (spam, ham))
        total = prior * right + (1 - prior) * wrong
        if total:
            found.append((float(low + high) / 2, prior * right / total))
    return found, found


def _figure(title: str, points: list[tuple[float, float]], dots: list[tuple[float, float]]) -> str:
    def place(x: float, y: float) -> str:
        return f"{x * _SIDE:.1f} {(1 - y) * _SIDE:.1f}"

    path = "L".join(place(x, y) for x, y in points)
    marks = "".join(f'<circle cx="{x * _SIDE:.1f}" cy="{(1 - y) * _SIDE:.1f}" r="4"/>' for x, y in dots)
    return (
        f'<figure><svg viewBox="-5 -5 {_SIDE + 10} {_SIDE + 10}" width="{_SIDE}" height="{_SIDE}" role="img"'
        f' aria-label="{escape(title)}"><path class="even" d="M0 {_SIDE}L{_SIDE} 0"/><path d="M{path}"/>{marks}</svg>'
        f"<figcaption>{escape(title)}</figcaption></figure>"
    )


def _histogram(ham: Floats, spam: Floats) -> str:
    bars = []
    for name, values in (("ham", ham), ("spam", spam)):
        counts, edges = np.histogram(values, bins=30, range=(0, 1))
        heights = np.sqrt(counts / max(1, counts.max())) * _SIDE
        bars += [
            f'<rect class="{name}" x="{edge * _SIDE:.1f}" y="{_SIDE - height:.1f}" width="9" height="{height:.1f}"/>'
            for edge, height in zip(edges[:-1], heights, strict=True)
        ]
    return (
        f'<figure><svg viewBox="0 0 {_SIDE} {_SIDE}" width="{_SIDE}" height="{_SIDE}" role="img"'
        ' aria-label="P(spam)">'
        f"{''.join(bars)}</svg>"
        "<figcaption>P(spam) of ham (blue) and spam (red), heights as roots</figcaption></figure>"
    )


def _learning(curve: Sequence[tuple[float, Named]], name: str) -> Curve:
    points = [(share, told[name] or 0.0) for share, told in curve]
    return points, points


def _headline(card: dict[str, Any]) -> str:
    lines = []
    for name, value in card["figures"].items():
        interval = card["intervals"].get(name)
        between = f"{interval[0]:.4f} to {interval[1]:.4f}" if interval else ""
        told = "" if value is None else f"{value:.4f}"
        lines.append(f"<tr><td>{_words(name)}</td><td>{told}</td><td>{between}</td></tr>")
    head = "<tr><th>figure<th>value<th>95 % of resamples</tr>"
    return f"<h2>The bench and beyond</h2><table>{head}{''.join(lines)}</table>"


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
    return f"<h2>By {name}</h2><table><tr><th>{name}{head}</tr>{''.join(lines)}</table>"


def _heaviest(trained: Trained) -> str:
    """The signals that weigh most on either side, and the everyday words that do."""
    weights = trained.learned.weights[-len(SIGNALS) :] * trained.learned.step
    order = np.argsort(weights)
    lists = []
    for title, chosen in (("Towards ham", order[:_MOST]), ("Towards spam", order[::-1][:_MOST])):
        items = "".join(f"<li>{weights[i]:+.2f} {escape(SIGNALS[i].meaning)}</li>" for i in chosen)
        lists.append(f"<h3>{title}: signals</h3><ol>{items}</ol>")
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
