"""Nearness to the article: a comment that speaks of what it stands under is a little less suspect. It can only help.

The training data hold no articles, so this weight is set by hand and small: at most one unit of log-odds, and
nothing for a comment with a link, since mallory can copy a headline too.
"""

from __future__ import annotations

from moderation.spam.reading import Reading
from moderation.text import words

MOST = 1.0
_LONG_WORD = 5
_ENOUGH = 4
_ARTICLE = 20_000


def nearness(reading: Reading) -> float:
    """What nearness adds to the log-odds: −1…0, zero when the article is unknown."""
    if (
        not reading.article
        or reading.hosts
        or reading.website_host
        or reading.handles
        or reading.phones
        or reading.emails
    ):
        return 0.0
    said = {word for word in words(reading.shown) if len(word) >= _LONG_WORD}
    shared = said.intersection(words(reading.article[:_ARTICLE]))
    return -MOST * min(1.0, len(shared) / _ENOUGH) * (len(shared) / len(said)) if said else 0.0
