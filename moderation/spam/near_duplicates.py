"""Which comments are nearly the same text: what one campaign posts twice must not be learned from and judged by.

Sketches of character n-grams (MinHash, Broder 1997): the share of equal places in two sketches estimates how much
of their n-grams two texts have in common (Jaccard). Texts that agree in a band of places are compared in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam.features import FIRST_COLUMN

ALIKE = 0.6
"""Share of common n-grams, of all that either text has, from which on two texts are nearly the same."""

_BANDS, _PLACES = 8, 3
_MOST_COMPARED = 30
Columns = NDArray[np.int32]


def groups(features: Any) -> NDArray[np.int64]:
    """The number of the group of each line: nearly the same texts have one number.

    Parameters
    ----------
    features
        Rows of the feature map, a CSR matrix of shape (texts, COLUMNS); their character n-grams are compared.
    """
    characters = features[:, FIRST_COLUMN[1] : FIRST_COLUMN[2]]
    characters.sort_indices()
    n_grams = np.split(characters.indices, characters.indptr[1:-1])
    group = np.arange(len(n_grams))
    for first, second in _candidates(characters):
        one, other = _root(group, first), _root(group, second)
        if one != other and _jaccard(n_grams[first], n_grams[second]) >= ALIKE:
            group[max(one, other)] = min(one, other)
    return np.array([_root(group, i) for i in range(len(group))], dtype=np.int64)


def _candidates(characters: Any) -> Iterator[tuple[int, int]]:
    """Pairs of lines that agree in a band; where many agree, each is paired with some of them."""
    lines = np.flatnonzero(np.diff(characters.indptr))
    if not len(lines):
        return
    factors = np.random.default_rng(1).integers(1, 1 << 63, size=(_BANDS, _PLACES), dtype=np.uint64) * 2 + 1
    columns = characters.indices.astype(np.uint64) + 1
    for factors_of_band in factors:
        smallest = [np.minimum.reduceat(columns * each, characters.indptr[lines]) for each in factors_of_band]
        order = np.lexsort(smallest)
        sketch = np.stack(smallest, axis=1)[order]
        differs = np.flatnonzero((sketch[1:] != sketch[:-1]).any(axis=1)) + 1
        for alike in np.split(lines[order], differs):
            for start in range(0, len(alike) - 1, _MOST_COMPARED):
                yield from combinations(alike[start : start + _MOST_COMPARED + 1].tolist(), 2)


def _jaccard(one: Columns, other: Columns) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def _root(group: NDArray[np.int64], at: int) -> int:
    while group[at] != at:
        group[at] = group[group[at]]
        at = int(group[at])
    return at
