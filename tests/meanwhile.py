"""Two at once, on PostgreSQL: something is done that has to wait for a transaction of somebody else's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import Connection, select

from models import db

_TO_BEGIN = 0.5  # seconds; who needs longer finds the transaction over, and nothing to wait for


@contextmanager
def meanwhile(app: Flask, do: Callable[[], Any], told: type[Exception] | None = None) -> Iterator[Connection]:
    """While the block's transaction is open something is begun; after both it raised what it was to raise."""
    raised: list[Exception] = []

    def does() -> None:
        with app.app_context():
            try:
                do()
            except Exception as error:
                raised.append(error)
            finally:
                db.session.remove()

    thread = threading.Thread(target=does)
    with db.engine.connect() as other:
        other.execute(select(1))
        yield other
        thread.start()
        thread.join(_TO_BEGIN)
        other.commit()
    thread.join()
    db.session.rollback()
    assert [type(each) for each in raised] == ([told] if told else []), raised
