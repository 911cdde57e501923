"""Which script a text is in, a cheap guess at its language, and its words."""

from __future__ import annotations

import re
from functools import lru_cache

_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(f"[{ranges}]"))
    for name, ranges in (
        ("Latin", "A-Za-z\u00c0-\u024f\u1e00-\u1eff"),
        ("Cyrillic", "\u0400-\u052f"),
        ("Greek", "\u0370-\u03ff\u1f00-\u1fff"),
        ("Arabic", "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc"),
        ("Hebrew", "\u0590-\u05ff\ufb1d-\ufb4f"),
        ("Devanagari", "\u0900-\u097f"),
        ("Bengali", "\u0980-\u09ff"),
        ("Tamil", "\u0b80-\u0bff"),
        ("Thai", "\u0e00-\u0e7f"),
        ("Georgian", "\u10a0-\u10ff"),
        ("Armenian", "\u0530-\u058f"),
        ("Hangul", "\u1100-\u11ff\uac00-\ud7af"),
        ("Kana", "\u3040-\u30ff"),
        ("Han", "\u3400-\u9fff\U00020000-\U0002ffff"),
    )
)
_BY_SCRIPT = {
    "Greek": "el",
    "Hebrew": "he",
    "Devanagari": "hi",
    "Bengali": "bn",
    "Tamil": "ta",
    "Thai": "th",
    "Georgian": "ka",
    "Armenian": "hy",
    "Hangul": "ko",
    "Kana": "ja",
}
_STOP_WORDS = {
    language: frozenset(common.split())
    for language, common in {
        "en": "the and is of to in that it you for was this with are not have but they be what your my",
        "de": "der die und das ist nicht ich ein eine zu den mit auch auf sich wie es von wir sind aber",
        "fr": "le la les et est des un une je pas que pour dans vous qui ce il ne sur nous mais avec",
        "es": "el los y es que de un una no por con para se lo como más pero muy su este está las",
        "pt": "o os e é que de um uma não por com para se eu mais mas muito seu isso está você as ao",
        "it": "il gli e è che di un una non per con si ma come più sono questo della anche mi nel",
        "nl": "de het een en is niet van ik dat te in op voor met zijn maar ook aan er wel bij",
        "pl": "i w nie na się to jest że z do jak o ale tak po co za od dla tylko już przez",
        "cs": "a je se na v to že s z do ale jak o tak by za pro jsem jsou už když není také",
        "ro": "și si nu este în de la pe cu o un ce mai sunt din care să sa că dar pentru",
        "tr": "ve bir bu da de için çok ne ama gibi o ben daha mi var yok kadar olarak değil",
        "id": "yang dan di ini itu tidak dengan untuk ada saya dari ke bisa juga aja kalau gak udah",
        "vi": "và là của không có cho một được này người tôi với trong đã những các để thì",
    }.items()
}
_LANGUAGES_OF = {
    word: tuple(language for language, common in _STOP_WORDS.items() if word in common)
    for word in frozenset().union(*_STOP_WORDS.values())
}
_ASCII_LETTER = re.compile("[A-Za-z]")
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0981-\u09e3\u0a00-\u0dff\u0e31-\u0e4e"
)
WORD = re.compile(
    f"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|(?:[^\\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[{_MARKS}])+"
)


@lru_cache(
    maxsize=32
)  # language, classifier, campaigns and search ask for one comment's, one after the other
def words(text: str) -> tuple[str, ...]:
    """The words of a text, case folded, marks of Indic and Semitic scripts kept; a Han or kana sign is a word.

    >>> words("Don't PANIC, it's 42")
    ('don', 't', 'panic', 'it', 's', '42')
    """
    return tuple(WORD.findall(text.casefold()))


def script_of(text: str) -> str:
    """Name of the script that most letters of a text are in ("Latin", "Cyrillic", …), or "" without letters.

    Japanese answers "Kana" as soon as a sixth of it is kana.
    """
    if text.isascii():
        return "Latin" if _ASCII_LETTER.search(text) else ""
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS}
    if not any(counts.values()):
        return ""
    if counts["Kana"] * 5 >= counts["Han"] > 0:
        counts["Kana"] += counts["Han"]
    return max(counts, key=lambda name: counts[name])


def language_of(text: str) -> str:
    """A guess at the language, as an ISO 639-1 code, or "" when unsure: by script, telling letters, common words.

    Only the first 2,000 characters are looked at.
    """
    text = text[:2000].lower()
    script = script_of(text)
    if script == "Latin":
        return _latin_language(text)
    if script == "Cyrillic":
        return _cyrillic_language(text)
    if script == "Arabic":
        return "fa" if re.search("[پچژگی]", text) else "ar"
    if script == "Han":
        return "zh"
    return _BY_SCRIPT.get(script, "")


def _latin_language(text: str) -> str:
    found = words(text)
    hits = dict.fromkeys(_STOP_WORDS, 0)
    for word in found:
        for language in _LANGUAGES_OF.get(word, ()):
            hits[language] += 1
    first, second = sorted(hits, key=lambda language: -hits[language])[:2]
    is_sure = hits[first] >= 2 and hits[first] > hits[second] * 1.2 and hits[first] * 12 >= len(found)
    return first if is_sure else ""


def _cyrillic_language(text: str) -> str:
    ukrainian, russian = len(re.findall("[іїєґ]", text)), len(re.findall("[ыэъё]", text))
    if ukrainian != russian:
        return "uk" if ukrainian > russian else "ru"
    return "ru" if re.search(r"\b(?:и|не|что|это|как|на)\b", text) else ""
