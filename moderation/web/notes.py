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
from moderation.web import in_place
from moderation.web.access import myself, own_address
from moderation.web.answers import wants_json

NOTHING = Outcome()

_GOOD_FOR_SECONDS = 600
_MOST_NAMED = 10
_DONE = {
    Action.APPROVE: "approved",
    Action.HOLD: "held",
    Action.SPAM: "sent to spam",
    Action.REJECT: "rejected",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, and which comments were left alone because they had changed.

    `undo` is a decision that can be taken back, with `is_bulk` all that were made in bulk with it; `is_back` says
    that it took one back itself.
    """

    sentence: str
    stale: tuple[Waiting, ...] = ()
    undo: int | None = None
    is_bulk: bool = False
    is_back: bool = False


def go_on(asked: str, sentence: str, outcome: Outcome = NOTHING, *, is_back: bool = False) -> AnyResponse:
    """Send the browser on to a page of the desk, with a note on what was done; tell a script in place.

    `is_back` says that comments came back to where they were.
    """
    if wants_json():
        return in_place.told(sentence, outcome, asked, is_back=is_back)
    made = outcome.decisions
    told = {
        "to": myself().moderator_id,
        "says": sentence,
        "stale": [standing.comment_id for standing in outcome.stale[:_MOST_NAMED]],
        "undo": made[0] if made else None,
        "bulk": len(made) > 1,
        "back": is_back,
    }
    path, _, query = own_address(asked).partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "note"]
    return redirect(f"{path}?{urlencode([*kept, ('note', _serializer().dumps(told))])}", code=303)


def message(args: Mapping[str, str]) -> Message | None:
    """The note that came with the address, if there is one for this person."""
    try:
        note: dict[str, Any] = _serializer().loads(args.get("note", ""), max_age=_GOOD_FOR_SECONDS)
    except BadData:
        return None
    if note["to"] != myself().moderator_id:
        return None
    stale = tuple(parts().review.waiting(note["stale"]))
    return Message(note["says"], stale, note["undo"], note["bulk"], note.get("back", False))


def decided(action: Action, outcome: Outcome) -> str:
    """What came of a decision, as a sentence or two.

    >>> decided(Action.SPAM, Outcome(done=(1, 2), unknown=(7,)))
    '2 comments sent to spam. There is no comment 7.'
    """
    said = [_counted(outcome, _DONE[action])]
    if outcome.unknown:
        more = len(outcome.unknown) - _MOST_NAMED
        named = ", ".join(map(str, outcome.unknown[:_MOST_NAMED]))
        said.append(f"There is no comment {named}{f' and {more:,} more' if more > 0 else ''}.")
    return " ".join(said)


def applied(outcome: Outcome) -> str:
    """What came of applying what would be done today, as a sentence.

    >>> applied(Outcome(done=(1, 2)))
    '2 comments put to where they would go today.'
    """
    count = len(outcome.done)
    return _counted(outcome, f"put to where {'it' if count == 1 else 'they'} would go today")


def taken_back(outcome: Outcome) -> str:
    """What came of an undo, as a sentence.

    >>> taken_back(Outcome(done=(1,)))
    '1 comment put back to where it was.'
    """
    back = "put back to where it was" if len(outcome.done) == 1 else "put back to where they were"
    return _counted(outcome, back)


def _counted(outcome: Outcome, done: str) -> str:
    count = len(outcome.done)
    return f"{count} comment{'' if count == 1 else 's'} {done}." if count else "Nothing was changed."


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(parts().vault.token_keys("desk note"), salt="desk note")
