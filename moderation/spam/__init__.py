"""The judge of comments: a score, and why. A library that knows neither the web nor the database.

Scoring needs numpy alone; scikit-learn is imported only by what trains (`training`, `evaluation`, `groups`).
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from moderation.spam.artefact import BadArtefact
from moderation.spam.classifier import Classifier
from moderation.spam.explanation import in_words
from moderation.spam.reading import Candidate

__all__ = ["BadArtefact", "Candidate", "Classifier", "base", "base_bytes", "in_words"]


def base_bytes() -> bytes:
    """The artefact that is shipped."""
    return resources.files(__name__).joinpath("base.npz").read_bytes()


@cache
def base() -> Classifier:
    """The shipped classifier, loaded once and shared."""
    return Classifier.from_bytes(base_bytes())
