"""A comment that never was, read before the first one comes: nobody waits for what is only built when it is wanted.

The classifier is read in, the tables of characters and of public suffixes are built: half a second in all, which the
first readers after a start waited for. Afterwards it costs a millisecond, and finds a new classifier before they do.
"""

from __future__ import annotations

from moderation import spam
from moderation.learning import Scorer
from moderation.spam.likeness import Sketch
from moderation.text import canonical, language_of, links, script_of

_TEXT = "Danke für den Artikel – “see” also https://www.example.org/ ёлки, 日本語 🙂"
"""Beyond ASCII, in several scripts, and with a link: that is what asks for the tables."""


def rehearse(scorer: Scorer) -> int:
    """Read it as any comment is read; what comes of it is dropped. Returns 0."""
    scorer.score(spam.Candidate(_TEXT, "A reader", "https://www.example.org/", "An article"))
    Sketch.of(canonical(_TEXT).text)
    links(_TEXT)
    script_of(_TEXT)
    language_of(_TEXT)
    return 0
