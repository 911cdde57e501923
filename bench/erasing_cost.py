"""What erasing costs beside a million comments: finding, telling and erasing one person's 200, and cleaning the file.

The installation is built in bulk on SQLite in a temporary folder (TMPDIR chooses where), with its search index.

    python -m bench.erasing_cost [comments]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.scale import filling
from models import db, writing
from moderation import rights, search
from moderation.app import create_app
from moderation.parts import parts
from moderation.rights import Asked, residue
from moderation.settings import Settings

ADDRESS = "ada@example.org"
THEIRS = 200


def main() -> None:
    """Build it, take the times, say them."""
    size = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    with tempfile.TemporaryDirectory(prefix="gatepost-erasing-") as folder:
        filling.installation(Path(folder), size)
        url = f"sqlite:///{Path(folder) / 'gatepost.sqlite3'}"
        with create_app(Settings(instance=Path(folder), database_url=url, log_level="error")).app_context():
            _give_them(size)
            _measure(size)


def _give_them(size: int) -> None:
    """Let one person have written every so many-th comment."""
    values = {"fp": parts().vault.fingerprint_address(ADDRESS), "every": max(1, size // THEIRS)}
    with writing() as session:
        session.execute(
            text("UPDATE contact SET address_fingerprint = :fp WHERE comment_id % :every = 0"), values
        )


def _measure(size: int) -> None:
    now = datetime.now(UTC)
    print(f"{size:,} comments, {residue._size() / 1e6:,.0f} MB on SQLite")
    vault = parts().vault
    ids = _timed("found by address", lambda: rights.comments_of(vault, Asked(address=ADDRESS)))
    _timed(f"export of {len(ids)}", lambda: rights.export(ids, now))
    _timed("retention, counted (dry run)", lambda: [each.due(now) for each in rights.classes(Settings())])
    _timed(f"erased, {len(ids)} in batches of 100", lambda: rights.erase(ids, now, "asked by address"))
    _timed("search index written anew", lambda: _in_a_transaction(search.rewrite))
    _timed("log brought home and cut", residue._checkpointed)
    _timed("file rewritten (VACUUM)", residue._vacuumed)
    _timed("log brought home and cut", residue._checkpointed)
    print(f"{residue._size() / 1e6:,.0f} MB afterwards")


def _in_a_transaction(do: Callable[[], None]) -> None:
    with writing():
        do()


def _timed(what: str, do: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    done = do()
    print(f"{what:<34} {time.perf_counter() - began:8.2f} s", flush=True)
    db.session.rollback()
    return done


if __name__ == "__main__":
    main()
