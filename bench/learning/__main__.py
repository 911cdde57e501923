"""The study of learning from decisions: every source with both classes is left out of the base and replayed.

    python -m bench.learning DIR [--into docs] [--kept FILE]

Prints, or puts into `classifier.md` of a folder, between its marks: whether what was promised is kept, ways to learn
side by side, every source by itself; and draws the curves. It takes about half an hour on two cores; what is found
can be kept in a file, and a single way replayed again beside it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from pathlib import Path

from threadpoolctl import threadpool_limits

from bench.learning.drawing import panels
from bench.learning.replay import SIZES, World, replayed
from bench.learning.telling import Results, curves, tables
from bench.learning.ways import WAYS
from moderation.spam import corpus
from moderation.spam.fitting import Settings

_BEGIN, _END = "<!-- study: begin -->\n", "<!-- study: end -->\n"
_PAGE, _PICTURE = "classifier.md", Path("pictures", "learning.svg")
_AT_ONCE = 2
_world: World


def main() -> None:
    """Replay every source, tell the tables, draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--into", type=Path, help="folder of classifier.md and pictures/")
    parser.add_argument("--only", nargs="*", default=[], help="sources to replay; all by default")
    parser.add_argument("--kept", type=Path, help="file of earlier results, which new ones are put into")
    parser.add_argument("--ways", nargs="*", default=list(WAYS), help="ways to compare; all by default")
    asked = parser.parse_args()
    results = _found(asked.kept) | _studied(asked.directory, set(asked.only), ["base alone", *asked.ways])
    if asked.kept:
        asked.kept.write_text(json.dumps([[*key, told] for key, told in results.items()]))
    text = tables(results)
    print(text)
    if asked.into:
        page = asked.into / _PAGE
        before, _, rest = page.read_text().partition(_BEGIN)
        page.write_text(f"{before}{_BEGIN}{text}{_END}{rest.partition(_END)[2]}")
        (asked.into / _PICTURE).write_text(panels(curves(results), SIZES))


def _found(kept: Path | None) -> Results:
    if kept is None or not kept.exists():
        return {}
    return {(way, name, stream, size): told for way, name, stream, size, told in json.loads(kept.read_text())}


def _studied(directory: Path, only: set[str], ways: list[str]) -> Results:
    global _world  # noqa: PLW0603  processes that are forked share it, so that it is not copied
    begun = time.monotonic()

    def tell(what: str) -> None:
        print(f"{time.monotonic() - begun:5.0f} s  {what}", file=sys.stderr, flush=True)

    tell("reading comments")
    rows = [*corpus.read_directory(directory), *corpus.written()]
    _world = World.of(rows, Settings(), tell)
    jobs = [(name, ways) for name in _world.sources if not only or name in only]
    results: Results = {}
    with multiprocessing.get_context("fork").Pool(_AT_ONCE) as pool:
        for done, (name, found) in enumerate(pool.imap_unordered(_of_source, jobs), start=1):
            results |= found
            tell(f"{name} replayed, {done} of {len(jobs)}")
    return results


def _of_source(job: tuple[str, list[str]]) -> tuple[str, Results]:
    name, ways = job
    with threadpool_limits(1):
        return name, {
            (way, name, stream, size): told
            for way, stream, size, told in replayed(_world, name, {way: WAYS[way] for way in ways})
        }


if __name__ == "__main__":
    main()
