"""A decision that was sent after its session had ended: it is kept on the page, and can be sent after signing in.

It travels in the sign-in form, deflated, since form fields have a limit of their own, and is never applied by itself:
a person presses the button again.
"""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from flask import Request

from moderation.vocabulary import Action

_LONGEST = 800_000  # the longest edit in four-byte characters, percent-encoded
_PATH = re.compile(
    r"/desk/(decisions|decisions/[0-9]{1,10}/undo|articles/[^/?#\\]{1,400}/(?:mode|pause)|proposals|spam/empty"
    r"|pause(?:/end)?|house-rules(?:/back)?"
    r"|comments/[0-9]{1,10}/(?:answer|text|notes)|notes/[0-9]{1,10}/take-back"
    r"|campaigns/[0-9]{1,10}/(?:decisions|out|back)|rules(?:/[0-9]{1,10}/(?:end|resume))?"
    r"|classifier/thresholds(?:/undo)?|people/invitations|comments/[0-9]{1,10}/address)"
)
_OF_PATHS = {
    "/desk/pause": "Pause the site.",
    "/desk/pause/end": "End the site’s pause.",
    "/desk/house-rules": "Set the house rules.",
    "/desk/house-rules/back": "Go back to the house rules before.",
    "/desk/classifier/thresholds": "Save what errors cost.",
    "/desk/classifier/thresholds/undo": "Go back to the costs before.",
    "/desk/people/invitations": "Make an invitation.",
}
_SENTENCES = {
    "undo": "Undo a decision.",
    "answer": "Publish your answer.",
    "text": "Change a comment’s text.",
    "notes": "Keep your note.",
    "take-back": "Take your note back.",
    "empty": "Delete spam.",
    "out": "Take comments out of a campaign.",
    "back": "Put comments back into a campaign.",
    "rules": "Make a rule.",
    "end": "Take a rule back.",
    "resume": "Let a rule stand again.",
    "pause": "Hold all comments on an article.",
    "proposals": "Do what would be done today.",
    "address": "Show an address.",
}


@dataclass(frozen=True, slots=True)
class Pending:
    """Where it was sent, and its fields."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, request: Request) -> Pending | None:
        """What this request wanted to change; None where there is nothing worth keeping."""
        return cls.read(f"{request.path}?{urlencode(list(request.form.items(multi=True)))}")

    @classmethod
    def read(cls, text: str) -> Pending | None:
        """The same from the hidden field of a form, where anything may stand."""
        text = text if text.startswith("/") else _inflated(text)
        path, _, query = text[: _LONGEST + 1].partition("?")
        if len(text) > _LONGEST or not _PATH.fullmatch(path):
            return None
        return cls(path, tuple(parse_qsl(query, keep_blank_values=True)))

    def __str__(self) -> str:
        plain = f"{self.path}?{urlencode(self.fields)}"
        return base64.urlsafe_b64encode(zlib.compress(plain.encode())).decode()

    @property
    def sentence(self) -> str:
        """What it would do, in words."""
        values, last = dict(self.fields), self.path.rpartition("/")[2]
        if self.path in _OF_PATHS:
            return _OF_PATHS[self.path]
        if last in _SENTENCES:
            return _SENTENCES[last]
        if self.path.endswith("/mode"):
            return f"Change how an article takes comments: {values.get('mode', '')}."
        count = sum(len(value.split()) for name, value in self.fields if name in {"comment", "covers"})
        asked = values.get("action", "")
        verb = asked if asked in set(Action) else "decide on"
        return f"{verb.capitalize()} {count} comment{'' if count == 1 else 's'}."


def _inflated(text: str) -> str:
    """What was deflated, one character more than the longest at most; nothing where it is no such thing."""
    try:
        deflated = base64.urlsafe_b64decode(text.encode("ascii"))
        return zlib.decompressobj().decompress(deflated, _LONGEST + 1).decode("ascii")
    except (ValueError, zlib.error):
        return ""
