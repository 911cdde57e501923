"""How long one comment takes, everything included, beside the same features through a pipeline and a naive one.

    python bench/classifier_speed.py

Prints median and p99 in microseconds of a comment of 500 characters (with name and website), and times for longer
ones. The naive pipeline (TF-IDF of words and pairs, logistic regression) learns from texts made up here.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from moderation.spam import Candidate, base
from moderation.spam.groups import feature_map

_TEXT = (
    "I read this article twice and still think the council got it wrong. My street lost two lamps last winter, and"
    " nobody answered the letters we wrote in March; see https://example.org/minutes for the minutes. If 3 lamps cost"
    " 900 euros, why not ask us? The bus stop has been dark since autumn, and the school is around the corner. My"
    " neighbour fell there in January. We do not want a monument, we want a lamp, and somebody who picks up the phone"
    " when it breaks again, which it will, as it did before."
)


def main() -> None:
    """Measure and print."""
    candidate = Candidate(_TEXT[:500], "Ada", "https://ada.example.org")
    judge = base()
    ours = _times(lambda: judge.score(candidate), 1000)
    union = make_pipeline(feature_map(), LogisticRegression()).fit(["ham", "spam"], [0, 1])
    same = _times(lambda: union.predict_proba([candidate]), 100)
    naive = _naive()
    plain = _times(lambda: naive.predict_proba([_TEXT[:500]]), 300)
    print(f"ours            {_line(ours)}")
    print(f"as a pipeline   {_line(same)}   ours ÷ it: {np.median(ours) / np.median(same):.2f}")
    print(f"naive words     {_line(plain)}   ours ÷ it: {np.median(ours) / np.median(plain):.2f}")
    for length in (100, 2_000, 16_000, 64_000):
        long = Candidate((_TEXT + " ") * (length // len(_TEXT) + 1))
        print(f"{length:>7} characters {_line(_times(lambda long=long: judge.score(long), 30))}")  # type: ignore[misc]


def _times(call: Callable[[], object], count: int) -> list[float]:
    for _ in range(10):
        call()
    found = []
    for _ in range(count):
        began = perf_counter()
        call()
        found.append((perf_counter() - began) * 1e6)
    return found


def _line(times: list[float]) -> str:
    return f"median {np.median(times):8.0f} µs   p99 {np.quantile(times, 0.99):8.0f} µs"


def _naive() -> Any:
    chance = random.Random(1)
    vocabulary = ["".join(chance.choices("aeioulnrstmdk", k=chance.randint(2, 9))) for _ in range(20_000)]
    texts = [" ".join(chance.choices(vocabulary, k=40)) for _ in range(5000)]
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=20))
    return model.fit(texts, [number % 2 for number in range(len(texts))])


if __name__ == "__main__":
    main()
