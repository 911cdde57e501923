"""docs/asvs.md is whole and true: each requirement of levels 1 and 2 is there once, and each test it names exists."""

from __future__ import annotations

import re
from pathlib import Path

from tests.test_security_documented import THERE

SAID = (Path(__file__).parents[1] / "docs" / "asvs.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| V([\d.]+) \| (\d) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", SAID, re.MULTILINE)

LEVELS = {
    "1.1": "22",
    "1.2": "1111122223",
    "1.3": "112222222223",
    "1.4": "222",
    "1.5": "123",
    "2.1": "122",
    "2.2": "112",
    "2.3": "12223",
    "2.4": "23",
    "3.1": "3",
    "3.2": "113",
    "3.3": "12223",
    "3.4": "11222233",
    "3.5": "11122333",
    "3.6": "3",
    "3.7": "22333",
    "4.1": "12233",
    "4.2": "23333",
    "4.3": "22",
    "4.4": "1222",
    "5.1": "2",
    "5.2": "112333",
    "5.3": "113",
    "5.4": "222",
    "6.1": "122",
    "6.2": "111111112222",
    "6.3": "11223333",
    "6.4": "112233",
    "6.5": "22222333",
    "6.6": "2223",
    "6.7": "33",
    "6.8": "2222",
    "7.1": "222",
    "7.2": "1111",
    "7.3": "22",
    "7.4": "11222",
    "7.5": "223",
    "7.6": "22",
    "8.1": "1233",
    "8.2": "1123",
    "8.3": "133",
    "8.4": "23",
    "9.1": "111",
    "9.2": "1222",
    "10.1": "22",
    "10.2": "223",
    "10.3": "22223",
    "10.4": "1111122222233333",
    "10.5": "22222",
    "10.6": "22",
    "10.7": "222",
    "11.1": "2233",
    "11.2": "22233",
    "11.3": "11233",
    "11.4": "1222",
    "11.5": "23",
    "11.6": "23",
    "11.7": "33",
    "12.1": "12233",
    "12.2": "11",
    "12.3": "22223",
    "13.1": "2333",
    "13.2": "222223",
    "13.3": "2233",
    "13.4": "1222233",
    "14.1": "22",
    "14.2": "12223333",
    "14.3": "122",
    "15.1": "12233",
    "15.2": "12233",
    "15.3": "1222222",
    "15.4": "3333",
    "16.1": "2",
    "16.2": "22222",
    "16.3": "2222",
    "16.4": "222",
    "16.5": "2223",
    "17.1": "23",
    "17.2": "22223333",
    "17.3": "22",
}
"""For each section of ASVS 5.0.0 the levels of its requirements, in their order."""


def test_each_requirement_of_levels_1_and_2_is_there_once_with_its_level() -> None:
    wanted = [
        (f"{section}.{number}", level)
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, 1)
        if level != "3"
    ]
    assert [(number, level) for number, level, *_ in ROWS] == wanted
    assert len(wanted) == 253


def test_each_one_is_met_not_applicable_or_deviating_with_a_why_and_the_page_counts_them() -> None:
    states = [state for *_, state, _ in ROWS]
    assert all(why.strip() for *_, why in ROWS)
    assert set(states) == {"met", "not applicable", "deviating"}
    met, not_applicable, deviating = map(states.count, ("met", "not applicable", "deviating"))
    assert (
        f"Of {len(ROWS)} requirements {met} are met, {not_applicable} are not applicable, and {deviating} are"
    ) in SAID


def test_every_test_that_the_page_names_is_there() -> None:
    assert set(re.findall(r"`(test_\w+)`", SAID)) - THERE == set()
