"""What a text says underneath: disguises undone, links found, script and language guessed. For the machine only.

People are always shown what was typed. Everything here is linear in the length of the text and raises on none.
"""

from __future__ import annotations

from moderation.text.canon import Canonical, canonical, canonical_with_origins
from moderation.text.language import language_of, script_of, words
from moderation.text.links import EMAIL, LINK, Link, host_of, is_suffix, links, registrable

__all__ = [
    "EMAIL",
    "LINK",
    "Canonical",
    "Link",
    "canonical",
    "canonical_with_origins",
    "host_of",
    "is_suffix",
    "language_of",
    "links",
    "registrable",
    "script_of",
    "words",
]
