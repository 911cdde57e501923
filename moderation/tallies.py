"""How many comments there are in all, by status: kept in a few rows, so that no page adds up over all articles."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from sqlalchemy import text

from models import Statement

SHARES = 16

_COUNTS = ("approved_count", "held_count", "spam_count", "rejected_count", "check_count")
_ADDED = Statement(
    text(
        f"INSERT INTO tally (share, {', '.join(_COUNTS)})"  # noqa: S608  only our own names are put in
        f" VALUES (:share, {', '.join(f':{name}' for name in _COUNTS)})"
        f" ON CONFLICT (share) DO UPDATE SET {', '.join(f'{n} = tally.{n} + excluded.{n}' for n in _COUNTS)}"
    )
)


def add(changes: Mapping[int, Mapping[str, int]]) -> None:
    """Count what articles' own counts count, in the transaction that changes them.

    Called once a transaction and after all of these, so that no two who write wait for each other in turn.

    Parameters
    ----------
    changes
        By article what is added to its counts, which are named as its columns are; less is negative.
    """
    shares: dict[int, Counter[str]] = defaultdict(Counter)
    for article_id, counts in changes.items():
        shares[article_id % SHARES].update(counts)
    for share in sorted(shares):
        _ADDED.run({"share": share, **{name: shares[share][name] for name in _COUNTS}})
