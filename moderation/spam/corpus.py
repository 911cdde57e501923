"""Labelled comments from a directory of `NAME.csv.gz` files, every row checked before any is used.

Beside them stand the written ones (`written/*.csv`): comments invented for training, nobody's, in kinds and languages
that collections lack. They are learned from and never judged.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from moderation.spam.reading import Candidate

WRITTEN = "written"
"""The source of all written comments."""

_COLUMNS = ["text", "author", "url", "date", "label", "source", "lang"]
_LONGEST_FIELD = 1_000_000


class BadCorpus(Exception):
    """A data file that cannot be used; says which file, which line and why."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        self.path, self.line, self.reason = path, line, reason
        super().__init__(f"{path}, line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled comment: whether it is spam, where it comes from, its language ("" unknown) and date as given."""

    candidate: Candidate
    is_spam: bool
    source: str
    language: str
    date: str


def read_directory(directory: Path) -> list[Labelled]:
    """All rows of all `*.csv.gz` and `*.csv` files of a directory, in the order of file names and lines.

    Raises
    ------
    BadCorpus
        For the first file that is missing, damaged, or has a row that is not as it should be.
    """
    paths = sorted([*directory.glob("*.csv.gz"), *directory.glob("*.csv")])
    if not paths:
        raise BadCorpus(directory, 0, "there is no file *.csv.gz or *.csv here")
    return [row for path in paths for row in _read_file(path)]


def written() -> list[Labelled]:
    """The comments that were invented for training."""
    return read_directory(Path(__file__).with_name(WRITTEN))


def _read_file(path: Path) -> Iterator[Labelled]:
    csv.field_size_limit(_LONGEST_FIELD)
    line = 1
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            header = next(rows, [])
            if header != _COLUMNS:
                raise BadCorpus(
                    path,
                    1,
                    f"the columns are {', '.join(header)[:200] or 'missing'}; needed are {', '.join(_COLUMNS)}",
                )
            line = rows.line_num + 1
            for fields in rows:
                yield _labelled(path, line, fields)
                line = rows.line_num + 1
    except UnicodeDecodeError as error:
        raise BadCorpus(path, _first_not_utf8(path), f"it is not UTF-8 ({error.reason})") from error
    except csv.Error as error:
        raise BadCorpus(path, line, f"it is not CSV ({error})") from error
    except (OSError, EOFError, zlib.error) as error:
        raise BadCorpus(path, line, f"it cannot be unpacked ({error})") from error


def _first_not_utf8(path: Path) -> int:
    """The line that cannot be decoded; what reads rows decodes far ahead of the row that it gives."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        return next((number for number, line in enumerate(file, start=1) if not _is_utf8(line)), 1)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _labelled(path: Path, line: int, fields: list[str]) -> Labelled:
    if len(fields) != len(_COLUMNS):
        raise BadCorpus(path, line, f"it has {len(fields)} fields; {len(_COLUMNS)} are needed")
    text, author, url, date, label, source, language = fields
    if label not in ("spam", "ham"):
        raise BadCorpus(path, line, f"the label is {label[:40]!r}; it must be spam or ham")
    if not source:
        raise BadCorpus(path, line, "it names no source")
    return Labelled(Candidate(text, author or None, url or None), label == "spam", source, language, date)
