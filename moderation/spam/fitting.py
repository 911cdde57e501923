"""From examples to weights: the feature matrix, the regression, and the word evidence blended into it.

Both parts are one weight a column, so what they learn together is one vector, and a score stays a plain sum.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam.corpus import Labelled
from moderation.spam.examples import Example, Weighing, examples
from moderation.spam.features import COLUMNS, FIRST_COLUMN

_CHUNK = 2000
_ENOUGH_OF_A_LANGUAGE = 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that training can be told.

    Attributes
    ----------
    strength
        C of the logistic regression: the inverse of its regularisation.
    iterations
        At most so many steps of the solver.
    parts
        In so many parts the comments are learned from, drawn at random, and the weights are averaged.
    language_column
        Value of the columns that stand for the languages during training (see `fitted`); 0 for none.
    word_evidence
        How much of the generative word evidence is blended in (see `_evidence`); 0 for none.
    folds
        Into how many parts the sources are dealt for leaving out.
    prior
        P(spam) to assume where a site knows no better.
    anchors
        How many examples are kept for what learns on top.
    """

    strength: float = 60.0
    iterations: int = 60
    parts: int = 2
    language_column: float = 0.5
    word_evidence: float = 0.3
    folds: int = 4
    prior: float = 0.05
    anchors: int = 3000
    weighing: Weighing = field(default_factory=Weighing)


@dataclass(frozen=True, slots=True)
class Matrix:
    """All examples as one sparse matrix, with what belongs to each of its lines."""

    features: Any
    is_spam: NDArray[np.bool_]
    weight: NDArray[np.float64]
    row: NDArray[np.int64]
    kind: NDArray[np.str_]
    language: NDArray[np.str_]

    def chosen(self, mask: NDArray[np.bool_]) -> Matrix:
        """Only the lines where the mask is true."""
        return Matrix(
            self.features[mask],
            self.is_spam[mask],
            self.weight[mask],
            self.row[mask],
            self.kind[mask],
            self.language[mask],
        )


def matrix_of(rows: Sequence[Labelled], weighing: Weighing, progress: Callable[[float], None]) -> Matrix:
    """The examples of all rows as a matrix, shape (examples, COLUMNS)."""
    from scipy.sparse import vstack  # noqa: PLC0415  a second to import, needed for training alone

    from moderation.spam.groups import FeatureMap  # noqa: PLC0415

    parts, lines = [], []
    chunk: list[Example] = []
    for example in examples(rows, weighing):
        lines.append((example.row, example.kind, example.weight))
        chunk.append(example)
        if len(chunk) == _CHUNK:
            parts.append(FeatureMap().transform([each.reading for each in chunk]))
            chunk = []
            progress(example.row / len(rows))
    if chunk:
        parts.append(FeatureMap().transform([each.reading for each in chunk]))
    row = np.array([line[0] for line in lines])
    return Matrix(
        vstack(parts, format="csr").astype(np.float32),  # halves the time of a fit
        np.array([labelled.is_spam for labelled in rows])[row],
        np.array([line[2] for line in lines]),
        row,
        np.array([line[1] for line in lines]),
        np.array([labelled.language for labelled in rows])[row],
    )


class TooLittle(ValueError):
    """So few comments, or so few sources, that a part of them holds one class alone."""

    def __init__(self) -> None:
        super().__init__(
            "Too little is left to learn from when sources, and what is nearly the same, are left out in turn:"
            " add sources that hold both classes, or more comments"
        )


