"""What a page says about what was just done there: a short note, signed, in the address it is sent on to.

Nothing is said that we did not write: a note that is forged, old, or another person's is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import redirect
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from moderation.parts import parts
from moderation.review import Outcome, Waiting
from moderation.vocabulary import Action
from moderation.web.access import myself, own_address

_GOOD_FOR_SECONDS = 600
_DONE = {
    Action.APPROVE: "approved",
    Action.HOLD: "held",
    Action.SPAM: "sent to spam",
    Action.REJECT: "rejected",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, which comments were left alone because they had changed, and what can be taken back."""

    sentence: str
    stale: tuple[Waiting, ...] = ()
    undo: int | None = None


def go_on(asked: str, sentence: str, stale: tuple[int, ...] = (), undo: int | None = None) -> AnyResponse:
    """Send the browser on to a page of the desk, with a note on what was done."""
    note = _serializer().dumps({"to": myself().moderator_id, "says": sentence, "stale": stale, "undo": undo})
    path, _, query = own_address(asked).partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "note"]
    return redirect(f"{path}?{urlencode([*kept, ('note', note)])}", code=303)


def message(args: Mapping[str, str]) -> Message | None:
    """The note that came with the address, if there is one for this person."""
    try:
        note: dict[str, Any] = _serializer().loads(args.get("note", ""), max_age=_GOOD_FOR_SECONDS)
    except BadData:
        return None
    if note["to"] != myself().moderator_id:
        return None
    return Message(note["says"], tuple(parts().review.waiting(note["stale"])), note["undo"])


def in_words(action: Action, outcome: Outcome) -> str:
    """What came of a decision, as a sentence or two.

    >>> in_words(Action.SPAM, Outcome(done=(1, 2), unknown=(7,)))
    '2 comments sent to spam. There is no comment 7.'
    """
    done = len(outcome.done)
    said = (
        [f"{done} comment{'' if done == 1 else 's'} {_DONE[action]}."] if done else ["Nothing was changed."]
    )
    if outcome.unknown:
        said.append(f"There is no comment {', '.join(map(str, outcome.unknown))}.")
    return " ".join(said)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(parts().vault.token_keys("desk note"), salt="desk note")
