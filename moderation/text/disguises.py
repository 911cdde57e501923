"""The steps that undo disguises, in the order they are run. A step without a kind is honest tidying.

What is honest in some script is no disguise: joiners between Arabic or Indic letters and inside emoji, direction
marks beside right-to-left text, full-width letters in Chinese or Japanese, one stress mark on a vowel.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from moderation.text import tables


@dataclass(frozen=True, slots=True)
class Step:
    """One substitution: what kind of disguise it undoes ("" for none), where, how, and a cheap test before it."""

    kind: str
    pattern: re.Pattern[str]
    replace: Callable[[re.Match[str]], str]
    may_apply: Callable[[str], bool]


def _not_ascii(text: str) -> bool:
    return not text.isascii()


_MAY_BE_LEET = re.compile(r"[0-9@$!](?:[A-Za-z]|(?<=[A-Za-z]0))").search
_MAY_BE_SPELLED = re.compile(r"xxp|XXP|[*\]): ]{1,3}//|\*\*").search
_MAY_BE_SPACED = re.compile(
    r"[ .\-_*\u00b7|/~+,][^\W\d_][ .\-_*\u00b7|/~+,][^\W\d_][ .\-_*\u00b7|/~+,]"
).search
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]").search
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]").search
_LATIN = re.compile("[A-Za-z]").search
_CYRILLIC_OR_GREEK = re.compile("[\u0370-\u052f\u1d26]").search

_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef"
)
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_CASED = "A-Za-z\u00c0-\u024f\u0370-\u052f"
_OVERLAID = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
_STYLED = (
    "\u02b0-\u02b8\u02e0-\u02e4\u1d2c-\u1d6a\u1d9c-\u1dbf\u2070-\u209c\u2102-\u214e\u249c-\u24e9"
    "\U0001d400-\U0001d7ff\U0001f110-\U0001f149"
)


def _decode(match: re.Match[str]) -> str:
    return html.unescape(f"&{match[1]};")


def _writing(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _: text


_drop = _writing("")


def _compatible(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _few_marks(match: re.Match[str]) -> str:
    # Reordering many combining marks is quadratic in CPython, so no normalisation ever sees more than four in a row.
    kept: list[str] = []
    marks = 0
    for character in match[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= 4:
            kept.append(character)
    return "".join(kept)


def _backwards(match: re.Match[str]) -> str:
    return match[1][::-1]


def _unboxed(match: re.Match[str]) -> str:
    return match[0].replace(" ", "").translate(tables.BOXED)


def _uncapped(match: re.Match[str]) -> str:
    word = match[0]
    changed = word.translate(tables.SMALL_CAPITALS)
    return changed if sum(a != b for a, b in zip(word, changed, strict=True)) >= 2 else word


def _unstacked(match: re.Match[str]) -> str:
    word = match[0]
    marks = _MARKS.findall(word)
    if sum(map(len, marks)) < 3 and max(map(len, marks)) < 2:
        return word
    return _MARKS.sub("", unicodedata.normalize("NFD", word))


def _one_script(match: re.Match[str]) -> str:
    """A word of two scripts is put back into the one it is mostly of, if every stranger in it has a twin there."""
    word = match[0]
    runs = _RUNS.findall(word)
    if len(runs) == 2 and min(len(runs[0]), len(runs[1])) >= 2 and runs[0].isupper():
        return word  # an acronym with a Russian ending
    latin = sum(character < "\u0370" for character in word)
    table = tables.TO_LATIN
    if latin * 2 < len(word):
        table = tables.TO_CYRILLIC if _CYRILLIC.search(word) else tables.TO_GREEK
    changed = word.translate(table)
    return changed if len(_RUNS.findall(changed)) == 1 and len(word) > 2 else word


def _unleet(match: re.Match[str]) -> str:
    word = match[0]
    for table in (tables.LEET, tables.LEET_WITH_L):
        if (plain := word.lower().translate(table)) in tables.HIDDEN_WORDS:
            return plain
    return word


def _unleet_boldly(match: re.Match[str]) -> str:
    return match[0].translate(tables.LEET)


def _cyrillic_digits(match: re.Match[str]) -> str:
    return match[0].translate(tables.DIGIT_AS_CYRILLIC)


def _joined(match: re.Match[str]) -> str:
    return match[0].replace(match[2], "")


def _dotted(match: re.Match[str]) -> str:
    return match[0] if match[1].lower() in _BEFORE_DOT else f"{match[1]}.{match[2]}"


def _schemed(match: re.Match[str]) -> str:
    return f"http{match[1]}://"


def _is_leet_throughout(text: str) -> bool:
    if _MAY_BE_LEET(text) is None:
        return False
    found = sum(1 for word in _LEET_LIKE.findall(text) if _HEXADECIMAL.fullmatch(word) is None)
    return found >= 3 and found * 6 >= text.count(" ")


_MARKS = re.compile(f"[{_OVERLAID}]+")
_RUNS = re.compile("[A-Za-z\u00c0-\u024f]+|[\u0400-\u052f]+|[\u0370-\u03ff\u1d26]+")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LEET_LIKE = re.compile(
    r"(?<![\w@./#%=&?:+-])(?=[\w@$!]{0,24}?[A-Za-z](?:[013457@$]|!(?=[a-z])|(?<=[A-Z])!(?=[A-Z]))[A-Za-z])"
    r"[A-Za-z0134578@$!]{3,24}(?![\w@/=-])"
)
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
_BEFORE_DOT = tables.listed("the a an of and or this that in was old big first early new to is")
_ENTITY = r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)*({});"
_SUFFIXES = (
    "com|net|org|info|biz|ru|io|co|me|xyz|top|shop|site|online|club|vip|live|pro|app|link|sto"
    "re|su|cc|tv|us|uk|de|id|in"
)

_ENTITIES = (
    Step(
        "letters as codes",
        re.compile(
            _ENTITY.format(
                r"#(?:6[5-9]|[78]\d|9[0789]|1[01]\d|12[012])|#[xX](?:4[1-9a-fA-F]|5[0-9aA]|6[1-9a-fA-F]|7[0-9aA])"
            )
        ),
        _decode,
        lambda text: "&" in text,
    ),
    Step(
        "",
        re.compile(_ENTITY.format(r"#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31}")),
        _decode,
        lambda text: "&" in text,
    ),
)
_BACKWARDS = Step(
    "reversed text",
    re.compile("\u202e([^\u202c\u202e\n]{2,400})\u202c?"),
    _backwards,
    lambda text: "\u202e" in text and _RIGHT_TO_LEFT(text.replace("\ufeff", "")) is None,
)

PLAIN_STEPS: tuple[Step, ...] = (
    Step("", re.compile("[\ud800-\udfff]"), _writing("\ufffd"), _not_ascii),
    Step("", re.compile(r"[^\w\s\x00-\x7f]{12,}"), _few_marks, _not_ascii),
    Step(
        "hidden markup",
        re.compile(r"(?<=[^\W\d_])(?:<!--[^<>]{0,80}-->|<(b|i|u|em|font|span|strong)></\1>)(?=[^\W\d_])"),
        _drop,
        lambda text: "<" in text,
    ),
    _BACKWARDS,
    Step(
        "invisible characters",
        re.compile(f"(?<=[{_CASED}])[{_INVISIBLE.replace(chr(0xAD), '')}]+(?=[{_CASED}])"),
        _drop,
        _not_ascii,
    ),
    Step(
        "invisible characters",
        re.compile(f"(?<=[A-Za-z])[{_CONTROL}]+(?=[A-Za-z])"),
        _drop,
        lambda text: not text.isprintable(),
    ),
    Step("", re.compile(f"[{_INVISIBLE}]+"), _drop, _not_ascii),
    Step("", re.compile(f"[{_CONTROL}]+"), _drop, lambda text: not text.isprintable()),
    Step("stylised letters", re.compile(f"[{_STYLED}]{{3,}}"), _compatible, _not_ascii),
    Step(
        "stylised letters",
        re.compile("[\uff21-\uff3a\uff41-\uff5a]{3,}"),
        _compatible,
        lambda text: not text.isascii() and _CJK(text) is None,
    ),
    Step(
        "stylised letters",
        re.compile("[\U0001f150-\U0001f169\U0001f170-\U0001f189]{3,}"),
        _unboxed,
        _not_ascii,
    ),
    Step(
        "stylised letters",
        re.compile(
            "(?<![\U0001f1e6-\U0001f1ff])[\U0001f1e6-\U0001f1ff]"
            "(?: [\U0001f1e6-\U0001f1ff](?![\U0001f1e6-\U0001f1ff])){2,}"
        ),
        _unboxed,
        _not_ascii,
    ),
    Step(
        "stylised letters", re.compile(f"[A-Za-z{tables.SMALL_CAPITAL_LETTERS}]{{3,}}"), _uncapped, _not_ascii
    ),
    Step("", re.compile(r"[\x20-\x7e]?[^\x00-\x7f]+"), _compatible, _not_ascii),
    Step(
        "stacked marks",
        re.compile(f"(?<![{_CASED}])[{_CASED}]++[{_OVERLAID}][{_CASED}{_OVERLAID}]*+"),
        _unstacked,
        _not_ascii,
    ),
    Step("", re.compile(f"(?<=[{_CASED}])[{_OVERLAID}]+"), _drop, _not_ascii),
    Step(
        "look-alike letters",
        re.compile(
            "(?<![A-Za-z\u00c0-\u024f\u0370-\u052f])(?:[A-Za-z\u00c0-\u024f]++[\u0370-\u052f]|[\u0370-\u052f]++[A-Za-z\u00c0-\u024f])[A-Za-z\u00c0-\u024f\u0370-\u052f]*+"
        ),
        _one_script,
        lambda text: not text.isascii() and _CYRILLIC_OR_GREEK(text) is not None and _LATIN(text) is not None,
    ),
    Step("numbers as letters", _LEET_LIKE, _unleet_boldly, _is_leet_throughout),
    Step(
        "numbers as letters",
        re.compile(r"(?<![\w@./#%=&?:+-])(?=[A-Za-z0-9]*[0-9@$!])[A-Za-z0-9@$!]{3,16}(?![\w@/=-]|\.\w)"),
        _unleet,
        lambda text: _MAY_BE_LEET(text) is not None,
    ),
    Step(
        "numbers as letters",
        re.compile("(?<=[\u0430-\u044f])[03](?=[\u0430-\u044f])"),
        _cyrillic_digits,
        _not_ascii,
    ),
    Step(
        "spaced letters",
        re.compile(
            r"(?<![^\W_])([A-Za-z\u0400-\u04ff])([ .\-_*\u00b7|/~+,])"
            # a run is tried from its first letter only: from each of them, a long one would cost its square
            r"(?<!(?<![^\W_])[A-Za-z\u0400-\u04ff]\2[A-Za-z\u0400-\u04ff]\2)"
            r"[A-Za-z\u0400-\u04ff](?:\2[A-Za-z\u0400-\u04ff]){3,}+(?![^\W_]|\2[^\W_])"
        ),
        _joined,
        lambda text: _MAY_BE_SPACED(text) is not None,
    ),
    Step(
        "spelled-out links",
        re.compile(r"\bh(?:xx|\*\*|tt)ps?(?:\[:\]|\(:\)| : ?)//", re.IGNORECASE),
        _writing("http://"),
        lambda text: "//" in text and _MAY_BE_SPELLED(text) is not None,
    ),
    Step(
        "spelled-out links", re.compile(r"\bhxxp(s?)://", re.IGNORECASE), _schemed, lambda text: "//" in text
    ),
    Step(
        "spelled-out links",
        re.compile(
            r"(?<![\w.@-])([A-Za-z0-9][\w-]{1,62}(?:\.[\w-]{1,62}){0,3}+)"
            rf"(?: ?[\[({{] ?(?:dot|\.|d0t) ?[\])}}] ?| (?:dot|d0t) | \. )({_SUFFIXES})(?![\w-])",
            re.IGNORECASE,
        ),
        _dotted,
        lambda text: (
            "dot" in text.lower()
            or ".]" in text
            or ".)" in text
            or " . " in text
            or "d0t" in text
            or ". ]" in text
            or ". )" in text
        ),
    ),
)
STEPS: tuple[Step, ...] = (*_ENTITIES, *PLAIN_STEPS)