def fitted(matrix: Matrix, settings: Settings) -> tuple[NDArray[np.float64], float]:
    """Weights (COLUMNS,) and bias: logistic regressions, and a share of word evidence.

    Both classes weigh the same in all. While learning, each language that has both classes is a column of its own,
    which takes up what the language itself would say; when scoring there is no such column, and every comment is
    judged as if it were in the language there is most of. Regressions on parts of the comments err in ways of their
    own, which their mean evens out (bagging, Breiman 1996, here without replacement). Raises `TooLittle` where no
    part holds both classes.
    """
    weight = balanced(matrix)
    languages = _languages_with_both(matrix) if settings.language_column else []
    features = _with_languages(matrix, languages, settings.language_column) if languages else matrix.features
    part = np.random.default_rng(settings.weighing.seed).integers(settings.parts, size=matrix.row.max() + 1)
    of_part = part[matrix.row]
    regressions = [
        regression(
            features[chosen],
            matrix.is_spam[chosen],
            weight[chosen],
            settings.strength,
            settings.iterations,
        )
        for chosen in (of_part == number for number in range(settings.parts))
        if len(set(matrix.is_spam[chosen].tolist())) == 2
    ]
    if not regressions:
        raise TooLittle
    coefficients = np.mean([each for each, _ in regressions], axis=0)
    bias = float(np.mean([each for _, each in regressions]))
    if languages:
        bias += float(coefficients[COLUMNS]) * settings.language_column
    return coefficients[:COLUMNS] + settings.word_evidence * _evidence(matrix, weight), bias


def regression(
    features: Any,
    is_spam: NDArray[np.bool_],
    weight: NDArray[np.float64],
    strength: float,
    iterations: int,
) -> tuple[NDArray[np.float64], float]:
    """Coefficients, one a column, and intercept of a logistic regression; columns without an example have none."""
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  a second to import, needed for training alone
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    width = features.shape[1]
    used = np.flatnonzero(np.bincount(features.indices, minlength=width))
    is_sparse_in_columns = (
        2 * len(used) < width
    )  # few comments: the solver's steps cost what its columns cost
    if is_sparse_in_columns:
        features = features[:, used]
    model = LogisticRegression(C=strength, max_iter=iterations)
    with warnings.catch_warnings():
        # The last digits of convergence do not change a verdict; the number of steps is a setting.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, is_spam, sample_weight=weight)
    coefficients = np.asarray(model.coef_[0], dtype=np.float64)
    if is_sparse_in_columns:
        whole = np.zeros(width)
        whole[used] = coefficients
        coefficients = whole
    return coefficients, float(model.intercept_[0])


def _with_languages(matrix: Matrix, languages: list[str], value: float) -> Any:
    """The features with one column more for each language; several times faster than stacking matrices."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    column_of = {language: COLUMNS + number for number, language in enumerate(languages)}
    column = np.array([column_of.get(language, -1) for language in matrix.language.tolist()])
    has_one = column >= 0
    features = matrix.features
    at = features.indptr[1:][has_one]
    data = np.insert(features.data, at, value)
    indices = np.insert(features.indices, at, column[has_one])
    ends = features.indptr + np.concatenate(([0], np.cumsum(has_one)))
    return csr_matrix(
        (data, indices, ends.astype(features.indptr.dtype)), shape=(len(column), COLUMNS + len(languages))
    )


def balanced(matrix: Matrix) -> NDArray[np.float64]:
    """The weights of all examples, scaled so that both classes weigh the same; `TooLittle` if one is absent."""
    if len(set(matrix.is_spam.tolist())) < 2:
        raise TooLittle
    weight = matrix.weight.copy()
    for spam in (True, False):
        weight[matrix.is_spam == spam] *= len(weight) / 2 / weight[matrix.is_spam == spam].sum()
    return weight


def _languages_with_both(matrix: Matrix) -> list[str]:
    """Languages with examples of both classes in number, the most frequent first."""
    counts = [Counter(matrix.language[matrix.is_spam == spam].tolist()) for spam in (True, False)]
    both = [each for each in counts[0] if min(counts[0][each], counts[1][each]) >= _ENOUGH_OF_A_LANGUAGE]
    return sorted(both, key=lambda each: (-counts[0][each] - counts[1][each], each))


def _evidence(matrix: Matrix, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each word, and each pair of words, says by itself: the log of how much oftener spam has it than ham.

    Counted in comments, one comment of either class added to each. It errs on other comments than the
    regression does, and as it is a weight a column, a blend of the two is still one sum.
    """
    present = matrix.features[:, : FIRST_COLUMN[1]].copy()
    present.data[:] = 1.0
    rates = []
    for spam in (True, False):
        of_class = np.where(matrix.is_spam == spam, weight, 0.0)
        rates.append((present.T @ of_class + 1.0) / (of_class.sum() + 2.0))
    return np.concatenate((np.log(rates[0] / rates[1]), np.zeros(COLUMNS - FIRST_COLUMN[1])))
