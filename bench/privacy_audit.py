"""The privacy audit over the demo's comments and 2,000 real ones, each with an address of its own to look for.

    python -m bench.privacy_audit [FOLDER] [--count 2000]

FOLDER holds `*.csv.gz` with the columns text, author and url; GATEPOST_BENCH_DATA may name it instead.
"""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

from bench.post_comments import _arguments, sample
from moderation.app import create_app
from moderation.audit import Words, audit
from moderation.cli.demo import FOLDER


def main() -> int:
    """Exit status: 0 when no address came out and nothing was left out."""
    chosen = _arguments()
    crowd = [
        *_demo(),
        *(Words(row.text, row.name, row.website) for row in sample(Path(chosen.folder), chosen.count)),
    ]
    begin = time.perf_counter()
    report = audit(create_app, crowd)
    print(f"{len(crowd)} comments more, {report.canaries} canaries × {report.encodings} disguises")
    for row in report.rows:
        print(f"{row.kind:<50} {row.places:>6} {row.size / 1024:>9.0f} kB {row.findings:>4}")
    for finding in report.findings[:50]:
        print("LEAK", finding)
    for what in report.unproven:
        print("NOT PROVEN", what)
    print(f"{len(report.findings)} findings, {time.perf_counter() - begin:.0f} s")
    return 0 if report.is_clean else 1


def _demo() -> Iterator[Words]:
    for path in sorted(FOLDER.glob("*.toml")):
        for told in tomllib.loads(path.read_text(encoding="utf-8")).get("comments", []):
            yield Words(told["text"], told["name"], told.get("website", ""))


if __name__ == "__main__":
    sys.exit(main())
