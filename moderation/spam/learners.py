"""Other ways to learn from the same comments, all with one face: what the champion is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam.corpus import WRITTEN, Labelled
from moderation.spam.examples import BARE, FULL
from moderation.spam.features import FIRST_COLUMN
from moderation.spam.fitting import Matrix, Settings, balanced, fitted, regression

Floats = NDArray[np.float64]
Judge = Callable[[Matrix], Floats]
Learn = Callable[[Matrix, Sequence[Labelled]], Judge]
_REFERENCE_STEPS = 60
_UNSURE = 30.0
"""How many comments' worth of doubt each word's evidence starts with, in the Fisher-Robinson combination."""


@dataclass(frozen=True, slots=True)
class Learner:
    """A way to learn; `of_reference` asks for the features of the reference in place of ours."""

    learn: Learn
    of_reference: bool = False


def learners(settings: Settings) -> dict[str, Learner]:
    """Every way there is, the champion first."""
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415
    from sklearn.naive_bayes import ComplementNB  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    plain = replace(settings, language_column=0.0, word_evidence=0.0)
    return {
        "as shipped": Learner(_fitting(settings)),
        "without the written comments": Learner(_without_written(_fitting(settings))),
        "reference H+, C = 10": Learner(_without_written(_reference(10.0)), of_reference=True),
        "reference H+, C = 30": Learner(_without_written(_reference(30.0)), of_reference=True),
        "reference H+, with the written comments": Learner(_reference(30.0), of_reference=True),
        "without word evidence": Learner(_fitting(replace(settings, word_evidence=0.0))),
        "without language columns": Learner(_fitting(replace(settings, language_column=0.0))),
        "regression alone": Learner(_fitting(plain)),
        "regression alone, C = 3": Learner(_fitting(replace(plain, strength=3.0))),
        "regression alone, C = 100": Learner(_fitting(replace(plain, strength=100.0))),
        "SGD, logistic loss": Learner(
            _estimator(lambda: SGDClassifier(loss="log_loss", alpha=1e-6, random_state=1))
        ),
        "linear SVM": Learner(_estimator(lambda: LinearSVC(C=0.3, random_state=1))),
        "complement naive Bayes": Learner(_estimator(ComplementNB)),
        "Fisher-Robinson word evidence": Learner(_fisher_robinson),
        "regression and half of Fisher-Robinson": Learner(_half_of_fisher_robinson(settings)),
        "boosted trees on the signals": Learner(_estimator(_boosted, signals_alone=True)),
        "TF-IDF words (naive)": Learner(_without_written(_naive)),
    }


def _fitting(settings: Settings) -> Learn:
    def learn(matrix: Matrix, _rows: Sequence[Labelled]) -> Judge:
        weights, bias = fitted(matrix, settings)
        return lambda out: np.asarray(out.features @ weights + bias)

    return learn


def _without_written(learn: Learn) -> Learn:
    def on_fewer(matrix: Matrix, rows: Sequence[Labelled]) -> Judge:
        is_written = np.array([row.source == WRITTEN for row in rows])
        return learn(matrix.chosen(~is_written[matrix.row]), rows)

    return on_fewer


def _reference(strength: float) -> Learn:
    """H+ as it was described: each comment with and without name and website, both classes alike, nothing more."""

    def learn(matrix: Matrix, _rows: Sequence[Labelled]) -> Judge:
        own = matrix.chosen(np.isin(matrix.kind, (BARE, FULL)))
        has_both = np.zeros(own.row.max() + 1, dtype=bool)
        has_both[own.row[own.kind == FULL]] = True
        halves = replace(own, weight=np.where(has_both[own.row], 0.5, 1.0))
        weights, bias = regression(own.features, own.is_spam, balanced(halves), strength, _REFERENCE_STEPS)
        return lambda out: np.asarray(out.features @ weights + bias)

    return learn


def _estimator(make: Callable[[], Any], *, signals_alone: bool = False) -> Learn:
    from threadpoolctl import threadpool_limits  # noqa: PLC0415  scikit-learn brings it

    def seen(matrix: Matrix) -> Any:
        return matrix.features[:, FIRST_COLUMN[-1] :].toarray() if signals_alone else matrix.features

    def learn(matrix: Matrix, _rows: Sequence[Labelled]) -> Judge:
        with threadpool_limits(
            1
        ):  # threads that wait for each other on a busy machine take minutes over nothing
            model = make().fit(seen(matrix), matrix.is_spam, sample_weight=balanced(matrix))
        if hasattr(model, "decision_function"):
            return lambda out: np.asarray(model.decision_function(seen(out)))
        return lambda out: np.asarray(np.diff(model.predict_log_proba(seen(out)))[:, 0])

    return learn


def _boosted() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    return HistGradientBoostingClassifier(max_iter=150, random_state=1)


def _fisher_robinson(matrix: Matrix, _rows: Sequence[Labelled]) -> Judge:
    """Robinson's smoothed word probabilities, combined by Fisher's method, as difference of the two log tails."""
    from scipy.stats import chi2  # noqa: PLC0415

    present = _words_of(matrix)
    weight = balanced(matrix)
    counts = [present.T @ np.where(matrix.is_spam == spam, weight, 0.0) for spam in (True, False)]
    p = (counts[0] + _UNSURE / 2) / (counts[0] + counts[1] + _UNSURE)

    def judge(out: Matrix) -> Floats:
        words = _words_of(out)
        degrees = 2 * np.maximum(np.diff(words.indptr), 1)
        of_spam = chi2.logsf(-2 * (words @ np.log1p(-p)), degrees)
        of_ham = chi2.logsf(-2 * (words @ np.log(p)), degrees)
        return np.asarray((of_ham - of_spam) / 2)

    return judge


def _words_of(matrix: Matrix) -> Any:
    words = matrix.features[:, : FIRST_COLUMN[1]].copy()
    words.data[:] = 1.0
    return words


def _half_of_fisher_robinson(settings: Settings) -> Learn:
    def learn(matrix: Matrix, rows: Sequence[Labelled]) -> Judge:
        judges = (
            _fitting(replace(settings, word_evidence=0.0))(matrix, rows),
            _fisher_robinson(matrix, rows),
        )
        return lambda out: judges[0](out) + 0.5 * judges[1](out)

    return learn


def _naive(matrix: Matrix, rows: Sequence[Labelled]) -> Judge:
    """What most would write: TF-IDF of words and pairs, logistic regression, every row alike."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415

    seen = sorted(set(matrix.row[matrix.kind == BARE].tolist()))
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(max_iter=300))
    model.fit([rows[i].candidate.text for i in seen], [rows[i].is_spam for i in seen])

    def judge(out: Matrix) -> Floats:
        wanted = sorted(set(out.row.tolist()))
        said = dict(
            zip(wanted, model.decision_function([rows[i].candidate.text for i in wanted]), strict=True)
        )
        return np.array([said[i] for i in out.row.tolist()])

    return judge
