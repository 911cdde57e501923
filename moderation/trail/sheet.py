"""The trail as a sheet or as JSON, written a line at a time.

A spreadsheet runs a cell that begins with = + - or @ as a formula, also in full width, after blanks, and where it
cuts a cell at semicolons or tabs of its own. Every such sign gets an apostrophe in front (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator

from moderation.trail.entries import Entry

COLUMNS = ("at", "kind", "id", "who", "what", "comment", "account", "says", "note", "detail")
_FORMULA = re.compile(r"""(^|[;,|\t\r\n"'])(\s*)(?=[=+\-@＝＋－＠\t\r])""")


def as_csv(entries: Iterable[Entry]) -> Iterator[str]:
    """Lines of a sheet with a head, every cell quoted and none of them a formula."""
    yield _line(COLUMNS)
    for entry in entries:
        detail = json.dumps(entry.detail, ensure_ascii=False)
        yield _line(
            (
                entry.at.isoformat(),
                entry.kind,
                str(entry.id),
                entry.who,
                entry.what,
                str(entry.comment_id or ""),
                str(entry.account_id or ""),
                entry.says,
                entry.note,
                detail,
            )
        )


def as_json(entries: Iterable[Entry]) -> Iterator[str]:
    """One JSON object with all entries, the newest first."""
    yield '{"entries": ['
    for count, entry in enumerate(entries):
        told = {
            "at": entry.at.isoformat(),
            "kind": entry.kind,
            "id": entry.id,
            "who": entry.who,
            "what": entry.what,
            "comment": entry.comment_id,
            "account": entry.account_id,
            "says": entry.says,
            "note": entry.note,
            "detail": entry.detail,
        }
        yield ("," if count else "") + "\n" + json.dumps(told, ensure_ascii=False)
    yield "\n]}\n"


def safe(cell: str) -> str:
    """The cell, in which nothing is a formula.

    >>> safe('=HYPERLINK("http://x")'), safe("fine; =1+1"), safe("held - by max")
    ('\\'=HYPERLINK("http://x")', "fine; '=1+1", 'held - by max')
    """
    return _FORMULA.sub(r"\1\2'", cell)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow([safe(cell) for cell in cells])
    return out.getvalue()
