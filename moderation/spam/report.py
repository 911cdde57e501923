"""The evaluation as one self-contained page: curves, calibration, tables, worst errors. It quotes readers: keep it.

Everything shown is of rows whose source was left out of learning. Curves are drawn here as SVG; nothing is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from moderation.spam.corpus import Labelled
from moderation.spam.evaluation import Bench, Opinions
from moderation.vocabulary import Thresholds, probability

Floats = NDArray[np.float64]
_SIDE = 300
_MOST = 20
_LENGTHS = (0, 25, 80, 250, 1000, 10**9)
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}figure{display:inline-block;margin:0 1rem 1rem 0}
svg{border:1px solid #ccc}path{fill:none;stroke:#0a58a8;stroke-width:2}.even{stroke:#bbb;stroke-width:1}
circle{fill:#b3261e}rect.ham{fill:#0a58a8;opacity:.6}rect.spam{fill:#b3261e;opacity:.6}li{margin:.4rem 0}
"""


def page(rows: Sequence[Labelled], opinions: Opinions, prior: float, at: Thresholds) -> str:
    """The page as HTML.

    Parameters
    ----------
    rows, opinions
        The comments, and the calibrated log-odds of each by what did not see its source.
    prior, at
        P(spam) to assume, and the thresholds to mark.
    """
    values = opinions.as_it_came
    shift = math.log(prior / (1 - prior))
    p = np.array([math.nan if math.isnan(value) else probability(value + shift) for value in values])
    bench = Bench.of(rows, ~np.isnan(values))
    return "".join(_parts(rows, p, bench, prior, at))


def _parts(rows: Sequence[Labelled], p: Floats, bench: Bench, prior: float, at: Thresholds) -> Iterator[str]:
    ham, spam = p[bench.ham], p[bench.spam]
    is_spam = np.array([row.is_spam for row in rows])
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
    groupings: dict[str, Callable[[Labelled], str]] = {
        "language": lambda row: row.language or "unknown",
        "source": lambda row: row.source,
        "length": _length_of,
    }
    for name, of in groupings.items():
        yield _table(name, [of(row) for row in rows], p, is_spam, at)
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


def _table(name: str, groups: list[str], p: Floats, is_spam: NDArray[np.bool_], at: Thresholds) -> str:
    lines = []
    for group in sorted(set(groups)):
        of_group = np.array([each == group for each in groups]) & ~np.isnan(p)
        ham, spam = p[of_group & ~is_spam], p[of_group & is_spam]
        if len(ham) + len(spam) >= _MOST:
            cells = (len(ham), _share(ham, at.hold), len(spam), _share(spam, at.hold), _share(spam, at.spam))
            lines.append(f"<tr><td>{escape(group)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    head = "<th>genuine<th>held<th>spam<th>held or more<th>called spam"
    return f"<h2>By {name}</h2><table><tr><th>{name}{head}</tr>{''.join(lines)}</table>"


def _share(values: Floats, threshold: float) -> str:
    return f"{(values >= threshold).mean():.1%}" if len(values) else ""


def _length_of(row: Labelled) -> str:
    length = len(row.candidate.text)
    low, high = next((low, high) for low, high in pairwise(_LENGTHS) if low <= length < high)
    return f"{low:>4} and more characters" if high == _LENGTHS[-1] else f"{low:>4} to {high - 1}"


def _worst(title: str, rows: Sequence[Labelled], p: Floats, chosen: NDArray[np.bool_], sign: int) -> str:
    order = np.flatnonzero(chosen)[np.argsort(sign * p[chosen], kind="stable")][:_MOST]
    items = "".join(
        f"<li>{p[i]:.4f} <small>{escape(rows[i].source)}</small>"
        f" <b>{escape(rows[i].candidate.author or '')}</b> {escape(rows[i].candidate.text[:300])}</li>"
        for i in order
    )
    return f"<h2>{escape(title)}</h2><ol>{items}</ol>"
