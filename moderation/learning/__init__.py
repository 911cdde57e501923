"""Story 3: the classifier in use learns from the decisions of this installation's people.

A person's standing decision is a label (`labels`). Labels correct the base: at once by the fast layer, that the
scorer fits (`scorer`), and for good by a challenger, that becomes champion only past the gate (`champion`).
"""

from __future__ import annotations

from moderation.learning.background import Learner, granted, wish
from moderation.learning.champion import Attempt, base_in_use, learn, replace_withdrawn
from moderation.learning.drawing import spot_checks
from moderation.learning.figures import keep_figures
from moderation.learning.forgetting import forget
from moderation.learning.rescoring import look_again
from moderation.learning.scorer import CAUTIOUS, Scorer
from moderation.learning.terms import Given
from moderation.learning.upgrading import install_base
from moderation.learning.versions import promote, roll_back

__all__ = [
    "CAUTIOUS",
    "Attempt",
    "Given",
    "Learner",
    "Scorer",
    "base_in_use",
    "forget",
    "granted",
    "install_base",
    "keep_figures",
    "learn",
    "look_again",
    "promote",
    "replace_withdrawn",
    "roll_back",
    "spot_checks",
    "wish",
]
