"""Campaigns among comments: 2,000 real ones arrive, ten campaigns mixed in, and what is found of each is counted.

A campaign is a real spam comment in many spellings: every copy has other names, other links and other words. Words
are spun in two ways: in `slots`, as spinning programs do, some places of the text have three choices each; `free`,
the harder one, changes words anywhere in every copy anew. Everybody comes from a network of their own. What an
arrival costs is measured in two installations side by side, one of which looks for nothing.

    python -m bench.campaigns [FOLDER]
"""

from __future__ import annotations

import csv
import gzip
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from flask import Flask
from sqlalchemy import select

from models import Likeness, db
from moderation import campaigns
from moderation.app import create_app
from moderation.intake import Circumstances
from moderation.parts import parts
from moderation.settings import Settings
from moderation.spam.likeness import Sketch
from moderation.text import LINK, words

COMMENTS, CAMPAIGNS, COPIES = 2_000, 10, 40
WAYS = (("slots", 0.3), ("slots", 0.5), ("free", 0.2), ("free", 0.3))
SEEDS = (1, 2, 3)
_FEWEST_WORDS, _MOST_WORDS = 15, 150
_START = datetime(2026, 3, 1, tzinfo=UTC)
_NAMES = (
    "Anna",
    "Boris",
    "Carla",
    "Deniz",
    "Emeka",
    "Farah",
    "Goran",
    "Hilde",
    "Ivo",
    "Jun",
    "Karim",
    "Lena",
)


