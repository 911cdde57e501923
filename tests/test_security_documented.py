"""What docs/security.md says of tests is true: each promise has its own, and each that is named is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAID = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
THERE = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("number", range(13, 35))
def test_each_promise_is_in_the_table_with_a_test_of_its_name(number: int) -> None:
    rows = re.findall(rf"^\| P{number} \|.*$", SAID, re.MULTILINE)
    assert len(rows) == 1
    assert f"`test_p{number}_" in rows[0]


def test_every_test_that_is_named_is_there() -> None:
    assert set(re.findall(r"`(test_\w+)`", SAID)) <= THERE


def test_every_test_of_a_promise_is_named() -> None:
    assert {name for name in THERE if re.match(r"test_p\d\d_", name)} <= set(
        re.findall(r"`(test_\w+)`", SAID)
    )
