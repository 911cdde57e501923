"""Which parts of a bench are run: `--only` names them, with commas between."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence


def chosen_of(parts: Sequence[str]) -> Callable[[str], list[str]]:
    """What reads the option, for `argparse`; it says so where one is named that is not there."""

    def chosen(said: str) -> list[str]:
        named = said.split(",")
        if unknown := set(named) - set(parts):
            raise argparse.ArgumentTypeError(
                f"{', '.join(sorted(unknown))}: there is only {', '.join(parts)}"
            )
        return named

    return chosen
