"""Emptying the spam: exactly the comments that were listed are erased, but for what was learned of them.

This cannot be undone, so it covers nothing that nobody saw. Labels stay: they hold no words, and a campaign that was
called spam is still known; whoever asks to be erased is (`erase`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from models import Event, db, writing
from moderation.review.deciding import seen_now, standings
from moderation.review.values import LARGEST_ID, Outcome, Target
from moderation.rights.erasing import Erasing
from moderation.rights.residue import mark
from moderation.vocabulary import Status

EMPTIED = "spam emptied"
"""Kind of event."""


def empty(moderator_id: int, targets: Sequence[Target], now: datetime) -> Outcome:
    """Erase these comments, for good, if they are spam as they were seen.

    What has changed meanwhile, or is no spam, is left alone and named in the outcome.
    """
    wanted = {target.id: target.version for target in targets if 0 < target.id <= LARGEST_ID}
    with writing():
        seen = seen_now(wanted, for_update=True)
        ids = [
            row.id
            for row in (seen[number] for number in sorted(seen))
            if row.status is Status.SPAM and row.version == wanted[row.id]
        ]
        if ids:
            Erasing(ids, now, Counter(), keep_labels=True).run()
            mark(now)
            db.session.add(
                Event(happened_at=now, moderator_id=moderator_id, kind=EMPTIED, detail={"comments": ids})
            )
        left = standings([number for number in sorted(seen) if number not in set(ids)])
        unknown = tuple(sorted({target.id for target in targets} - set(seen)))
        return Outcome(tuple(ids), (), left, unknown)
