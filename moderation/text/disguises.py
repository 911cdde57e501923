"""The steps that undo disguises, in the order they are run. A step without a kind is honest tidying.

What is honest in some script is no disguise: joiners between Arabic or Indic letters and inside emoji, direction
marks beside right-to-left text, full-width letters in Chinese or Japanese, one stress mark on a vowel.
"""

from __future__ import annotations

import html
import re
import unicodedata

from moderation.text.letters import BORROWED, CASED, STYLISED, compatible
from moderation.text.spelling import BROKEN, TOLD
from moderation.text.step import Step, may_hold_controls, not_ascii, writing

__all__ = ["BACKWARDS", "PLAIN_STEPS", "STEPS", "Step"]

_has_right_to_left = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]").search
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef"
)
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"


def _decode(match: re.Match[str]) -> str:
    return html.unescape(f"&{match[1]};")


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


_ENTITY = r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)*({});"

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
BACKWARDS = Step(
    "reversed text",
    re.compile("\u202e([^\u202c\u202e\n]{2,400})\u202c?"),
    _backwards,
    lambda text: "\u202e" in text and _has_right_to_left(text.replace("\ufeff", "")) is None,
)

_drop = writing("")

PLAIN_STEPS: tuple[Step, ...] = (
    Step("", re.compile("[\ud800-\udfff]"), writing("\ufffd"), not_ascii),
    Step("", re.compile(r"[^\w\s\x00-\x7f]{12,}"), _few_marks, not_ascii),
    Step(
        "hidden markup",
        re.compile(r"(?<=[^\W\d_])(?:<!--[^<>]{0,80}-->|<(b|i|u|em|font|span|strong)></\1>)(?=[^\W\d_])"),
        _drop,
        lambda text: "<" in text,
    ),
    BACKWARDS,
    Step(
        "invisible characters",
        re.compile(f"(?<=[{CASED}])[{_INVISIBLE.replace(chr(0xAD), '')}]+(?=[{CASED}])"),
        _drop,
        not_ascii,
    ),
    Step(
        "invisible characters",
        re.compile(f"(?<=[A-Za-z])[{_CONTROL}]+(?=[A-Za-z])"),
        _drop,
        may_hold_controls,
    ),
    Step("", re.compile(f"[{_INVISIBLE}]+"), _drop, not_ascii),
    Step("", re.compile(f"[{_CONTROL}]+"), _drop, may_hold_controls),
    *STYLISED,
    Step("", re.compile(r"[\x20-\x7e]?[^\x00-\x7f]+"), compatible, not_ascii),
    *BORROWED,
    *BROKEN,
    *TOLD,
)
STEPS: tuple[Step, ...] = (*_ENTITIES, *PLAIN_STEPS)
