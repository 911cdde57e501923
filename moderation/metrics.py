"""What is counted while the house is open, for a scraper: each name and its meaning once.

A label is a word of ours (a route, a status, a verdict, the code of a reason), never what somebody typed. Counts are
of this process since it began; what stands in the database is asked when somebody scrapes (`web/scraping`).
"""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector

from moderation.vocabulary import Action, ReasonCode, Score, Verdict

REGISTRY = CollectorRegistry()
"""Of this process: ours alone, so that no library adds to it unasked."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

REQUESTS = Counter(
    "gatepost_requests", "Requests answered.", ("method", "route", "status"), registry=REGISTRY
)
SECONDS = Histogram(
    "gatepost_request_seconds",
    "Seconds from a request's arrival to its answer.",
    ("route",),
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
VERDICTS = Counter("gatepost_verdicts", "Comments that arrived, by verdict.", ("verdict",), registry=REGISTRY)
REASONS = Counter("gatepost_reasons", "Reasons of these verdicts.", ("code",), registry=REGISTRY)
SCORES = Histogram(
    "gatepost_score",
    "P(spam) of comments that arrived.",
    registry=REGISTRY,
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1),
)
SWEPT = Counter("gatepost_swept", "What background work did, by kind of work.", ("work",), registry=REGISTRY)
SLOW = Counter("gatepost_slow_statements", "Statements that took long.", registry=REGISTRY)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answer; `route` is the rule of a view, "" where none was found."""
    requests, waits = _of(method if method in _METHODS else "other", route, status)
    requests.inc()
    waits.observe(seconds)


@cache
def _of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), SECONDS.labels(route)


def arrived(score: Score | None, verdict: Verdict) -> None:
    """Count a comment that was stored, and why it was told what it was told."""
    _of_verdict(verdict.action).inc()
    for reason in verdict.reasons:
        _of_reason(reason.code).inc()
    if score is not None:
        SCORES.observe(score.probability)


@cache
def _of_verdict(action: Action) -> Counter:
    return VERDICTS.labels(str(action))


@cache
def _of_reason(code: ReasonCode) -> Counter:
    return REASONS.labels(str(code))


_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
