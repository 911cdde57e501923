"""Plainly genuine comments of many kinds, unusual in form: what must not be held. Invented; never learned from."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib import resources


@cache
def innocent() -> Mapping[str, tuple[str, ...]]:
    """The texts by their kind, read when somebody first asks for them."""
    texts: dict[str, list[str]] = defaultdict(list)
    content = resources.files(__package__).joinpath("innocent.csv").read_bytes().decode()
    for row in csv.DictReader(io.StringIO(content, newline="")):
        texts[row["kind"]].append(row["text"])
    return {kind: tuple(each) for kind, each in texts.items()}
