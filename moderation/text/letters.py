"""Steps for letters that are not what they seem: stylised, stacked with marks, borrowed from another script, digits.

A word is only ever rewritten whole, and only into one script: what has no twin there is left as it was typed.
"""

from __future__ import annotations

import re
import unicodedata

from moderation.text import tables
from moderation.text.step import Step, has_all, may_be_leet, not_ascii, writing

LATIN = "A-Za-z\u00c0-\u024f"
CYRILLIC = "\u0400-\u052f"
GREEK = "\u0370-\u03ff\u1d26"
CASED = f"{LATIN}\u0370-\u052f"
OVERLAID = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
_ANY = f"{LATIN}{GREEK}{CYRILLIC}"
_STYLED = (
    "\u02b0-\u02b8\u02e0-\u02e4\u1d2c-\u1d6a\u1d9c-\u1dbf\u2070-\u209c\u2102-\u214e\u249c-\u24e9"
    "\U0001d400-\U0001d7ff\U0001f110-\U0001f149"
)
_SMALL = "".join(sorted({*tables.SMALL_CAPITAL_LETTERS, *tables.CYRILLIC_SMALL_CAPITAL_LETTERS} - {"ғ"}))

_has_latin = re.compile("[A-Za-z]").search
_has_cyrillic = re.compile(f"[{CYRILLIC}]").search
_has_greek = re.compile(f"[{GREEK}]").search
_has_small_capital = re.compile(f"[{_SMALL}]").search
_has_accent = re.compile("[\u00c0-\u024f]").search
_has_cjk = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]").search
_RUNS = re.compile(f"[{LATIN}]+|[{CYRILLIC}]+|[{GREEK}]+")
_MARKS = re.compile(f"[{OVERLAID}]+")
_PLAIN_MARKS = re.compile("[\u0300-\u0303\u0308\u030a]")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
_AMOUNT = re.compile(r"[0-9]{2,}[A-Za-z]+")


def compatible(match: re.Match[str]) -> str:
    """The match with compatibility forms folded (NFKC)."""
    return unicodedata.normalize("NFKC", match[0])


def _unboxed(match: re.Match[str]) -> str:
    return match[0].replace(" ", "").translate(tables.BOXED)


def _plain_digits(match: re.Match[str]) -> str:
    return match[0].translate(tables.DIGITS)


def _uncapped_in_cyrillic(match: re.Match[str]) -> str:
    word = match[0]
    if _has_cyrillic(word) or not (_has_latin(word) or tables.ONLY_LATIN.intersection(word)):
        return word.translate(tables.CYRILLIC_SMALL_CAPITALS)
    return word


def _uncapped(match: re.Match[str]) -> str:
    word = match[0]
    table = tables.SMALL_CAPITALS
    if tables.ONLY_CYRILLIC.intersection(word) and not _has_latin(word):
        table = tables.CYRILLIC_SMALL_CAPITALS
    changed = word.translate(table)
    return changed if sum(a != b for a, b in zip(word, changed, strict=True)) >= 2 else word


def _unstacked(match: re.Match[str]) -> str:
    word = match[0]
    marks = _MARKS.findall(word)
    if sum(map(len, marks)) < 3 and max(map(len, marks)) < 2:
        return word
    return _bare(word)


