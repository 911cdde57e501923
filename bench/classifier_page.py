"""Writes what docs/classifier.md tells of the shipped classifier, from the card beside the artefact.

    python -m bench.classifier_page [--compared FILE] [--disguised FILE]

The files are what `flask spam compare` and `flask spam robustness` printed; their tables take the place of those on
the page.
"""

from __future__ import annotations

import argparse
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

PAGE = Path("docs/classifier.md")
_ENOUGH = 20
_HEAD = "genuine | held | held there | spam | caught | caught there"
_TABLES = {
    "language": "By language",
    "length": "By length in characters",
    "source": "By source left out (whole, but for the largest)",
}


def main() -> None:
    """Read the card, and the tables that are given; write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compared", type=Path)
    parser.add_argument("--disguised", type=Path)
    given = parser.parse_args()
    card = json.loads(resources.files("moderation.spam").joinpath("base.json").read_text())
    page = _with_section(PAGE.read_text(), "The shipped classifier", _shipped(card))
    for heading, file in (("Against others", given.compared), ("Robustness", given.disguised)):
        if file is not None:
            page = _with_tables(page, heading, file.read_text().strip())
    PAGE.write_text(page)


def _with_section(page: str, heading: str, text: str) -> str:
    pattern = re.compile(rf"^## {re.escape(heading)}\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
    return pattern.sub(lambda _: f"## {heading}\n{text}\n\n", page, count=1)


def _with_tables(page: str, heading: str, tables: str) -> str:
    """The page with all from the first table of a section to its last line of a table replaced."""
    pattern = re.compile(
        rf"(^## {re.escape(heading)}\n[^|]*?)^\|.*?^\|[^\n]*\n(?!(?:\n*\|))", re.MULTILINE | re.DOTALL
    )
    return pattern.sub(lambda found: f"{found[1]}{tables}\n", page, count=1)


def _shipped(card: dict[str, Any]) -> str:
    at = card["thresholds"]
    counts = {source: sum(of_class.values()) for source, of_class in card["data"].items()}
    total, written = sum(counts.values()), counts.get("written", 0)
    spam = sum(of_class["spam"] for of_class in card["data"].values())
    parts = [
        f"`{card['version']}`, learned from {total:,} comments, {spam:,} of them spam:"
        f" {total - written:,} of {len(counts.keys() - {'written'})} collected sources, and\n"
        f"{written:,} written for it. It is: hold from {at['hold']:.4f}, spam from {at['spam']:.4f}\n"
        f"at a prior of {card['prior']}. On sources left out (*there* is where half a percent of the genuine news"
        " comments would be held):\n",
        "| figure | value |\n|---|---|",
        *(f"| {_words(name)} | {_told(value)} |" for name, value in card["figures"].items()),
        f"\nBootstrap intervals (95 % of 200 resamples) of those of the bench: {_intervals(card)}.",
    ]
    for name, title in _TABLES.items():
        parts.append(f"\n{title}:\n\n| {name} | {_HEAD} |\n|:--{'|--:' * 6}|")
        parts += [
            _line(f"`{group}`" if name == "source" else group.strip(), told)
            for group, told in card["tables"][name].items()
            if told["ham"] + told["spam"] >= _ENOUGH
        ]
    return "\n".join(parts)


def _line(group: str, told: dict[str, Any]) -> str:
    shares = {name: "" if told[name] is None else f"{told[name]:.1%}".replace("%", " %") for name in _SHARES}
    ham, spam = told["ham"] or "", told["spam"] or ""
    return (
        f"| {group} | {ham} | {shares['held']} | {shares['held_there']} |"
        f" {spam} | {shares['caught']} | {shares['caught_there']} |"
    )


_SHARES = ("held", "held_there", "caught", "caught_there")


def _intervals(card: dict[str, Any]) -> str:
    def digits(name: str) -> int:
        return 0 if name.startswith("cost") else 3

    return "; ".join(
        f"{_words(name)} {low:.{digits(name)}f} to {high:.{digits(name)}f}"
        for name, (low, high) in ((name, ends) for name, ends in card["intervals"].items() if ends)
    )


def _told(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    main()
