"""Changes that were asked for and refused leave a line in the trail: whose, which route, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from models import Event, writing

REFUSED = "refused"


def note_refusal(
    moderator_id: int | None, route: str, status: int, ids: Mapping[str, int], now: datetime
) -> None:
    """A line about a refusal. It names the route by its rule and things by number; nothing that was typed."""
    with writing() as session:
        detail = {"route": route, "status": status, **ids}
        session.add(Event(happened_at=now, moderator_id=moderator_id, kind=REFUSED, detail=detail))
