"""Rules about readers and links: trust or hold a browser, hold a network, hold or spam a link host, words that hold.

Each has a reason, a day on which it ends, and can be taken back. None is ever made of a typed address: with
publication at once, holding is an answer, and would tell whose address is listed. They act as checks of the policy
(`policy.CHECKS`); what already waits moves only when a person has seen the list and says so.
"""

from __future__ import annotations

from moderation.rules.making import DAYS, Asked, end, make, resume
from moderation.rules.matching import listed
from moderation.rules.preview import Preview, preview
from moderation.rules.telling import InForce, Reachable, in_force, of, page, reachable

__all__ = [
    "DAYS",
    "Asked",
    "InForce",
    "Preview",
    "Reachable",
    "end",
    "in_force",
    "listed",
    "make",
    "of",
    "page",
    "preview",
    "reachable",
    "resume",
]
