"""What the pages say of tests and drills is true: each promise has its own, and each that is named is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drills.__main__ import chosen

ROOT = Path(__file__).parents[1]
SAID = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
RELIABLE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
THERE = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}
DRILLED = {each.name for each in chosen([])}


@pytest.mark.parametrize("number", range(13, 35))
def test_each_promise_is_in_the_table_with_a_test_of_its_name(number: int) -> None:
    rows = re.findall(rf"^\| P{number} \|.*$", SAID, re.MULTILINE)
    assert len(rows) == 1
    assert f"`test_p{number}_" in rows[0]


def test_every_test_that_is_named_is_there() -> None:
    assert set(re.findall(r"`(test_\w+)`", SAID + RELIABLE)) <= THERE


def test_every_test_of_a_promise_is_named() -> None:
    named = set(re.findall(r"`(test_\w+)`", SAID + RELIABLE))
    assert {name for name in THERE if re.match(r"test_p\d+_", name)} <= named


@pytest.mark.parametrize("number", range(1, 13))
def test_each_promise_of_reliability_is_in_its_table_with_a_drill_and_a_test(number: int) -> None:
    rows = re.findall(rf"^\| P{number} \|.*$", RELIABLE, re.MULTILINE)
    assert len(rows) == 1
    assert "`test_" in rows[0]
    assert set(re.findall(r"`([a-z0-9]+-[a-z0-9-]+)`", rows[0])) & DRILLED


def test_every_drill_is_told_of() -> None:
    assert {f"`{name}`" for name in DRILLED} <= set(re.findall(r"`[^`\n]+`", RELIABLE.partition("<!--")[0]))
