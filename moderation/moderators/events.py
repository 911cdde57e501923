"""What happens to accounts leaves a line in the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models import Event, db


def note(kind: str, moderator_id: int | None, now: datetime, **detail: Any) -> None:
    """A line in the trail. Of a refused sign-in it says no typed name, which may be a password gone astray."""
    db.session.add(Event(happened_at=now, moderator_id=moderator_id, kind=kind, detail=detail))


def note_by(kind: str, by: int | None, account_id: int, now: datetime, **detail: Any) -> None:
    """A line about one account by somebody else's hand; without one it was done on the command line."""
    via = {} if by else {"via": "command line"}
    note(kind, by or account_id, now, account=account_id, **via, **detail)
