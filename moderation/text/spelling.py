"""Steps for words that are pulled apart, and for links that are told instead of written.

Marks between letters are honest in many places (hosts, identifiers, `Leser*innen`, `on-line`), so what is pulled
apart is put together when it is a run of single letters, or a word that is often hidden, or when most of the text is
so.
"""

from __future__ import annotations

import re
from itertools import pairwise

from moderation.text import tables
from moderation.text.letters import CYRILLIC, GREEK, LATIN
from moderation.text.step import (
    Step,
    has_all,
    marks_between,
    may_be_marked,
    may_be_spaced,
    may_be_stretched,
    may_name_a_dot,
    writing,
)

_LETTER = f"{LATIN}{GREEK}{CYRILLIC}"
_EMOJI = (
    "\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001faff"
)
_SUFFIXES = (
    "com|net|org|info|biz|ru|io|co|me|xyz|top|shop|site|online|club|vip|live|pro|app|link|store|su|cc|tv|us|uk|de|id|in"
    "|eu|fr|es|nl|pl|ch|ca|br|dk|se|cz|ly|gl|gg|ws|mobi|bet|win"
)
_SURE_SUFFIXES = "com|net|org|info|biz|ru|xyz|io|eu"
_NO_WORDS = "co|ly|gl|gg|gd|ws|fr|es|nl|pl|ch|ca|br|dk|cz|uk|cc|tv"
_SHORT = f"{_NO_WORDS}|me|se|de|it|be|at|is|to|so|in|id|us|su"
_BEFORE_DOT = tables.listed(
    "the a an of and or this that in was old big first early new to is are for about my your our his her their on"
    " with from use using like at into than learn any some all"
)
_COMPOUNDS = tables.listed("online website download webcam whatsapp paypal video videos")
_ENDINGS = frozenset(
    {
        *_SUFFIXES.split("|"),
        *tables.listed("innen e s es r er rs te tes ne nes trice fr jp it js py md gov edu"),
    }
)
_LEAST_OF_A_RUN = 5
_LEAST_BROKEN = 4
_LEAST_STRETCHED = 5


def _joined(match: re.Match[str]) -> str:
    """A run of single letters as one word, unless it is honest: an acronym, an alphabet, a row of kisses, a host."""
    run, mark = match[0], match[1]
    word = run.replace(mark, "")
    plain = word.lower()
    if (mark != " " and _is_attached(match)) or _is_alphabet(plain):
        return run
    if plain.translate(tables.LEET) in tables.HIDDEN_WORDS:
        return word
    if mark == " " and ((plain[0] in "ai" and plain[1:] in tables.HIDDEN_WORDS) or _is_after_a_word(word)):
        return f"{word[0]} {word[1:]}"
    letters = "".join(filter(str.isalpha, word))
    is_acronym = mark == "." and (not letters[1:].islower()) and len(word) < 9
    is_word = len(word) >= _LEAST_OF_A_RUN and len(letters) >= 4 and len(set(plain)) >= 3
    return word if is_word and not is_acronym else run


def _is_attached(match: re.Match[str]) -> bool:
    """Whether the run goes on before or behind, with words of more than one letter."""
    text, start, stop = match.string, match.start(), match.end()
    before, behind = text[max(0, start - 2) : start], text[stop : stop + 2]
    return (before[1:] == match[1] and before[0].isalnum()) or (
        behind[:1] == match[1] and behind[1:].isalnum()
    )


def _is_after_a_word(word: str) -> bool:
    """Whether the first letter is a word of its own, before one in capitals."""
    return word[0].islower() and word[1:].isupper() and len(word) > _LEAST_OF_A_RUN


def _is_alphabet(plain: str) -> bool:
    return all(ord(b) - ord(a) == 1 for a, b in pairwise(plain))


def _together(match: re.Match[str]) -> str:
    """A word that is often hidden, put together."""
    pieces = _PIECES.findall(match[0])
    word = "".join(pieces)
    is_compound = (
        "-" in match[0] and len(match[0]) - len(word) == 1 and (len(word) < 6 or word.lower() in _COMPOUNDS)
    )
    return word if word.lower() in tables.HIDDEN_WORDS and not is_compound else match[0]


