"""Campaigns: comments by one hand are found as they arrive and shown as one, "428 alike, one decision".

What arrives is compared with the few earlier comments that it meets at its places (`spam.likeness`), that link to
the same site, or that came from the same network; where it is like one of them, it joins it. The link and the network
only support a likeness of words: by themselves they join nobody. A campaign decides nothing. It says which comments
are alike, and `review.decide` decides on each of them, by id and version.
"""

from __future__ import annotations

from models.campaign import FEWEST
from moderation.campaigns.forgetting import forget, forget_old
from moderation.campaigns.joining import Newcomer, join
from moderation.campaigns.listing import (
    Card,
    Member,
    Similar,
    card,
    cards,
    members,
    of,
    similar,
    targets,
)
from moderation.campaigns.membership import follow, put_back, take_out
from moderation.campaigns.rewording import reword

__all__ = [
    "FEWEST",
    "Card",
    "Member",
    "Newcomer",
    "Similar",
    "card",
    "cards",
    "follow",
    "forget",
    "forget_old",
    "join",
    "members",
    "of",
    "put_back",
    "reword",
    "similar",
    "take_out",
    "targets",
]
