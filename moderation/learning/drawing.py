"""Spot checks: chance draws a few of what the policy decides by itself, so that no figure about errors is blind."""

from __future__ import annotations

import random
from collections.abc import Callable

_CHANCE = random.SystemRandom()  # which nobody who posts can foresee


def spot_checks(share: float) -> Callable[[], float | None]:
    """Something that says, each time it is asked, with which chance a comment was drawn; None where it was not."""
    return lambda: share if _CHANCE.random() < share else None
