"""A site brings the verdicts it has: what is good is learned from, what is bad is told, nothing is half done."""

from __future__ import annotations

import io
import json
from codecs import BOM_UTF8
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from models import Event, ImportedLabel, db, writing
from models.classifier import Kind, LabelClass
from moderation import learning, spam
from moderation.learning import importing, versions
from moderation.learning.importing import LONGEST_LINE, LONGEST_TEXT, import_labels, lines_of
from moderation.learning.known import everything
from tests.conftest import NOON
from tests.learned import CAMPAIGN, KINDLY, House


def line(text: Any, label: Any = "ham", **more: Any) -> bytes:
    return json.dumps({"text": text, "label": label, **more}).encode() + b"\n"


def brought(*lines: bytes, **options: Any) -> importing.Report:
    return import_labels(lines, spam.base(), NOON, **options)


def stored() -> int:
    return db.session.scalar(select(func.count(ImportedLabel.id))) or 0


def verdicts() -> list[bytes]:
    """Two dozen of either, in the order of time."""
    day = datetime(2025, 1, 1, tzinfo=UTC)
    return [
        line(text, label, author="Ada", date=(day + timedelta(days=n)).isoformat())
        for n, (text, label) in enumerate(
            each
            for pair in zip(CAMPAIGN, KINDLY, strict=True)
            for each in zip(pair, ("spam", "ham"), strict=True)
        )
    ]


def test_a_mark_of_byte_order_before_the_first_verdict_is_no_fault(home: House) -> None:
    report = brought(BOM_UTF8 + line(KINDLY[0]), line(CAMPAIGN[0], "spam"))
    assert (report.ham, report.spam, report.faults.total()) == (1, 1, 0)


def test_verdicts_are_kept_as_labels_without_a_word_of_them(home: House) -> None:
    report = brought(line(KINDLY[0], author="Zebedee"), line(CAMPAIGN[0], "spam", date="2024-05-01"))
    assert (report.ham, report.spam, report.faults.total()) == (1, 1, 0)
    known = everything()
    assert known.labels.is_spam.tolist() == [True, False]  # in the order of time
    assert known.people.tolist() == [0, 0]
    rows = db.session.scalars(select(ImportedLabel).order_by(ImportedLabel.id)).all()
    assert [row.decided_at for row in rows] == [NOON, datetime(2024, 5, 1, tzinfo=UTC)]
    event = db.session.get_one(Event, report.number)
    assert event.detail == {"ham": 1, "spam": 1, "left_out": 0}


