"""The last look at what the public is about to get: an address of somebody who speaks on the page never leaves.

What is stored is masked already, so nothing is ever found here, unless something else is broken. Strings that look
like addresses are found in one pass, fingerprinted, and compared with the fingerprints of the page's own contacts; no
seal is opened for it. Other addresses are left alone: whether one is masked must not tell that its owner wrote here.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator

import structlog
from sqlalchemy import select

from models import Contact, db
from moderation.privacy import MASK, Vault, read_in_page

log = structlog.get_logger("gatepost.privacy")

_BOUNDARY = re.compile(r"[^\w]|_")


class Watch:
    """Looks at rendered pages of one installation. `stopped` counts the addresses that it kept in."""

    def __init__(self, vault: Callable[[], Vault]) -> None:
        self._vault, self._lock = vault, threading.Lock()
        self.stopped = 0

    def let_out(self, rendered: str, comment_ids: Collection[int]) -> str:
        """What may leave: the page as it is, or with the addresses of these comments' contacts masked."""
        seen = list(read_in_page(rendered))
        known = _fingerprints(comment_ids) if seen else frozenset()
        spans = [(start, end) for start, end, read in seen if known.intersection(self._readings(read))]
        if not spans:
            return rendered
        with self._lock:
            self.stopped += len(spans)
        log.error("address kept off a public page", count=len(spans), stopped=self.stopped)
        return _masked(rendered, spans)

    def _readings(self, read: str) -> Iterator[bytes]:
        """Fingerprints of the address, and of its endings: what stands before may not belong to it."""
        local = read.rpartition("@")[0]
        begins = {0, *(match.end() for match in _BOUNDARY.finditer(local))}
        for begin in sorted(begins)[-_MOST_READINGS:]:
            yield from self._vault().every_fingerprint("address", read[begin:])


_MOST_READINGS = 8


def _fingerprints(comment_ids: Collection[int]) -> frozenset[bytes]:
    query = select(Contact.address_fingerprint).where(
        Contact.comment_id.in_(comment_ids), Contact.address_fingerprint.is_not(None)
    )
    return frozenset(each for each in db.session.scalars(query) if each)


def _masked(rendered: str, spans: Collection[tuple[int, int]]) -> str:
    pieces, done = [], 0
    for start, end in spans:
        pieces += [rendered[done : max(done, start)], MASK]
        done = max(done, end)
    return "".join([*pieces, rendered[done:]])
