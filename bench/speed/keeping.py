"""What was measured stays: every round as JSON, the bars as a picture, the tables between their marks on a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.speed.bars import Bar
from bench.speed.drawing import picture
from bench.speed.rounds import Turns


def keep(
    folder: Path,
    name: str,
    page: str,
    *,
    about: Mapping[str, str],
    turns: Turns,
    found: Sequence[Bar],
    written: Mapping[str, str],
) -> None:
    """Put it into a folder of documentation.

    Parameters
    ----------
    name
        Of `results/NAME.json` and `pictures/NAME.svg`.
    page
        File in the folder; what it is told goes between `<!-- mark -->` and `<!-- /mark -->`.
    about
        On what it was measured: told at the mark "about".
    written
        Markdown by mark.
    """
    (folder / "results").mkdir(exist_ok=True)
    kept = json.dumps({"about": about, "turns": turns.rows()}, ensure_ascii=False, indent=1)
    (folder / "results" / f"{name}.json").write_text(kept + "\n", encoding="utf-8")
    (folder / "pictures" / f"{name}.svg").write_text(picture(found), encoding="utf-8")
    told = (folder / page).read_text(encoding="utf-8")
    facts = "\n".join(f"- {fact}: {value}" for fact, value in about.items())
    for mark, text in {**written, "about": facts}.items():
        before, begin, rest = told.partition(f"<!-- {mark} -->")
        _, end, after = rest.partition(f"<!-- /{mark} -->")
        told = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    (folder / page).write_text(told, encoding="utf-8")