def _run_together(match: re.Match[str]) -> str:
    pieces = _PIECES.findall(match[0])
    is_run = len(pieces) >= _LEAST_OF_A_RUN and all(len(piece) == 1 for piece in pieces)
    return "".join(pieces) if is_run else _together(match)


def _boldly_together(match: re.Match[str]) -> str:
    return "".join(_PIECES.findall(match[0])) if _is_broken(match[0]) else match[0]


def _is_broken_throughout(text: str) -> bool:
    """Whether most of a text's words have a mark or an emoji inside."""
    least = max(_LEAST_BROKEN, text.count(" ") / 3)
    may_be = marks_between(text) >= least or (not text.isascii() and _has_emoji(text) is not None)
    if not may_be or _CODE.search(text) is not None:
        return False
    return sum(1 for match in _BROKEN.finditer(text) if _is_broken(match[0])) >= least


def _is_broken(piece: str) -> bool:
    """Not a host, an ending for both genders, a hyphened word or two words without a space between."""
    pieces: list[str] = _PIECES.findall(piece)
    first, *others = pieces
    mark = piece[len(first)]
    if mark == "." and (others[-1].lower() in _ENDINGS or any(each[0].isupper() for each in others)):
        return first.isupper()
    return mark != "*" or others[-1].lower() not in _ENDINGS


def _shortened(match: re.Match[str]) -> str:
    word = match[0]
    plain = tables.STRETCHED_WORDS.get(_REPEATED.sub(r"\1", word.lower()))
    if plain is None:
        return word
    return plain.upper() if word.isupper() else plain


def _boldly_shortened(match: re.Match[str]) -> str:
    shortened = _shortened(match)
    return _STRETCH.sub(r"\1", match[0]) if shortened == match[0] else shortened


def _is_stretched_throughout(text: str) -> bool:
    if not may_be_stretched(text):
        return False
    found = sum(1 for _ in _STRETCHED.finditer(text))
    return found >= _LEAST_STRETCHED and found * 3 >= text.count(" ")


def _dotted(match: re.Match[str]) -> str:
    return match[0] if match[1].lower() in _BEFORE_DOT else f"{match[1]}.{match[2]}"


def _schemed(match: re.Match[str]) -> str:
    return f"http{match[1]}://"


_has_emoji = re.compile(f"[{_EMOJI}]").search
_may_be_loose = re.compile(rf"\. (?:{_SURE_SUFFIXES})").search
_may_stand_before_a_path = re.compile(rf"(?:\. |[dD][oO0][tT] )(?:{_SHORT})/").search
_may_have_loose_suffix = re.compile(rf" \. ?(?:{_SURE_SUFFIXES})").search
_may_have_loose_front = re.compile(rf"\. [a-z0-9][\w-]{{1,62}}\. ?(?:{_SURE_SUFFIXES})").search
_PIECES = re.compile(f"[{_LETTER}]+")
_CODE = re.compile(r"[=;{}]|[A-Za-z]\(")
_REPEATED = re.compile(r"(.)\1+")
_STRETCH = re.compile(r"(.)\1{2,}")
_BROKEN = re.compile(
    f"(?<![\\w@./:#&%*_~^|+-])[{_LETTER}]++(?:(?:[.*~^|]{{1,3}}+|[+-]{{2,3}}+|[{_EMOJI}]{{1,3}}+)[{_LETTER}]++)++(?![\\w@/:(])"
)
_STRETCHED = re.compile(r"(?<![^\W_])(?=[A-Za-z]*?([A-Za-z])\1\1)[A-Za-z]++(?![\w.@/])")
_PATH = r"/(?=[\w\"'>#?\s-]|$)"
_BEHIND = r"(?=/|[?#][\w-]|\s*(?:[,;:!)\]\"'\n]|\.?\s*$|\.\s))"