def test_a_first_classifier_is_learned_from_an_import(home: House, tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    file.write_bytes(b"".join(verdicts()))
    result = home.app.test_cli_runner().invoke(args=["spam", "import-labels", str(file)])
    assert result.exit_code == 0, result.output
    assert "24 ham and 24 spam went in." in result.output
    assert "It is in use now." in result.output
    champion = versions.active(Kind.SITE)
    assert champion is not None
    assert champion.metrics["labels"]["imported"] == 48
    with pytest.raises(learning.champion.Refused, match="no new labels"):
        learning.learn(home.now)


BAD = {
    "the line is not JSON": b"{not json\n",
    "the line is no object": b"[1, 2]\n",
    "the line is not UTF-8": b'{"text": "caf\xe9", "label": "ham"}\n',
    "the line is longer than any comment": b'{"text": "' + b"x" * LONGEST_LINE + b'"}\n',
    '"label" is neither "ham" nor "spam"': line("Hello there", "maybe"),
    '"text" is no string': line(17),
    "the text is empty": line("  \n "),
    "the text is longer than any comment": line("y" * (LONGEST_TEXT + 1)),
    '"author" is no string': line("Hello there", author=["Ada"]),
    '"url" is too long': line("Hello there", url="https://example.org/" + "z" * 2000),
    '"date" is no date such as 2026-11-22T09:30:00Z': line("Hello there", date="yesterday"),
    '"date" lies in the future': line("Hello there", date="2030-01-01"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_row_names_its_line_and_what_is_wrong_and_the_rest_goes_in(home: House, fault: str) -> None:
    report = brought(line(KINDLY[0]), BAD[fault], b"\n", line(CAMPAIGN[0], "spam"))
    assert report.named == [(2, fault)]
    assert report.faults == {fault: 1}
    assert stored() == 2


@pytest.mark.parametrize("fault", BAD)
def test_or_nothing_goes_in(home: House, fault: str) -> None:
    report = brought(line(KINDLY[0]), BAD[fault], all_or_nothing=True)
    assert report.number is None
    assert report.faults == {fault: 1}
    assert stored() == 0


@pytest.mark.parametrize("label", [None, 1, True, ["ham"], {}, "HAM", ""])
def test_what_is_no_label_is_no_label(home: House, label: Any) -> None:
    assert brought(line("Hello there", label)).faults == {'"label" is neither "ham" nor "spam"': 1}


def test_rows_that_contradict_each_other_are_all_left_out(home: House) -> None:
    report = brought(line(KINDLY[0]), line(KINDLY[1]), line(KINDLY[0], "spam"), line(KINDLY[0]))
    assert report.faults == {importing._CONTRADICTS: 3}
    assert sorted(number for number, _ in report.named) == [1, 3, 4]
    assert stored() == 1


def test_the_same_row_twice_is_learned_from_once(home: House) -> None:
    assert brought(line(KINDLY[0]), line(KINDLY[0])).faults == {importing._REPEATS: 1}
    assert brought(line(KINDLY[0]), line(KINDLY[1])).faults == {importing._IMPORTED: 1}
    assert brought(line(KINDLY[0], "spam")).faults == {importing._CONTRADICTS_IMPORTED: 1}
    assert stored() == 2


def test_addresses_are_hidden_before_anything_is_learned(home: House) -> None:
    brought(line("Write to ada@example.org about the ferry"))
    masked = brought(line("Write to grace@example.net about the ferry"))
    assert masked.faults == {importing._IMPORTED: 1}


def test_an_import_can_be_taken_back_as_a_whole(home: House) -> None:
    first = brought(line(KINDLY[0]), line(KINDLY[1]))
    brought(line(KINDLY[2]))
    runner = home.app.test_cli_runner()
    result = runner.invoke(args=["spam", "import-labels", "--take-back", str(first.number)])
    assert result.output == "2 labels forgotten.\n"
    assert stored() == 1
    again = runner.invoke(args=["spam", "import-labels", "--take-back", str(first.number)])
    assert again.exit_code == 1
    assert "taken back before" in again.output


def test_nothing_is_half_stored(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, *_: object) -> None:
            raise MemoryError

    monkeypatch.setattr("moderation.learning.importing.insert", Broken)
    with pytest.raises(MemoryError):
        brought(line(KINDLY[0]))
    assert stored() == 0
    assert db.session.scalar(select(func.count(Event.id)).where(Event.kind == importing.IMPORTED)) == 0


def test_the_terminal_is_told_line_by_line_and_how_many(home: House, tmp_path: Path) -> None:
    file = tmp_path / "verdicts.jsonl"
    file.write_bytes(b"".join([line(KINDLY[0]), *(b"{\n" for _ in range(60))]))
    result = home.app.test_cli_runner().invoke(args=["spam", "import-labels", str(file)])
    assert result.exit_code == 0
    assert "Line 2: the line is not JSON.\n" in result.output
    assert "… and 10 more.\n" in result.output
    assert "60 left out: the line is not JSON.\n" in result.output
    assert "Nothing was learned yet. There are 1 labels; 20 are needed" in result.output
    strict = home.app.test_cli_runner().invoke(args=["spam", "import-labels", "--all-or-nothing", str(file)])
    assert strict.exit_code == 1
    assert "Nothing was imported." in strict.output


def test_a_line_without_end_takes_no_memory() -> None:
    endless = io.BytesIO(b"x" * (3 * LONGEST_LINE) + b"\n" + b"short\n" + b"last")
    lengths = [len(each) for each in lines_of(endless)]
    assert lengths == [LONGEST_LINE + 1, 6, 4]


@given(st.lists(st.binary(max_size=60) | st.text(max_size=40).map(line), max_size=6))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_is_stored_or_told(home: House, lines: list[bytes]) -> None:
    before = stored()
    report = brought(*lines)
    blank = sum(not each.strip() for each in lines)
    assert report.ham + report.spam + report.faults.total() + blank == len(lines)
    assert stored() == before + report.ham + report.spam


def test_a_new_feature_map_drops_what_came_without_its_text(home: House) -> None:
    from sqlalchemy import update

    from moderation.learning import labels
    from moderation.spam.features import MAP_VERSION

    brought(line(KINDLY[0]), line(CAMPAIGN[0], "spam"))
    with writing() as session:
        session.execute(update(ImportedLabel).values(feature_map=MAP_VERSION - 1))
    assert labels.catch_up(spam.base()) == labels.CaughtUp(made=0, dropped=2)
    assert stored() == 0
    assert set(LabelClass) == {"ham", "spam"}
