"""Other ways to judge, trained on the same rows and judged on the same left-out sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.spam import evaluation
from moderation.spam.corpus import Labelled
from moderation.spam.examples import BARE
from moderation.spam.features import FIRST_COLUMN
from moderation.spam.fitting import Matrix, Settings, balanced, fitted, matrix_of

Judge = Callable[[Matrix], NDArray[np.float64]]
Learner = Callable[[Matrix, Sequence[Labelled]], Judge]
_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """How one learner did.

    Attributes
    ----------
    figures
        AUC, average precision, recall at 1 % and 0.1 % false positives on the bench.
    behind
        By how much its average precision is below the champion's on the same rows: 2.5 %, 50 % and 97.5 % of paired
        bootstrap resamples.
    seconds
        Time of all its fits and judgements.
    """

    name: str
    figures: tuple[float, float, float, float]
    behind: tuple[float, float, float]
    seconds: float


def compare(
    rows: Sequence[Labelled], settings: Settings, progress: Callable[[str], None]
) -> Iterator[Standing]:
    """Judge every learner of `LEARNERS` by the protocol of `evaluation`; the champion, first, is what is shipped."""
    progress("reading")
    matrix = matrix_of(rows, settings.weighing, lambda _: None)
    fold = evaluation.folds(rows, settings.folds)
    champion: NDArray[np.float64] | None = None
    for name, learner in _learners(settings).items():
        progress(name)
        began = perf_counter()
        opinions = evaluation.Opinions.none(len(rows))
        for number in range(settings.folds):
            is_out = fold[matrix.row] == number
            judge = learner(matrix.chosen(~is_out), rows)
            out = matrix.chosen(is_out)
            opinions.note(out.row, out.kind, judge(out))
        values = opinions.as_it_came
        champion = values if champion is None else champion
        bench = evaluation.Bench.of(rows, ~np.isnan(values))
        behind = _behind(champion[bench.rows], values[bench.rows], bench.spam[bench.rows], settings.prior)
        yield Standing(name, _four(values, bench, settings.prior), behind, perf_counter() - began)


def _learners(settings: Settings) -> dict[str, Learner]:
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415
    from sklearn.naive_bayes import ComplementNB  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    plain = replace(settings, language_column=0.0, word_evidence=0.0)
    return {
        "as shipped": _fitting(settings),
        "without word evidence": _fitting(replace(settings, word_evidence=0.0)),
        "without language columns": _fitting(replace(settings, language_column=0.0)),
        "regression alone (reference)": _fitting(plain),
        "regression alone, C = 30": _fitting(replace(plain, strength=30.0)),
        "SGD, logistic loss": _estimator(lambda: SGDClassifier(loss="log_loss", alpha=1e-6, random_state=1)),
        "linear SVM": _estimator(lambda: LinearSVC(C=0.3, random_state=1)),
        "complement naive Bayes": _estimator(ComplementNB),
        "named signals alone": _estimator(_boosted, signals_alone=True),
        "TF-IDF words (naive)": _naive,
    }


def _boosted() -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    return HistGradientBoostingClassifier(max_iter=150, random_state=1)


def _fitting(settings: Settings) -> Learner:
    def learn(matrix: Matrix, _rows: Sequence[Labelled]) -> Judge:
        weights, bias = fitted(matrix, settings)
        return lambda out: np.asarray(out.features @ weights + bias)

    return learn


def _estimator(make: Callable[[], Any], signals_alone: bool = False) -> Learner:
    def seen(matrix: Matrix) -> Any:
        return matrix.features[:, FIRST_COLUMN[-1] :].toarray() if signals_alone else matrix.features

    def learn(matrix: Matrix, _rows: Sequence[Labelled]) -> Judge:
        model = make().fit(seen(matrix), matrix.is_spam, sample_weight=balanced(matrix))
        if hasattr(model, "decision_function"):
            return lambda out: np.asarray(model.decision_function(seen(out)))
        return lambda out: np.asarray(np.diff(model.predict_log_proba(seen(out)))[:, 0])

    return learn


def _naive(matrix: Matrix, rows: Sequence[Labelled]) -> Judge:
    """What most would write: TF-IDF of words and pairs, logistic regression, every row alike."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415

    seen = sorted(set(matrix.row[matrix.kind == BARE].tolist()))
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(max_iter=300))
    model.fit([rows[i].candidate.text for i in seen], [rows[i].is_spam for i in seen])

    def judge(out: Matrix) -> NDArray[np.float64]:
        wanted = sorted(set(out.row.tolist()))
        said = dict(
            zip(wanted, model.decision_function([rows[i].candidate.text for i in wanted]), strict=True)
        )
        return np.array([said[i] for i in out.row.tolist()])

    return judge


def _four(
    values: NDArray[np.float64], bench: evaluation.Bench, prior: float
) -> tuple[float, float, float, float]:
    from sklearn.metrics import average_precision_score, roc_auc_score  # noqa: PLC0415

    y, x = bench.spam[bench.rows], values[bench.rows]
    weight = np.where(y, prior / y.mean(), (1 - prior) / (1 - y.mean()))
    ham, spam = values[bench.ham], values[bench.spam]
    return (
        float(roc_auc_score(y, x, sample_weight=weight)),
        float(average_precision_score(y, x, sample_weight=weight)),
        float((spam > np.quantile(ham, 0.99)).mean()),
        float((spam > np.quantile(ham, 0.999)).mean()),
    )


def _behind(
    champion: NDArray[np.float64], other: NDArray[np.float64], y: NDArray[np.bool_], prior: float
) -> tuple[float, float, float]:
    from sklearn.metrics import average_precision_score  # noqa: PLC0415

    chance = np.random.default_rng(1)
    weight = np.where(y, prior / y.mean(), (1 - prior) / (1 - y.mean()))
    differences = []
    for _ in range(_RESAMPLES):
        drawn = chance.integers(len(y), size=len(y))
        first, second = (
            average_precision_score(y[drawn], each[drawn], sample_weight=weight[drawn])
            for each in (champion, other)
        )
        differences.append(first - second)
    low, middle, high = np.quantile(differences, (0.025, 0.5, 0.975))
    return float(low), float(middle), float(high)