@dataclass(frozen=True, slots=True)
class Post:
    """A comment to come, and which campaign it is of; -1 for a genuine one."""

    text: str
    author: str
    campaign: int = -1


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: the share of each campaign that is in one card, and genuine comments in any card."""

    shares: tuple[float, ...]
    genuine: int
    milliseconds: tuple[float, ...]
    without: tuple[float, ...]


def main(arguments: Sequence[str]) -> int:
    """Print the table; fails when less than 95 % of a spun campaign, or a genuine comment, is found in a card."""
    default = os.environ.get("GATEPOST_BENCH_DATA", "../shared/data")
    genuine, spam = read(Path(arguments[0] if arguments else default))
    print(f"{COMMENTS} comments, {CAMPAIGNS} campaigns of {COPIES} among them, {len(SEEDS)} draws each\n")
    print(
        "| Words spun | Least of a campaign | On average | ≥ 95 % | Genuine in a card | An arrival | Of it ours |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    is_good = True
    for way, share in WAYS:
        all_found = [found(posts(genuine, spam, way, share, seed), is_timed=seed == 1) for seed in SEEDS]
        shares = [each for one in all_found for each in one.shares]
        stray = sum(one.genuine for one in all_found)
        whole = statistics.median(each for one in all_found for each in one.milliseconds)
        bare = statistics.median(each for one in all_found for each in one.without)
        enough = sum(each >= 0.95 for each in shares)
        print(
            f"| {share:.0%}, {way} | {min(shares):.1%} | {statistics.mean(shares):.1%} | {enough} of {len(shares)}"
            f" | {stray} | {whole:.1f} ms | {whole - bare:+.2f} ms |",
            flush=True,
        )
        is_good &= stray == 0 and (way != "slots" or enough == len(shares))
    return 0 if is_good else 1


def read(folder: Path) -> tuple[list[Post], list[Post]]:
    """Genuine comments and spam of the data; no text is printed."""
    csv.field_size_limit(10**9)
    genuine: list[Post] = []
    spam: list[Post] = []
    for path in sorted(folder.glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["text"].strip():
                    kind = genuine if row["label"] == "ham" else spam
                    kind.append(Post(row["text"][:20_000], "Reader"))
    return genuine, spam


def posts(genuine: Sequence[Post], spam: Sequence[Post], way: str, share: float, seed: int) -> list[Post]:
    """What arrives, in its order."""
    chance = random.Random(seed)
    vocabulary = [word for post in chance.sample(spam, 1_500) for word in words(post.text) if len(word) >= 3]
    originals = [
        post for post in spam if _FEWEST_WORDS <= len(words(LINK.sub(" ", post.text))) <= _MOST_WORDS
    ]
    planted = [
        Post(copy, f"{chance.choice(_NAMES)} {chance.randrange(10**4)}", number)
        for number, original in enumerate(chance.sample(originals, CAMPAIGNS))
        for copy in copies(original.text, vocabulary, way, share, chance)
    ]
    rest = chance.sample(genuine, COMMENTS - len(planted))
    mixed = [*planted, *rest]
    chance.shuffle(mixed)
    return mixed


def copies(
    text: str, vocabulary: Sequence[str], way: str, share: float, chance: random.Random
) -> Iterator[str]:
    """The text with other words, a name and a link, each time anew."""
    typed = LINK.sub(" ", text).split()
    slots = {
        n: [word, *chance.sample(vocabulary, 2)] for n, word in enumerate(typed) if chance.random() < share
    }
    for _ in range(COPIES):
        if way == "slots":
            spun = [chance.choice(slots[n]) if n in slots else word for n, word in enumerate(typed)]
        else:
            spun = [chance.choice(vocabulary) if chance.random() < share else word for word in typed]
        link = (
            f"http://{chance.choice(vocabulary)}-{chance.randrange(10**5)}.example/{chance.randrange(10**4)}"
        )
        yield f"{chance.choice(_NAMES)}, {' '.join(spun)} {link}"


def found(mixed: Sequence[Post], is_timed: bool) -> Found:
    """Let all arrive, in an installation that looks for campaigns and, to compare, in one that does not."""
    with _installation() as (app, article_id), _installation() as (bare, bare_article_id):
        numbers, took, without = [], [], []
        for n, post in enumerate(mixed):
            number, seconds = _arrives(app, article_id, post, n)
            numbers.append(number)
            if is_timed:
                took.append(seconds * 1000)
                with _looking_for_nothing():
                    without.append(_arrives(bare, bare_article_id, post, n)[1] * 1000)
        with app.app_context():
            rows = db.session.execute(select(Likeness.comment_id, Likeness.campaign_id)).all()
        campaign_of = {row.comment_id: row.campaign_id for row in rows}
        return _counted(mixed, [campaign_of.get(number) for number in numbers], took, without)


def _counted(
    mixed: Sequence[Post], in_card: Sequence[int | None], took: list[float], without: list[float]
) -> Found:
    sizes = Counter(card for card in in_card if card is not None)
    shown = [card if card is not None and sizes[card] >= campaigns.FEWEST else None for card in in_card]
    together = Counter(
        (post.campaign, card) for post, card in zip(mixed, shown, strict=True) if card is not None
    )
    shares = [
        max((count for (number, _), count in together.items() if number == planted), default=0) / COPIES
        for planted in range(CAMPAIGNS)
    ]
    genuine = sum(count for (number, _), count in together.items() if number == -1)
    return Found(tuple(shares), genuine, tuple(took), tuple(without))


def _arrives(app: Flask, article_id: int, post: Post, n: int) -> tuple[int, float]:
    with app.app_context():
        fields = {"comment": post.text, "author": f"{post.author} {n}", "email": "reader@example.org"}
        came = Circumstances(network=f"10.{n // 250}.{n % 250}.0/24", form_age=60.0)
        began = time.perf_counter()
        receipt = parts().intake.submit(article_id, fields, came, _START + timedelta(minutes=n))
        return receipt.comment_id, time.perf_counter() - began


@contextmanager
def _looking_for_nothing() -> Iterator[None]:
    nothing = Sketch.of("")
    with (
        mock.patch("moderation.campaigns.join", return_value=None),
        mock.patch("moderation.intake.Sketch.of", return_value=nothing),
    ):
        yield


@contextmanager
def _installation() -> Iterator[tuple[Flask, int]]:
    with TemporaryDirectory(prefix="gatepost-bench-") as folder:
        app = create_app(Settings(instance=Path(folder), log_level="error", hold_everything=True))
        for command in (["init"], ["article", "add", "article", "An article"]):
            app.test_cli_runner().invoke(args=command, catch_exceptions=False)
        yield app, 1
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
