"""What an entry of the trail says, in a sentence; and the few groups that people look for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models import Decision
from moderation.vocabulary import Action

Detail = Mapping[str, Any]
Names = Mapping[int, str]

COMINGS_AND_GOINGS = (
    "signed in",
    "signed out",
    "sign-in refused",
    "second step asked",
    "second step refused",
    "password refused",
    "password change refused",
    "session ended",
    "sessions ended",
    "refused",
)
"""What retention removes."""

_ACCOUNTS = (
    "account made",
    "account disabled",
    "role changed",
    "password set",
    "password changed",
    "password link made",
    "password set by link",
    "invited",
    "invitation withdrawn",
    "authenticator added",
    "authenticator removed",
    "passkey added",
    "passkey removed",
    "recovery codes renewed",
    "second factors removed",
)
EVENT_GROUPS: dict[str, tuple[str, ...]] = {
    "sign-ins": COMINGS_AND_GOINGS[:-1],
    "accounts": _ACCOUNTS,
    "addresses": ("address revealed",),
    "refusals": ("refused",),
}
DECISION_GROUPS = ("decisions", "by-people", "by-policy")
REST = "settings"
GROUPS: dict[str, str] = {
    "": "Everything",
    "decisions": "All decisions",
    "by-people": "People’s decisions",
    "by-policy": "The policy’s decisions",
    "sign-ins": "Sign-ins",
    "accounts": "Accounts",
    "addresses": "Addresses revealed",
    REST: "Settings, classifier and the rest",
    "refusals": "Refused requests",
}
"""What can be asked for, and what it is called."""

FREE_WORDS = frozenset({"reason", "note", "words"})
"""Parts of an event's detail that people typed: shown with addresses masked, and left out of the chain."""

_DONE = {
    Action.APPROVE: "approved",
    Action.HOLD: "held",
    Action.SPAM: "called spam",
    Action.REJECT: "rejected",
}


def of_decision(row: Decision) -> str:
    """What a decision did.

    >>> of_decision(Decision(comment_id=7, action=Action.SPAM, from_status="held"))
    'Comment 7 was called spam; it had been held.'
    """
    done = _DONE[row.action]
    if row.from_status is None:
        return f"Comment {row.comment_id} arrived and was {done}."
    if row.undoes_id:
        return f"Decision {row.undoes_id} was taken back; comment {row.comment_id} is {row.to_status} again."
    together = " together with others" if row.batch else ""
    return f"Comment {row.comment_id} was {done}{together}; it had been {row.from_status}."


def of_event(kind: str, detail: Detail, names: Names) -> str:
    """What happened.

    >>> of_event("role changed", {"account": 2, "role": "senior", "former": "moderator"}, {2: "max"})
    'max is senior now, and was moderator.'
    >>> of_event("thresholds set", {"version": 3}, {})
    'Thresholds set (version: 3).'
    """
    if telling := _SENTENCES.get(kind):
        return telling(_Told(detail, names))
    facts = ", ".join(f"{name}: {_short(value)}" for name, value in detail.items() if name not in FREE_WORDS)
    return f"{kind[:1].upper()}{kind[1:]}{f' ({facts})' if facts else ''}."


class _Told:
    """An event's detail, with names for numbers."""

    def __init__(self, detail: Detail, names: Names) -> None:
        self.detail, self.names = detail, names

    def __getitem__(self, name: str) -> str:
        return _short(self.detail.get(name, "?"))

    @property
    def account(self) -> str:
        """The account that it is about."""
        return self.names.get(self.detail.get("account", 0), "an account")


def _short(value: object) -> str:
    told = str(value)
    return told if len(told) <= 80 else f"{told[:79]}…"


_SENTENCES: dict[str, Callable[[_Told], str]] = {
    "signed in": lambda it: f"Signed in by {it['by']}." if "by" in it.detail else "Signed in.",
    "signed out": lambda _: "Signed out.",
    "sign-in refused": lambda _: "A sign-in was refused.",
    "second step asked": lambda _: "The password was right; the second step was asked for.",
    "second step refused": lambda _: "A code of the second step was refused.",
    "password refused": lambda _: "The present password was asked for, and a wrong one given.",
    "password change refused": lambda _: "A change of password was refused.",
    "session ended": lambda it: f"Session {it['session']} of {it.account} was ended.",
    "sessions ended": lambda it: f"Sessions of {it.account} were ended: {it['count']}.",
    "account made": lambda it: f"The account of {it.account} was made, as {it['role']}.",
    "account disabled": lambda it: f"The account of {it.account} was disabled.",
    "role changed": lambda it: f"{it.account} is {it['role']} now, and was {it['former']}.",
    "password set": lambda it: f"{it.account} was given another password.",
    "password changed": lambda _: "Changed their own password.",
    "password link made": lambda it: f"A link for a new password of {it.account} was made.",
    "password set by link": lambda _: "Chose a new password by a link.",
    "invited": lambda it: f"Invitation {it['invitation']} was made, for a {it['role']}.",
    "invitation withdrawn": lambda it: f"Invitation {it['invitation']} was taken back.",
    "authenticator added": lambda _: "Put an authenticator app to use.",
    "authenticator removed": lambda _: "Took the authenticator app off.",
    "passkey added": lambda _: "Added a passkey.",
    "passkey removed": lambda _: "Removed a passkey.",
    "recovery codes renewed": lambda _: "Had new recovery codes made.",
    "second factors removed": lambda it: f"All second steps of {it.account} were taken off: {it['count']}.",
    "address revealed": lambda it: f"Asked for the address given with comment {it['comment']}.",
    "refused": lambda it: f"A request to {it['route']} was refused with {it['status']}.",
}
