"""The features of the reference, H+: scikit-learn's own vectorisers side by side, each n-gram group of length one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from moderation.spam.features import FIRST_COLUMN
from moderation.spam.reading import Reading

_WORDS = r"(?u)\b\w+\b"


def reference_features(readings: Sequence[Reading], signals: Any) -> Any:
    """Words and pairs, characters within words, characters of name and of links, and the named signals.

    Parameters
    ----------
    readings
        What was read, shape (n,).
    signals
        The rows of our feature map, of which only the signals are taken, shape (n, COLUMNS).
    """
    from scipy.sparse import hstack  # noqa: PLC0415  needed for comparing alone
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

    def hashed(texts: list[str], bits: int, **how: Any) -> Any:
        vectoriser = HashingVectorizer(n_features=1 << bits, alternate_sign=False, lowercase=False, **how)
        return vectoriser.transform(texts)

    normal = [reading.normal for reading in readings]
    links = [" ".join((each.website_host, each.website_path, *each.hosts)) for each in readings]
    parts = (
        hashed(normal, 18, ngram_range=(1, 2), token_pattern=_WORDS),
        hashed(normal, 18, ngram_range=(3, 5), analyzer="char_wb"),
        hashed([reading.name for reading in readings], 16, ngram_range=(2, 4), analyzer="char_wb"),
        hashed(links, 16, ngram_range=(3, 5), analyzer="char_wb"),
        signals[:, FIRST_COLUMN[-1] :],
    )
    return hstack(parts, format="csr").astype(np.float32)
