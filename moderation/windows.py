"""A bounded window of candidates, looked through in a few steps: most of what is asked for is found in the first."""

from __future__ import annotations

from collections.abc import Iterator


def in_steps(first: int, most: int) -> Iterator[int]:
    """How many to look at, and how many more each time that was not enough, `most` in all.

    Each further step is three times as long as all before it, so that a whole window takes few queries.

    >>> list(in_steps(250, 2000)), list(in_steps(250, 51))
    ([250, 750, 1000], [51])
    """
    looked = 0
    while looked < most:
        step = min(3 * looked or first, most - looked)
        yield step
        looked += step
