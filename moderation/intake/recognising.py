"""Whoever is recognised by a former key is known by the key in use from then on.

What fingerprints of browsers and networks are made of is kept nowhere, so a rotation cannot make them anew. But when
the browser or the network comes again it is at hand: then the rows that name it under a former key are moved, so that
rules, previews and "from the same browser" go on finding them, also when the former key is gone.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from models import Contact, Rule, db
from moderation.intake.draft import Circumstances
from moderation.privacy import UNKNOWN_NETWORK, Vault

MOST = 500
"""Comments that are moved as another one arrives; the next arrival goes on."""


def recognise(vault: Vault, came: Circumstances) -> None:
    """Move what names this browser and this network; part of the caller's transaction."""
    if not vault.former_key_ids:
        return
    if came.network != UNKNOWN_NETWORK:
        _move(vault.every_fingerprint("network", came.network), Contact.network_fingerprint)
    if came.reader_token:
        _move(vault.every_fingerprint("token", came.reader_token), Contact.token_fingerprint)


def _move(fingerprints: tuple[bytes, ...], column: Any) -> None:
    now, *former = fingerprints
    of_rules = update(Rule).where(Rule.fingerprint.in_(former)).values(fingerprint=now)
    known = select(Contact.comment_id).where(column.in_(former)).order_by(Contact.comment_id).limit(MOST)
    ids = db.session.scalars(known.with_for_update(skip_locked=True)).all()
    of_comments = update(Contact).where(Contact.comment_id.in_(ids)).values({column.key: now})
    for statement in (of_rules, of_comments):
        db.session.execute(statement.execution_options(synchronize_session=False))
