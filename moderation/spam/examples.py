"""Labelled comments become weighted training examples: in windows, with and without name and website.

Most spam in reach has a website and most genuine comments have none, so a plain learner takes the website itself for
spam. Every row with something beside its text is therefore also shown without it, and a share of the genuine rows
is also shown with a name, or a name and a website, of other genuine readers. Presence and absence then both say
nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from moderation.spam.corpus import Labelled
from moderation.spam.disguising import DISGUISES
from moderation.spam.reading import Candidate, Reading, given, read

MOST_WINDOWS = 4
_DISGUISES = tuple(DISGUISES.values())
BARE, FULL, NAMED, GIVEN, DISGUISED = "bare", "full", "named", "given", "disguised"
_FRONT = (
    "anna",
    "tom",
    "lee",
    "marta",
    "petra",
    "ivan",
    "joe",
    "nina",
    "karl",
    "sue",
    "ola",
    "ben",
    "eva",
    "ruth",
)
_BACK = (
    "writes",
    "miller",
    "garden",
    "novak",
    "home",
    "photos",
    "smith",
    "notes",
    "hansen",
    "blog",
    "bakes",
    "kim",
)
_ENDINGS = (
    ".com",
    ".org",
    ".net",
    ".de",
    ".blog",
    ".me",
    ".info",
    ".eu",
    ".wordpress.com",
    ".github.io",
    ".co.uk",
    ".online",
    ".site",
    ".xyz",
    ".top",
    ".club",
    ".io",
    ".dev",
    ".fr",
    ".pl",
    ".ru",
    ".space",
)


@dataclass(frozen=True, slots=True)
class Weighing:
    """How rows are weighed against each other.

    Attributes
    ----------
    source_exponent
        A row weighs n^(−exponent), n being the rows of its class in its source: 0 is every row alike, 1 every
        source alike.
    given_share
        Share of the genuine rows without a website that are also shown with a borrowed one.
    given_weight
        How much of such a row's weight goes to the borrowed variants.
    disguised_share
        Share of the spam that is also shown in a disguise, which takes a third of its weight.
    of_source
        Factors for single (source, class) pairs.
    """

    source_exponent: float = 0.5
    given_share: float = 0.35
    given_weight: float = 0.5
    disguised_share: float = 0.05
    of_source: tuple[tuple[str, bool, float], ...] = (
        ("synth_ham", False, 2.0),
        ("written", False, 2.0),
        ("written", True, 2.0),
    )
    seed: int = 5


@dataclass(slots=True)
class Example:
    """One window of one variant of a row, and how much it counts.

    Attributes
    ----------
    row
        Number of the labelled comment it was made from.
    kind
        BARE: text alone. FULL: as it came. NAMED, GIVEN: with a borrowed name, or name and website.
        DISGUISED: text alone, in one of the disguises.
    """

    row: int
    kind: str
    reading: Reading
    weight: float


def examples(rows: Sequence[Labelled], weighing: Weighing) -> Iterator[Example]:
    """All examples of all rows, in their order; deterministic for a seed."""
    chance = random.Random(weighing.seed)  # noqa: S311  no secret
    names = [row.candidate.author for row in rows if not row.is_spam and row.candidate.author]
    websites = [row.candidate.url for row in rows if not row.is_spam and row.candidate.url]
    weights = _row_weights(rows, weighing)
    for number, row in enumerate(rows):
        weight = weights[number]
        bare = read(Candidate(row.candidate.text))[:MOST_WINDOWS]
        variants = [
            (kind, given(bare, candidate), share)
            for kind, candidate, share in _variants(row, names, websites, weighing, chance)
        ]
        hidden: list[Reading] = []
        if row.is_spam and chance.random() < weighing.disguised_share:
            hidden = read(Candidate(chance.choice(_DISGUISES)(row.candidate.text)))[:MOST_WINDOWS]
            weight *= 2 / 3
        for window in range(len(bare)):  # variants of one window side by side: its text is then measured once
            for kind, readings, share in variants:
                yield Example(number, kind, readings[window], weight * share / len(bare))
        for reading in hidden:
            yield Example(number, DISGUISED, reading, weight / 2 / len(hidden))


def _variants(
    row: Labelled, names: list[str], websites: list[str], weighing: Weighing, chance: random.Random
) -> list[tuple[str, Candidate, float]]:
    candidate = row.candidate
    bare = Candidate(candidate.text)
    own = (
        [(BARE, bare, 0.5), (FULL, candidate, 0.5)]
        if candidate.author or candidate.url
        else [(BARE, bare, 1.0)]
    )
    if row.is_spam or candidate.url or not names or chance.random() >= weighing.given_share:
        return own
    name = candidate.author or chance.choice(names)
    website = chance.choice(websites) if websites and chance.random() < 0.5 else _invented_website(chance)
    weight = weighing.given_weight
    lent = replace(bare, author=name)
    kind, lent = (NAMED, lent) if chance.random() < 0.4 else (GIVEN, replace(lent, url=website))
    return [*((of, variant, share * (1 - weight)) for of, variant, share in own), (kind, lent, weight)]


def _invented_website(chance: random.Random) -> str:
    front, back = chance.choice(_FRONT), chance.choice(_BACK)
    return f"https://{chance.choice(['', 'www.'])}{front}{chance.choice(['', '-'])}{back}{chance.choice(_ENDINGS)}"


def _row_weights(rows: Sequence[Labelled], weighing: Weighing) -> list[float]:
    sizes = Counter((row.source, row.is_spam) for row in rows)
    factors = {(source, is_spam): factor for source, is_spam, factor in weighing.of_source}
    return [
        sizes[row.source, row.is_spam] ** -weighing.source_exponent
        * factors.get((row.source, row.is_spam), 1.0)
        for row in rows
    ]