BROKEN: tuple[Step, ...] = (
    Step(
        "broken words",
        re.compile(f"(?<![{_LETTER}])[{_LETTER}]++(?:[{_EMOJI}]{{1,3}}+[{_LETTER}]++)++"),
        _run_together,
        has_all(_has_emoji),
    ),
    Step(
        "spaced letters",
        re.compile(
            f"(?<![^\\W_])[{_LETTER}0-9]([ .\\-_*\u00b7|/~+,])[{_LETTER}0-9](?![^\\W_])"
            f"(?:\\1[{_LETTER}0-9](?![^\\W_]))++"
        ),
        _joined,
        may_be_spaced,
    ),
    Step("broken words", _BROKEN, _boldly_together, _is_broken_throughout),
    Step(
        "broken words",
        re.compile(
            f"(?<![\\w@./:#&%*~^|+-])[{_LETTER}]++(?:[.*_~^|+\u00b7'-]{{1,3}}+[{_LETTER}]++)++(?![\\w@/:(])"
        ),
        _together,
        may_be_marked,
    ),
    Step("", _STRETCHED, _boldly_shortened, _is_stretched_throughout),
    Step("", _STRETCHED, _shortened, may_be_stretched),
)
"""Words pulled apart or stretched."""

TOLD: tuple[Step, ...] = (
    Step(
        "spelled-out links",
        re.compile(r"\bh(?:xx|\*\*|tt)ps?(?:\[:\]|\(:\)| : ?)//", re.IGNORECASE),
        writing("http://"),
        lambda text: "//" in text and any(each in text for each in ("]//", ")//", " ://", ": //")),
    ),
    Step(
        "spelled-out links",
        re.compile(r"\bh(?:xx|\*\*)p(s?)://", re.IGNORECASE),
        _schemed,
        lambda text: "//" in text and any(each in text for each in ("xp", "XP", "**")),
    ),
    Step(
        "spelled-out links",
        re.compile(
            r"(?<![\w.@-])([A-Za-z0-9][\w-]{1,62}(?:\.[\w-]{1,62}){0,3}+)"
            rf"(?: ?[\[({{] ?(?:dot|\.|d0t) ?[\])}}] ?| (?:dot|d0t) )({_SUFFIXES})(?![\w-])",
            re.IGNORECASE,
        ),
        _dotted,
        may_name_a_dot,
    ),
    Step(
        "spelled-out links",
        re.compile(
            r"(?<![\w.@-])([A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,62}){0,3}+)"
            rf"(?: (?:dot|d0t) (?=(?:{_SHORT})/)|\. (?=(?:{_NO_WORDS})/|(?<=\bt\. )me/|(?<=\bwa\. )me/))"
            rf"([a-z]{{2}})(?={_PATH})"
        ),
        _dotted,
        lambda text: "/" in text and _may_stand_before_a_path(text) is not None,
    ),
    Step(
        "spelled-out links",
        re.compile(rf"(?<=[A-Za-z0-9])\. (?=(?:{_SURE_SUFFIXES})(?![\w-]){_BEHIND})"),
        writing("."),
        lambda text: _may_be_loose(text) is not None,
    ),
    Step(
        "spelled-out links",
        re.compile(
            r"(?<![\w.@-])([A-Za-z0-9][\w-]{1,62}(?:\.[\w-]{1,62}){0,3}+)"
            rf" \. ?({_SURE_SUFFIXES})(?![\w-]){_BEHIND}"
        ),
        _dotted,
        lambda text: _may_have_loose_suffix(text) is not None,
    ),
    Step(
        "spelled-out links",
        re.compile(
            r"(?<![\w.@-])(www|tv|m|wap|blog|shop|web|my)\. "
            rf"(?=[a-z0-9][\w-]{{1,62}}\. ?(?:{_SURE_SUFFIXES})(?![\w-]))"
        ),
        lambda match: f"{match[1]}.",
        lambda text: _may_have_loose_front(text) is not None,
    ),
)
"""Links that are told."""
