"""Verdicts that a site already has, as labels: the door that every importer uses.

Rows are read one by one and told apart into good ones and faults, which are counted and named by line. What is good
goes in by one transaction, as hashed features without words, or nothing does.
"""

from __future__ import annotations

import hashlib
import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from sqlalchemy import CursorResult, delete, insert, select

from models import Event, ImportedLabel, db, writing
from models.classifier import LabelClass
from moderation import privacy, spam
from moderation.errors import NotFound
from moderation.spam.features import MAP_VERSION

IMPORTED, TAKEN_BACK = "labels imported", "import taken back"
"""Kinds of event."""

LONGEST_LINE, LONGEST_TEXT, LONGEST_BESIDE = 1_000_000, 65_525, 2_000
"""Bytes of a line; characters of a text; characters of author, url and article."""

MOST_NAMED = 50
"""Faults that are named by line; further ones are counted."""

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """One good row: what was said, whether it was spam, and when that was decided if the row tells."""

    line: int
    candidate: spam.Candidate
    is_spam: bool
    decided_at: datetime | None


@dataclass(slots=True)
class Report:
    """What came of an import.

    Attributes
    ----------
    number
        Of the import, to take it back by; None where nothing was stored.
    ham, spam
        Rows that were stored.
    faults
        How many rows were left out, by what was wrong.
    named
        Line and fault of the first of them.
    """

    number: int | None = None
    ham: int = 0
    spam: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    named: list[tuple[int, str]] = field(default_factory=list)

    def leaves_out(self, line: int, fault: str) -> None:
        """Count a row that is not good."""
        self.faults[fault] += 1
        if len(self.named) < MOST_NAMED:
            self.named.append((line, fault))


class BadRow(Exception):
    """A row that cannot be learned from; the message says why."""