def _bare(word: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFD", word))


def _unaccented_if_hidden(match: re.Match[str]) -> str:
    word = match[0]
    bare = _bare(word)
    accents = sum(a != b for a, b in zip(word, bare, strict=True)) if len(word) == len(bare) else 0
    return bare if accents >= 2 and bare.lower() in tables.HIDDEN_WORDS else word


def _unaccented(match: re.Match[str]) -> str:
    return _bare(match[0])


def _is_accented_throughout(text: str) -> bool:
    """Whether nearly every vowel has an accent, of three kinds or more: no language that is written so is.

    Yoruba and transcribed Chinese come near, with marks that are not counted here; Vietnamese has letters of its own.
    """
    if _VIETNAMESE.search(text) is not None:
        return False
    words = [unicodedata.normalize("NFD", word) for word in _ACCENTED.findall(text)[:400]]
    all_accented = [word for word in words if _VOWELS_WITH_PLAIN_MARKS.fullmatch(word.lower())]
    kinds = {mark for word in all_accented for mark in _MARKS.findall(word)}
    return (
        len(all_accented) >= 3
        and len(kinds) >= 3
        and len(all_accented) * 3 >= len(words) * 2
        and len(all_accented) * 4 >= min(len(_LONG_LATIN.findall(text)), 400)
    )


def _one_script(match: re.Match[str]) -> str:
    """A word of two scripts is put back into the one it is mostly of, if every stranger in it has a twin there."""
    word = match[0]
    if match.start() and match.string[match.start() - 1] == "\\" and word[0] in "nrt":
        return word  # a line break that was written out
    runs = _RUNS.findall(word)
    if len(runs) == 2 and min(len(runs[0]), len(runs[1])) >= 2 and runs[0].isupper() and runs[0] < "\u0370":
        return word  # an acronym with a Russian ending
    if len(word) <= 2:
        return word
    latin = sum(character < "\u0370" for character in word)
    cyrillic = sum("\u0400" <= character <= "\u052f" for character in word)
    tables_to_try = [tables.TO_LATIN]
    if latin * 2 < len(word):
        greek = len(word) - latin - cyrillic
        tables_to_try.insert(0, tables.TO_CYRILLIC if cyrillic >= greek else tables.TO_GREEK)
    for table in tables_to_try:
        changed = word.translate(table)
        if len(_RUNS.findall(changed)) == 1:
            return changed
    return word


def _are_scripts_mixed(text: str) -> bool:
    return sum(test(text) is not None for test in (_has_latin, _has_cyrillic, _has_greek)) >= 2


def _are_slips(text: str) -> bool:
    """Whether one or two words begin or end in another script, as after a keyboard was switched late."""
    return _are_scripts_mixed(text) and 0 < sum(1 for _ in _SLIP.finditer(text)) <= 2


def _is_leet_throughout(text: str) -> bool:
    if not may_be_leet(text):
        return False
    found = sum(1 for word in _LEET_LIKE.findall(text) if _is_leet(word))
    return found >= 3 and found * 6 >= text.count(" ")


def _is_leet(word: str) -> bool:
    """Not a number in hexadecimal, nor the random letters of an identifier."""
    letters = "".join(filter(str.isalpha, word))
    is_regular = letters[1:].islower() or letters.isupper() or len(letters) < 2
    return is_regular and _HEXADECIMAL.fullmatch(word) is None


def _unleet(match: re.Match[str]) -> str:
    word = match[0]
    if _AMOUNT.fullmatch(word):
        return word
    for table in (tables.LEET, tables.LEET_WITH_L):
        if (plain := word.lower().translate(table)) in tables.HIDDEN_WORDS:
            return plain
    return word


def _unleet_boldly(match: re.Match[str]) -> str:
    return match[0].translate(tables.LEET) if _is_leet(match[0]) else match[0]


def _cyrillic_digits(match: re.Match[str]) -> str:
    word = match[0]
    if sum(map(str.isalpha, word)) < 5 or word.lower().endswith("3д"):
        return word
    changed = word.translate(tables.DIGIT_AS_CYRILLIC)
    return changed.upper() if word.isupper() else changed


_ACCENTED = re.compile(f"(?<![{LATIN}])[A-Za-z]*+[\u00c0-\u024f][{LATIN}]++")
_VIETNAMESE = re.compile("[\u0110\u0111\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]")
_LONG_LATIN = re.compile(f"[{LATIN}]{{4,}}")
_VOWELS_WITH_PLAIN_MARKS = re.compile(
    "(?:[b-df-hj-np-tv-xz][\u0301\u0303\u0327]?|[aeiouy][\u0300-\u0303\u0308\u030a])+"
)
_SLIP = re.compile(
    f"(?<![{_ANY}])(?:[A-Za-z](?:[{CYRILLIC}]{{2,}}+|[{GREEK}]{{2,}}+)"
    f"|(?:[{CYRILLIC}]{{2,}}+|[{GREEK}]{{2,}}+)[A-Za-z])(?![{_ANY}])"
)
_LEET_LIKE = re.compile(
    r"(?<![\w@./#%=&?:+-])(?=[\w@$!]{0,24}?[A-Za-z](?:[013457@$]|!(?=[a-z])|(?<=[A-Z])!(?=[A-Z]))[A-Za-z])"
    r"[A-Za-z0134578@$!]{3,24}(?![\w@/=-])"
)

STYLISED: tuple[Step, ...] = (
    Step("stylised letters", re.compile(f"[{_STYLED}]{{3,}}"), compatible, not_ascii),
    Step(
        "stylised letters",
        re.compile("[\uff21-\uff3a\uff41-\uff5a]{3,}"),
        compatible,
        has_all(lambda text: _has_cjk(text) is None),
    ),
    Step(
        "stylised letters",
        re.compile("[\U0001f150-\U0001f169\U0001f170-\U0001f189]{3,}"),
        _unboxed,
        not_ascii,
    ),
    Step(
        "stylised letters",
        re.compile(
            "(?<![\U0001f1e6-\U0001f1ff])[\U0001f1e6-\U0001f1ff]"
            "(?: [\U0001f1e6-\U0001f1ff](?![\U0001f1e6-\U0001f1ff])){2,}"
        ),
        _unboxed,
        not_ascii,
    ),
    Step(
        "stylised letters",
        re.compile(f"[A-Za-z{CYRILLIC}{GREEK}{_SMALL}]+"),
        _uncapped_in_cyrillic,
        has_all(_has_small_capital, _has_cyrillic),
    ),
    Step(
        "stylised letters",
        re.compile(f"[A-Za-z{_SMALL}ғ]{{3,}}"),
        _uncapped,
        has_all(_has_small_capital),
    ),
    Step("stylised digits", re.compile(f"[{tables.DIGIT_SIGNS}]{{4,}}"), _plain_digits, not_ascii),
    Step("", re.compile(f"[{tables.DIGIT_SIGNS}]"), _plain_digits, not_ascii),
)
"""Letters in fancy dress, to be run before compatibility forms are folded."""

BORROWED: tuple[Step, ...] = (
    Step(
        "stacked marks",
        re.compile(f"(?<![{CASED}])[{CASED}]++[{OVERLAID}][{CASED}{OVERLAID}]*+"),
        _unstacked,
        not_ascii,
    ),
    Step("", re.compile(f"(?<=[{CASED}])[{OVERLAID}]+"), writing(""), not_ascii),
    Step("", re.compile("(?<=[0-9])\u20e3"), writing(""), lambda text: "\u20e3" in text),
    Step("accents", _ACCENTED, _unaccented, has_all(_has_accent, _is_accented_throughout)),
    Step("accents", _ACCENTED, _unaccented_if_hidden, has_all(_has_accent)),
    Step("", _SLIP, _one_script, has_all(_are_slips)),
    Step(
        "look-alike letters",
        re.compile(
            f"(?<![{_ANY}])(?:[{LATIN}]++[{GREEK}{CYRILLIC}]|[{CYRILLIC}]++[{LATIN}{GREEK}]|[{GREEK}]++[{LATIN}{CYRILLIC}])"
            f"[{_ANY}]*+"
        ),
        _one_script,
        has_all(_are_scripts_mixed),
    ),
    Step("numbers as letters", _LEET_LIKE, _unleet_boldly, _is_leet_throughout),
    Step(
        "numbers as letters",
        re.compile(r"(?<![\w@./#%=&?:+-])(?=[A-Za-z0-9]*[0-9@$!])[A-Za-z0-9@$!]{3,16}(?![\w@/=-]|\.\w)"),
        _unleet,
        may_be_leet,
    ),
    Step(
        "numbers as letters",
        re.compile(f"(?<![^\\W_])[{CYRILLIC}]++(?:[036]{{1,2}}+[{CYRILLIC}]++)++0?+(?![^\\W_])"),
        _cyrillic_digits,
        has_all(lambda text: "0" in text or "3" in text or "6" in text),
    ),
)
"""Accents, look-alikes and digits, to be run after it."""
