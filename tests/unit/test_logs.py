"""Logs: one JSON line an event, and no address in any of them."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
import structlog

from moderation import logs


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    logs.configure("debug", stream)
    return stream


def told(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize(
    "address",
    ["ada@example.org", "ADA@Example.ORG", "ada%40example.org", "ada＠example.org", "ada&#64;example.org"],
)
def test_no_address_passes_however_deep_it_lies(lines: io.StringIO, address: str) -> None:
    log = structlog.get_logger("gatepost.test")
    log.info(f"from {address}", path=f"/a?to={address}", deep={"list": [address, {address: 1}]})
    logging.getLogger("elsewhere").warning("a library says %s", address)
    assert "example.org" not in lines.getvalue().lower()
    assert len(told(lines)) == 2


def test_an_exception_is_told_by_kind_and_place_never_by_its_text(lines: io.StringIO) -> None:
    try:
        raise ValueError("typed by ada@example.org: secret words")
    except ValueError:
        structlog.get_logger("gatepost.test").error("failed", exc_info=True)
        logging.getLogger("elsewhere").exception("failed too")
    assert "secret" not in lines.getvalue()
    for line in told(lines):
        assert line["exception"] == "ValueError"
        assert line["at"]


def test_a_line_carries_level_name_and_time(lines: io.StringIO) -> None:
    structlog.get_logger("gatepost.test").warning("look", count=3)
    (line,) = told(lines)
    assert (line["level"], line["logger"], line["event"], line["count"]) == (
        "warning",
        "gatepost.test",
        "look",
        3,
    )
    assert str(line["timestamp"]).endswith("Z")


def test_the_line_of_an_answer_hides_addresses_too_and_keeps_to_the_level(lines: io.StringIO) -> None:
    logs.answered("1f", "GET", "/ada%40example.org", 404, 0.0123)
    (line,) = told(lines)
    assert (line["event"], line["logger"], line["request"]) == ("answered", "gatepost.web", "1f")
    assert (line["path"], line["ms"], line["level"]) == ("/[address hidden]", 12.3, "info")
    assert str(line["timestamp"]).endswith("Z")
    logs.configure("warning", lines)
    logs.answered("2f", "GET", "/", 200, 0.001)
    logging.getLogger("waitress.queue").warning("one waits")
    assert len(told(lines)) == 1


def test_the_line_of_an_answer_is_made_like_every_other(lines: io.StringIO) -> None:
    logs.answered("1f", "GET", "/", 200, 0.001)
    structlog.get_logger("gatepost.web").info(
        "answered", request="1f", method="GET", path="/", status=200, ms=1.0
    )
    ours, others = told(lines)
    assert set(ours) == set(others)
    assert {**ours, "timestamp": ""} == {**others, "timestamp": ""}
    for line in (ours, others):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(line["timestamp"]))


def test_a_log_that_cannot_be_written_stops_no_answer() -> None:
    class Full(io.StringIO):
        is_full, tried = True, 0

        def write(self, said: str) -> int:
            self.tried += 1
            if self.is_full:
                raise OSError(28, "No space left on device")
            return super().write(said)

    disk = Full()
    logs.configure("info", disk)
    logs.answered("1f", "GET", "/", 200, 0.001)
    assert disk.tried
    disk.is_full = False
    logs.answered("2f", "GET", "/", 200, 0.001)
    assert [line["request"] for line in told(disk)] == ["2f"]
    disk.close()
    logs.answered("3f", "GET", "/", 200, 0.001)
