"""What is typed into the search, and how words are compared. What makes no sense counts as not typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from moderation import privacy
from moderation.text import canonical, words
from moderation.vocabulary import Status

FIELDS = ("text", "name", "host", "article")
"""Where words are looked for, by the name that a search can give."""

LONGEST = 200
"""Characters of a search."""

_MOST_TERMS = 12
_LONGEST_WORD = 60
_PIECE = re.compile(r'(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))')


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand beside each other, in one field or ("") in any.

    `is_begun`: the last of them may go on. `is_unwanted`: it must not be there.
    """

    words: tuple[str, ...]
    field: str = ""
    is_begun: bool = False
    is_unwanted: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for.

    Attributes
    ----------
    typed
        The search as typed, in short; "" where it holds an address, which is not repeated.
    status
        Comments of one status alone.
    by
        Name of who decided on them; "policy" for what no person has decided on.
    has_address
        Addresses are not looked for, and none would be found.
    """

    typed: str = ""
    terms: tuple[Term, ...] = ()
    status: Status | None = None
    by: str = ""
    has_address: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.has_words or self.status or self.by)

    @property
    def has_words(self) -> bool:
        """Whether there are words to look for; those that must not be there are none."""
        return any(not term.is_unwanted for term in self.terms)

    @property
    def is_by_the_policy(self) -> bool:
        """Whether what no person has decided on is looked for."""
        return self.by.casefold() in {"policy", "the policy"}

    @classmethod
    def read(cls, typed: str, status: str = "", by: str = "") -> Wish:
        """The wish that was typed.

        >>> wish = Wish.read('ferry "late again" host:shop.example by:max -rain')
        >>> [(term.field, term.words, term.is_unwanted) for term in wish.terms][1:3]
        [('', ('late', 'again'), False), ('host', ('shop', 'example'), False)]
        >>> wish.by
        'max'
        """
        typed, by = _printable(typed)[:LONGEST], _printable(by)
        if any(map(privacy.has_address, (typed, by, status))):
            return cls(has_address=True)
        terms, asked = [], {"status": status, "by": by[:60]}
        for minus, name, phrase, word in _PIECE.findall(typed):
            said = phrase or word
            if name in asked:
                asked[name] = said
            elif name and name not in FIELDS:
                terms.append(_term(f"{name} {said}", "", minus))
            else:
                terms.append(_term(said, name, minus))
        wanted = asked["status"].casefold()
        return cls(
            typed,
            tuple(term for term in terms if term.words)[:_MOST_TERMS],
            Status(wanted) if wanted in set(Status) - {Status.ERASED} else None,
            asked["by"],
        )


def folded_words(text: str, most: int = 20_000) -> list[str]:
    """The words of a text as they are kept and looked for: disguises, case and accents undone.

    >>> folded_words("Das Café öffnet um 7")
    ['das', 'cafe', 'offnet', 'um', '7']
    """
    plain = canonical(text).text
    found = words(plain)[:most]
    bare = found if plain.isascii() else map(_without_accents, found)
    return [kept for word in bare if (kept := word[:_LONGEST_WORD].strip("_"))]


def _printable(typed: str) -> str:
    return " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in typed).split())


def _term(said: str, field: str, minus: str) -> Term:
    is_begun = said.endswith("*")
    return Term(tuple(folded_words(said, 20)), field, is_begun, bool(minus))


@lru_cache(maxsize=8_192)
def _without_accents(word: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", bare)
