"""The feature groups as scikit-learn transformers, for training and for comparing: the same rows as serving makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import FeatureUnion

from moderation.spam.features import COLUMNS, FIRST_COLUMN, GROUPS, WIDTHS, Row, rows
from moderation.spam.reading import Candidate, Reading, read

Sample = Reading | Candidate | str
_AT_ONCE = 64


class FeatureGroup(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """One group of the feature map.

    Parameters
    ----------
    group
        Name of the group: "words", "characters", "name", "website", "links" or "signals".

    Notes
    -----
    Stateless: `fit` only checks the name. Samples are readings, candidates or plain texts, not arrays of numbers.
    """

    def __init__(self, group: str = "words") -> None:
        self.group = group

    def fit(self, X: Sequence[Sample], y: object = None) -> Self:  # noqa: N803, ARG002  scikit-learn's signature
        """Check the parameters; nothing is learned."""
        self._number()
        return self

    def transform(self, X: Sequence[Sample]) -> csr_matrix:  # noqa: N803
        """Rows of the group, shape (len(X), width), of a candidate's first window."""
        number = self._number()
        first, width = FIRST_COLUMN[number], WIDTHS[number]
        return _stacked([_part(each, first, width) for each in _rows(X)], width)

    def get_feature_names_out(self, input_features: object = None) -> Any:  # noqa: ARG002  scikit-learn's
        """One name per column: the group and the number of the column."""
        return np.array([f"{self.group}{i}" for i in range(WIDTHS[self._number()])], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        return _of_texts(super().__sklearn_tags__())

    def _number(self) -> int:
        if self.group not in GROUPS:
            raise ValueError(f"There is no feature group {self.group!r}; there are {', '.join(GROUPS)}.")
        return GROUPS.index(self.group)


class FeatureMap(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The whole feature map in one transformer: equal to `feature_map()`, reading each sample once."""

    def fit(self, X: Sequence[Sample], y: object = None) -> Self:  # noqa: N803, ARG002  scikit-learn's signature
        """Nothing is learned."""
        return self

    def transform(self, X: Sequence[Sample]) -> csr_matrix:  # noqa: N803
        """Rows of all groups, shape (len(X), COLUMNS)."""
        return _stacked(_rows(X), COLUMNS)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        return _of_texts(super().__sklearn_tags__())


def feature_map() -> FeatureUnion:
    """All groups side by side, in the order of the artefact's columns."""
    return FeatureUnion([(group, FeatureGroup(group)) for group in GROUPS])


def _reading(sample: Reading | Candidate | str) -> Reading:
    if isinstance(sample, Reading):
        return sample
    return read(sample if isinstance(sample, Candidate) else Candidate(str(sample)))[0]


def _rows(samples: Sequence[Sample]) -> list[Row]:
    found: list[Row] = []
    for start in range(0, len(samples), _AT_ONCE):
        found += rows([_reading(sample) for sample in samples[start : start + _AT_ONCE]])
    return found


def _stacked(found: list[Row], width: int) -> csr_matrix:
    ends = np.cumsum([0, *(len(columns) for columns, _ in found)])
    columns = np.concatenate([columns for columns, _ in found]) if found else np.empty(0, dtype=np.int64)
    values = np.concatenate([values for _, values in found]) if found else np.empty(0)
    return csr_matrix((values, columns.astype(np.int32), ends), shape=(len(found), width))


def _part(whole: Row, first: int, width: int) -> Row:
    columns, values = whole
    chosen = (columns >= first) & (columns < first + width)
    return columns[chosen] - first, values[chosen]


def _of_texts(tags: Any) -> Any:
    tags.requires_fit = False
    tags.no_validation = True
    tags.input_tags.string = True
    tags.input_tags.two_d_array = False
    return tags
