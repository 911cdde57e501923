"""`/metrics`: the counts of this process and what stands in the database, as Prometheus reads it."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select

from models import Comment, Figure, db
from moderation import health, indexing, metrics, sweeps
from moderation.errors import NotFound
from moderation.parts import parts
from moderation.vocabulary import Status

scraping = Blueprint("scraping", __name__)


def init_scraping(app: Flask) -> None:
    """Count every answer, and let a scraper in who has the token."""
    app.register_blueprint(scraping)
    app.after_request(_counted)


@scraping.get("/metrics")
def show() -> Response:
    """All metrics, for whoever has the token; nobody else is told that they are there.

    Raises
    ------
    NotFound
    """
    token = parts().settings.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise NotFound("There is no page at this address.")
    standing = CollectorRegistry()
    standing.register(_Standing())
    written = generate_latest(metrics.REGISTRY) + generate_latest(standing)
    response = Response(written, content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response


def _counted(response: Response) -> Response:
    began = g.get("started", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else ""
    metrics.answered(request.method, route, response.status_code, time.perf_counter() - began)
    return response


class _Standing:
    """What is asked of the database at each scrape; a part that does not answer is left out, and is not up."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("gatepost_up", "Whether a part is well, as /readyz says.", labels=["part"])
        for name, check in {**health.CHECKS, **health.LESSER}.items():
            up.add_metric([name], health.said(check) == health.OK)
        yield up
        if health.said(health.schema) == health.OK:
            yield from _queue()
            yield from _background()
        yield _gauge(
            "gatepost_addresses_stopped", "Addresses kept off public pages: an alarm.", parts().watch.stopped
        )
        if in_use := parts().scorer.classifier:
            info = GaugeMetricFamily("gatepost_classifier", "The version in use.", labels=["version"])
            info.add_metric([in_use.version], 1)
            yield info


def _queue() -> Iterator[Metric]:
    totals, now = parts().review.totals(), datetime.now(UTC)
    comments = GaugeMetricFamily("gatepost_comments", "Comments by status.", labels=["status"])
    for status in ("held", "approved", "spam", "rejected"):
        comments.add_metric([status], totals.counts[status])
    yield comments
    yield _gauge("gatepost_spot_checks", "Comments to be checked.", totals.counts["check"])
    first = db.session.scalar(select(func.min(Comment.arrived_at)).where(Comment.status == Status.HELD))
    waits = (now - first).total_seconds() if first else 0.0
    yield _gauge(
        "gatepost_oldest_waiting_seconds", "How long the first of the queue has waited.", max(waits, 0.0)
    )
    yield _gauge(
        "gatepost_drifting", "Whether decisions disagree more than was promised.", totals.is_drifting
    )


def _background() -> Iterator[Metric]:
    now = datetime.now(UTC)
    _, until = sweeps.swept_until(now)
    if until is not None:
        age = (now - (until - sweeps.HELD_FOR)).total_seconds()
        yield _gauge("gatepost_last_sweep_seconds", "Seconds since a pass of background work went well.", age)
    left = db.session.get(Figure, indexing.NAME)
    remaining = int(left.value["last"]) - int(left.value["after"]) if left else 0
    yield _gauge("gatepost_to_index", "Comments that the search does not know yet.", remaining)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, meaning)
    family.add_metric([], value)
    return family
