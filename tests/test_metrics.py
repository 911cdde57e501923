"""root's scraper counts what happens, and learns nothing that anybody typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from moderation import sweeps
from tests.conftest import add_article
from tests.people import Person

TOKEN = "a-long-enough-token"
DASHBOARD = Path(__file__).parents[1] / "deploy" / "grafana.json"


@pytest.fixture
def watched(make_app: Callable[..., Flask]) -> Flask:
    """A house that is scraped."""
    app = make_app(metrics_token=TOKEN)
    add_article(app)
    return app


def scraped(app: Flask) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_what_readers_do_is_counted(watched: Flask) -> None:
    before = scraped(watched)
    ada = Person(watched, "Ada", "ada@example.org")
    ada.comment("The ferry sails at seven, whatever the weather.")
    ada.comment("See https://a.example and https://b.example")
    ada.get("/articles/nowhere/at/all")
    after = scraped(watched)

    def grew(*sample: str) -> float:
        return after.get(sample, 0) - before.get(sample, 0)

    assert grew("gatepost_verdicts_total", "approve") == 1
    assert grew("gatepost_verdicts_total", "hold") == 1
    assert grew("gatepost_reasons_total", "links") == 1
    assert grew("gatepost_score_count") == 2
    assert grew("gatepost_requests_total", "GET", "", "404") == 1
    assert after["gatepost_comments", "held"] == after["gatepost_comments", "approved"] == 1
    assert after["gatepost_up", "database"] == 1


def test_background_work_and_what_is_late_can_be_seen(watched: Flask) -> None:
    assert scraped(watched)["gatepost_up", "sweeps"] == 0
    with watched.app_context():
        sweeps.sweep(datetime.now(UTC), "here")
    found = scraped(watched)
    assert found["gatepost_up", "sweeps"] == 1
    assert found[("gatepost_last_sweep_seconds",)] < 60
    assert found[("gatepost_to_index",)] == 0


def test_a_retried_comment_counts_once(watched: Flask) -> None:
    before = scraped(watched)
    ada = Person(watched, "Ada", "ada@example.org")
    for _ in range(3):
        ada.comment("The ferry sails at seven, whatever the weather.")
    assert scraped(watched)[("gatepost_score_count",)] == before.get(("gatepost_score_count",), 0) + 1


@pytest.mark.parametrize("shown", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"bearer {TOKEN}"])
def test_without_the_token_nobody_learns_that_there_are_metrics(watched: Flask, shown: str | None) -> None:
    headers = {} if shown is None else {"Authorization": shown}
    assert watched.test_client().get("/metrics", headers=headers).status_code == 404


def test_where_no_token_is_set_no_token_opens(app: Flask) -> None:
    answer = app.test_client().get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 404


def test_no_label_holds_what_somebody_typed(watched: Flask) -> None:
    eve = Person(watched, "Eve", "eve@example.com")
    eve.comment("Casino by eve@example.com")
    eve.get("/articles/the-ferry?q=eve@example.com")
    eve.get("/eve@example.com")
    watched.test_client().open("/articles/the-ferry", method="EVE@EXAMPLE.COM")
    assert "eve@" not in str(scraped(watched)).lower()


def test_the_dashboard_asks_for_nothing_that_is_not_there(watched: Flask) -> None:
    ada = Person(watched, "Ada", "ada@example.org")
    ada.comment("See https://a.example and https://b.example")
    with watched.app_context():
        sweeps.sweep(datetime.now(UTC), "here")
    known = {name for name, *_ in scraped(watched)} | {"gatepost_swept_total"}
    asked = {
        name
        for panel in json.loads(DASHBOARD.read_text())["panels"]
        for target in panel.get("targets", ())
        for name in re.findall(r"(?:gatepost|process)_\w+", target["expr"])
    }
    assert asked
    assert asked <= known
