"""How long one comment takes, everything included, beside the same features through a pipeline and a naive one.

    python -m bench.classifier_speed

Prints, for comments of several lengths with name and website, the median in microseconds, p99 ÷ median, and the ratio
of medians to the peers'. All take turns in one run, so what else the machine does weighs on all alike. The naive
pipeline (TF-IDF of words and pairs, logistic regression) learns from texts made up here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
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
    judge, naive = base(), _naive()
    union = make_pipeline(feature_map(), LogisticRegression()).fit(["ham", "spam"], [0, 1])
    print("characters  ours µs  p99 ÷ median  ÷ the same features as a pipeline  ÷ naive words")
    for length, rounds in ((100, 400), (500, 400), (2_000, 100), (5_000, 60), (64_000, 8)):
        text = (_TEXT * (length // len(_TEXT) + 1))[:length]
        candidate = Candidate(text, "Ada", "https://ada.example.org")
        ours, pipeline, words = _in_turns(
            rounds,
            partial(judge.score, candidate),
            partial(union.predict_proba, [candidate]),
            partial(naive.predict_proba, [text]),
        )
        median = np.median(ours)
        print(
            f"{length:>10} {median:>8.0f} {np.quantile(ours, 0.99) / median:>13.2f}"
            f" {median / np.median(pipeline):>34.2f} {median / np.median(words):>14.2f}"
        )


def lengths(wanted: Sequence[int], rounds: int) -> Iterator[tuple[int, float, float]]:
    """Of each length: medians in microseconds of ours and of the naive pipeline, taking turns."""
    judge, naive = base(), _naive()
    for length in wanted:
        text = (_TEXT * (length // len(_TEXT) + 1))[:length]
        candidate = Candidate(text, "Ada", "https://ada.example.org")
        ours, words = _in_turns(rounds, partial(judge.score, candidate), partial(naive.predict_proba, [text]))
        yield length, float(np.median(ours)), float(np.median(words))


def _in_turns(rounds: int, *calls: Callable[[], object]) -> list[list[float]]:
    """Times of each call in microseconds; every round makes each of them once."""
    times: list[list[float]] = [[] for _ in calls]
    for number in range(-3, rounds):
        for call, found in zip(calls, times, strict=True):
            began = perf_counter()
            call()
            if number >= 0:
                found.append((perf_counter() - began) * 1e6)
    return times


@cache
def _naive() -> Any:
    chance = random.Random(1)
    vocabulary = ["".join(chance.choices("aeioulnrstmdk", k=chance.randint(2, 9))) for _ in range(20_000)]
    texts = [" ".join(chance.choices(vocabulary, k=40)) for _ in range(5000)]
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=20))
    return model.fit(texts, [number % 2 for number in range(len(texts))])


if __name__ == "__main__":
    main()
