"""PostgreSQL and Redis for a drill, or the word that they are not here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench import private
from drills.telling import NotHere


@contextmanager
def private_postgresql() -> Iterator[private.PostgreSQL]:
    """A PostgreSQL that syncs, as an operator's does.

    Raises
    ------
    NotHere
    """
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(private.postgresql(is_durable=True))
        except FileNotFoundError as missing:
            raise NotHere(str(missing)) from None
        yield cluster


@contextmanager
def private_redis() -> Iterator[private.Redis]:
    """A Redis.

    Raises
    ------
    NotHere
    """
    with ExitStack() as stack:
        try:
            server = stack.enter_context(private.redis())
        except FileNotFoundError as missing:
            raise NotHere(str(missing)) from None
        yield server