def import_labels(
    lines: Iterable[bytes],
    judge: spam.Classifier,
    now: datetime,
    *,
    by: int | None = None,
    all_or_nothing: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Read verdicts, JSON objects one a line, and keep them as labels.

    Parameters
    ----------
    lines
        Objects with "text" and "label" ("ham" or "spam"), and "author", "url", "article" and "date" (ISO 8601) where
        they are known.
    judge
        The classifier whose base is in use.
    all_or_nothing
        Store nothing if any row is bad.
    progress
        Told how many lines have been read.
    """
    report = Report()
    rows = _told_apart(_features(_read(lines, now, report, progress), judge), report)
    if all_or_nothing and report.faults:
        return report
    if rows:
        report.number = _stored(rows, now, by, report)
    return report


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; of one that is too long only so much that this can be told."""
    while line := file.readline(LONGEST_LINE + 1):
        is_whole = len(line) <= LONGEST_LINE or line.endswith(b"\n")
        while not is_whole and (rest := file.readline(LONGEST_LINE)):
            is_whole = rest.endswith(b"\n")
        yield line


def take_back(number: int, now: datetime, by: int | None = None) -> int:
    """Forget an import; returns how many labels went.

    Raises
    ------
    NotFound
        There is no such import, or it was taken back before.
    """
    with writing() as session:
        ours = delete(ImportedLabel).where(ImportedLabel.event_id == number)
        count = cast("CursorResult[Any]", session.execute(ours)).rowcount
        if not count:
            raise NotFound(f"There is no import {number}, or it was taken back before.")
        detail = {"import": number, "labels": count}
        session.add(Event(happened_at=now, moderator_id=by, kind=TAKEN_BACK, detail=detail))
    return count


def _read(
    lines: Iterable[bytes], now: datetime, report: Report, progress: Callable[[int], None] | None
) -> Iterator[Verdict]:
    for number, line in enumerate(lines, start=1):
        if progress and number % _BATCH == 0:
            progress(number)
        if not line.strip():
            continue
        try:
            yield _verdict(number, line, now)
        except BadRow as fault:
            report.leaves_out(number, str(fault))


def _verdict(number: int, line: bytes, now: datetime) -> Verdict:
    if len(line) > LONGEST_LINE:
        raise BadRow("the line is longer than any comment")
    try:
        given = json.loads(line.removeprefix(BOM_UTF8).decode("utf-8"))
    except UnicodeDecodeError:
        raise BadRow("the line is not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadRow("the line is not JSON") from None
    if not isinstance(given, dict):
        raise BadRow("the line is no object")
    label = given.get("label")
    if not isinstance(label, str) or label not in set(LabelClass):
        raise BadRow('"label" is neither "ham" nor "spam"')
    return Verdict(number, _candidate(given), label == LabelClass.SPAM, _moment(given.get("date"), now))


def _candidate(given: dict[str, Any]) -> spam.Candidate:
    text = given.get("text")
    if not isinstance(text, str):
        raise BadRow('"text" is no string')
    if not text.strip():
        raise BadRow("the text is empty")
    if len(text) > LONGEST_TEXT:
        raise BadRow("the text is longer than any comment")
    beside = {name: given.get(name) for name in ("author", "url", "article")}
    for name, value in beside.items():
        if value is not None and not isinstance(value, str):
            raise BadRow(f'"{name}" is no string')
        if value is not None and len(value) > LONGEST_BESIDE:
            raise BadRow(f'"{name}" is too long')
    # Addresses are masked as in comments that arrive, so that what is learned fits them.
    return spam.Candidate(privacy.mask_addresses(text), **beside)


def _moment(date: object, now: datetime) -> datetime | None:
    if date is None or date == "":
        return None
    try:
        found = datetime.fromisoformat(date) if isinstance(date, str) else None
    except ValueError:
        found = None
    if found is None or found.year < 1990:
        raise BadRow('"date" is no date such as 2026-11-22T09:30:00Z')
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if found > now:
        raise BadRow('"date" lies in the future')
    return found


def _features(verdicts: Iterable[Verdict], judge: spam.Classifier) -> Iterator[tuple[Verdict, bytes]]:
    for verdict in verdicts:
        yield verdict, judge.kept(verdict.candidate).to_bytes()


def _told_apart(rows: Iterable[tuple[Verdict, bytes]], report: Report) -> dict[bytes, tuple[Verdict, bytes]]:
    """The rows to store by their digest: not those that are there twice, nor those that contradict each other."""
    found: dict[bytes, tuple[Verdict, bytes]] = {}
    contradicted: set[bytes] = set()
    for verdict, features in rows:
        digest = hashlib.sha256(features).digest()
        former = found.get(digest)
        if digest in contradicted or (former and former[0].is_spam != verdict.is_spam):
            report.leaves_out(verdict.line, _CONTRADICTS)
            if former and digest not in contradicted:
                report.leaves_out(former[0].line, _CONTRADICTS)
            contradicted.add(digest)
        elif former:
            report.leaves_out(verdict.line, _REPEATS)
        else:
            found[digest] = (verdict, features)
    kept = {digest: row for digest, row in found.items() if digest not in contradicted}
    return _not_there_yet(kept, report)


def _not_there_yet(
    rows: dict[bytes, tuple[Verdict, bytes]], report: Report
) -> dict[bytes, tuple[Verdict, bytes]]:
    digests, there = list(rows), {}
    for first in range(0, len(digests), _BATCH):
        some = ImportedLabel.digest.in_(digests[first : first + _BATCH])
        query = select(ImportedLabel.digest, ImportedLabel.label).where(some)
        there.update({row.digest: row.label is LabelClass.SPAM for row in db.session.execute(query)})
    for digest, was_spam in there.items():
        verdict = rows[digest][0]
        report.leaves_out(verdict.line, _IMPORTED if was_spam == verdict.is_spam else _CONTRADICTS_IMPORTED)
    return {digest: row for digest, row in rows.items() if digest not in there}


_CONTRADICTS = "the same comment is called ham and spam"
_REPEATS = "the same comment stands there before"
_IMPORTED = "the same verdict was imported before"
_CONTRADICTS_IMPORTED = "an earlier import says the opposite"


def _stored(rows: dict[bytes, tuple[Verdict, bytes]], now: datetime, by: int | None, report: Report) -> int:
    report.spam = sum(verdict.is_spam for verdict, _ in rows.values())
    report.ham = len(rows) - report.spam
    detail = {"ham": report.ham, "spam": report.spam, "left_out": report.faults.total()}
    with writing() as session:
        event = Event(happened_at=now, moderator_id=by, kind=IMPORTED, detail=detail)
        session.add(event)
        session.flush()
        session.execute(
            insert(ImportedLabel),
            [
                {
                    "event_id": event.id,
                    "label": LabelClass.SPAM if verdict.is_spam else LabelClass.HAM,
                    "feature_map": MAP_VERSION,
                    "features": features,
                    "digest": digest,
                    "decided_at": verdict.decided_at or now,
                }
                for digest, (verdict, features) in rows.items()
            ],
        )
    return event.id
