"""The ways mallory hides, as functions from a plain text to a disguised one. Deterministic.

For training, and for measuring how well disguises are undone; nothing here is needed to judge a comment. Words of a
link are left as they are, since a link that is disguised leads nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Disguise = Callable[[str], str]


def _each_word(change: Disguise, shortest: int = 4) -> Disguise:
    word = re.compile(rf"(?<![\w/.@:])[^\W\d_]{{{shortest},}}(?![\w/.@:])")
    return lambda text: word.sub(lambda match: change(match[0]), text)


def _mapped(pairs: Mapping[str, str]) -> Disguise:
    table = str.maketrans(dict(pairs))
    return _each_word(lambda word: word.translate(table))


def _shifted(upper: int, lower: int) -> Disguise:
    return _mapped(
        {chr(65 + i): chr(upper + i) for i in range(26)} | {chr(97 + i): chr(lower + i) for i in range(26)}
    )


def _between(mark: str) -> Disguise:
    return _each_word(mark.join)


def _in_the_middle(mark: str) -> Disguise:
    return _each_word(lambda word: word[: len(word) // 2] + mark + word[len(word) // 2 :])


def _cyrillic_small_capitals(word: str) -> str:
    return word.translate(_CYRILLIC_SMALL_CAPITALS) if _CYRILLIC.search(word) else word


def _greek_in_cyrillic(word: str) -> str:
    return word.translate(_GREEK_IN_CYRILLIC) if _CYRILLIC.search(word) else word


def _latin_in_cyrillic(word: str) -> str:
    return word.translate(_LATIN_IN_CYRILLIC) if _CYRILLIC.search(word) else word


def _accented(word: str) -> str:
    accented = word.translate(_ACCENTS)
    return accented if word.isascii() else word


def _stretched(word: str) -> str:
    middle = len(word) // 2
    return word[:middle] + word[middle] * 3 + word[middle:]


_CYRILLIC = re.compile("[\u0400-\u052f]")
_CYRILLIC_SMALL_CAPITALS = str.maketrans("авекмнолпртгяи", "ᴀʙᴇᴋᴍʜᴏᴧᴨᴩᴛᴦᴙᴎ")
_GREEK_IN_CYRILLIC = str.maketrans("оаркетуАВЕКМНОРТХ", "οαρκετυΑΒΕΚΜΗΟΡΤΧ")
_LATIN_IN_CYRILLIC = str.maketrans("оаресухАВЕКМНОРСТХ", "oapecyxABEKMHOPCTX")
_ACCENTS = str.maketrans("aeiouAEIOUnc", "àëíöüÀËÍÖÜñç")
_CIRCLED_DIGITS = str.maketrans("0123456789", "⓿❶❷❸❹❺❻❼❽❾")

DISGUISES: dict[str, Disguise] = {
    "zero-width spaces": _between("\u200b"),
    "word joiners": _between("\u2060"),
    "soft hyphens": _between("\u00ad"),
    "Cyrillic look-alikes": _mapped({"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х"}),
    "Greek look-alikes": _mapped({"o": "ο", "v": "ν", "A": "Α", "E": "Ε", "i": "ι"}),
    "Greek letters in Cyrillic": _each_word(_greek_in_cyrillic),
    "Latin letters in Cyrillic": _each_word(_latin_in_cyrillic),
    "full-width letters": _shifted(0xFF21, 0xFF41),
    "bold letters": _shifted(0x1D400, 0x1D41A),
    "sans-serif letters": _shifted(0x1D5A0, 0x1D5BA),
    "circled letters": _shifted(0x24B6, 0x24D0),
    "circled digits": lambda text: text.translate(_CIRCLED_DIGITS),
    "small capitals": _mapped(dict(zip("abcdeghiklmnoprtu", "ᴀʙᴄᴅᴇɢʜɪᴋʟᴍɴᴏᴘʀᴛᴜ", strict=True))),
    "Cyrillic small capitals": _each_word(_cyrillic_small_capitals),
    "strike-through": _between("\u0336"),
    "stacked marks": _each_word(lambda word: "".join(letter + "\u0300\u0327" for letter in word)),
    "accents on vowels": _each_word(_accented),
    "spaced letters": _between(" "),
    "spaced capitals": _each_word(lambda word: " ".join(word.upper())),
    "dotted letters": _between("."),
    "dashed letters": _between("-"),
    "stars between letters": _between("*"),
    "emoji between letters": _between("\U0001f525"),
    "an emoji in each word": _in_the_middle("\U0001f525"),
    "a full stop in each word": _in_the_middle("."),
    "doubled marks in each word": _in_the_middle("--"),
    "numbers as letters": _mapped({"a": "4", "e": "3", "i": "1", "o": "0"}),
    "letters as codes": _each_word(lambda word: "".join(f"&#{ord(letter)};" for letter in word)),
    "empty tags": _each_word(lambda word: f"{word[:2]}<b></b>{word[2:]}"),
    "comments in words": _each_word(lambda word: f"{word[:2]}<!-- -->{word[2:]}"),
    "reversed words": _each_word(lambda word: f"\u202e{word[::-1]}\u202c"),
    "capitals": str.upper,
    "long letters": _each_word(lambda word: word[:-1] + word[-1] * 5),
    "long letters inside": _each_word(_stretched),
    "spelled-out links": lambda text: re.sub(r"https?://([\w.-]+)\.(\w+)", r"\1 dot \2", text),
    "spaced links": lambda text: re.sub(r"https?://([\w.-]+)\.(\w+)", r"\1. \2", text),
}
"""Each kind by its name."""
