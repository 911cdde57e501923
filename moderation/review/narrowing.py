"""What narrows a view of the queue down, as it stands in the page's address."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from moderation.vocabulary import ReasonCode

WHOM = ("", "free", "me", "person")
"""For whom a comment waits: anybody; for somebody to look at it; for me, who am looking; for who put it back."""

HOURS = ("", "1", "6", "24", "72", "168")
"""Since how many hours at least it waits."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """What narrows a view down; empty where nothing does.

    Attributes
    ----------
    reason
        Code of a reason that the policy gave.
    article
        An article's key.
    language
        A guessed language's code.
    least, most
        Bounds of P(spam), in whole percent.
    hours
        Since how many hours at least it waits.
    whom
        See `WHOM`.
    """

    reason: str = ""
    article: str = ""
    language: str = ""
    least: str = ""
    most: str = ""
    hours: str = ""
    whom: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Narrow:
        """What narrows down, as given in an address."""
        given = {name: words(asked.get(name, "")) for name in cls.__dataclass_fields__}
        return cls(
            reason=given["reason"] if given["reason"] in set(ReasonCode) else "",
            article=given["article"],
            language=given["language"][:8],
            least=_percent(given["least"]),
            most=_percent(given["most"]),
            hours=given["hours"] if given["hours"] in HOURS else "",
            whom=given["whom"] if given["whom"] in WHOM else "",
        )

    @property
    def given(self) -> dict[str, str]:
        """The parts that are given, by their names in an address."""
        every = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in every.items() if value}


def words(typed: str) -> str:
    """What was typed into a field of one line, without what cannot be seen."""
    kept = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in typed[:200])
    return " ".join(kept.split())[:100]


def _percent(typed: str) -> str:
    is_whole = typed.isascii() and typed.isdigit() and len(typed) <= 3
    return str(min(int(typed), 100)) if is_whole else ""
