"""A small corpus of our own: two kinds of mallory, two kinds of ada, dealt from short lists."""

import csv
import gzip
import random

import pytest

from moderation.spam.corpus import Labelled
from moderation.spam.reading import Candidate


def _listed(words):
    return words.split()


HEADER = ["text", "author", "url", "date", "label", "source", "lang"]
_MALLORY = _listed(
    "casino bonus jackpot pills discount replica earn profit loan click visit now cheap best site"
)
_ADA = _listed(
    "street lamp winter garden council letter train bread neighbour window river bridge teacher song rain"
)


def labelled(count, seed=1):
    """So many rows of four sources, half spam, each text of a few words from its writer's list."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        is_spam = number % 2 == 0
        chosen = chance.choices(_MALLORY if is_spam else _ADA, k=chance.randint(4, 12))
        name = chance.choice(["mallory deals", "best offers"] if is_spam else ["ada", "max", "root"])
        url = chance.choice([None, "https://lucky-bonus.example"]) if is_spam else None
        candidate = Candidate(" ".join([*chosen, str(number)]), name, url)
        source = f"{'blog' if number % 3 else 'news'}_{'ab'[number // 2 % 2]}"
        rows.append(Labelled(candidate, is_spam, source, "en", f"2026-01-{number % 28 + 1:02d}"))
    return rows


def written(path, rows):
    """The rows as a data file."""
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for row in rows:
            candidate = row.candidate
            label = "spam" if row.is_spam else "ham"
            out.writerow(
                [candidate.text, candidate.author, candidate.url, row.date, label, row.source, row.language]
            )


@pytest.fixture(scope="session")
def corpus():
    return labelled(160)


@pytest.fixture
def data(tmp_path, corpus):
    """A directory of data files."""
    folder = tmp_path / "data"
    folder.mkdir()
    for source in {row.source for row in corpus}:
        written(folder / f"{source}.csv.gz", [row for row in corpus if row.source == source])
    return folder
