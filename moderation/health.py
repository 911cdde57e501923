"""Is every part of the house well? Each check says `OK`, or in a sentence what ails its part, and nothing secret.

`/readyz` and `flask doctor` ask the same checks; the desk says what its people should know.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from limits.errors import StorageError
from limits.storage import storage_from_string
from sqlalchemy import Connection, text

from models import db, storing
from models.schema import Shape, shape
from moderation import sweeps
from moderation.errors import Misconfigured
from moderation.parts import parts

log = structlog.get_logger("gatepost.health")

OK = "ok"


def database() -> str:
    """The database answers, and holds every letter."""
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        return letters(connection)


INTO_UTF8 = (
    "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0 makes one that does."
    " An installation is taken out of the old one by `flask move`."
)
"""What to do where the database does not hold every letter."""


def letters(connection: Connection) -> str:
    """The database holds every letter; in another encoding comments would be refused one by one."""
    if connection.dialect.name != "postgresql":
        return OK
    encoding = connection.scalar(text("SHOW server_encoding"))
    return OK if encoding == "UTF8" else f"its encoding is {encoding}, and only UTF8 holds every letter"


def writes() -> str:
    """The last attempt of this process to store something went well; each tries at least once a minute."""
    trouble = storing.trouble
    return (
        f"nothing could be stored since {trouble.since:%Y-%m-%d %H:%M:%S} UTC: {trouble.why}"
        if trouble
        else OK
    )


def schema() -> str:
    """The tables are those that this code wants."""
    with db.engine.connect() as connection:
        found = shape(connection)
    return OK if found is Shape.CURRENT else f"the tables are {found}; see `flask init`"


def key() -> str:
    """The root key can be read, and by nobody else."""
    try:
        return OK if parts().vault else ""
    except Misconfigured:
        return "the root key is missing, weak, or others can read it"


def classifier() -> str:
    """There is a classifier in use; without one every comment is held."""
    return OK if parts().scorer.classifier else "none is in use: every comment is held"


def newest_classifier() -> str:
    """The classifier that the tables name is the one that works."""
    scorer = parts().scorer
    return "cannot be read: an earlier one stays in use" if scorer.classifier and scorer.is_behind else OK


def background() -> str:
    """Some process swept not long ago."""
    is_recent, until = sweeps.swept_until(datetime.now(UTC))
    if is_recent:
        return OK
    return (
        "nobody has swept yet"
        if until is None
        else f"no pass has gone well since {until - sweeps.HELD_FOR:%Y-%m-%d %H:%M:%S} UTC"
    )


def redis() -> str:
    """Redis answers, where one shares the limits; where it does not, each process counts for itself."""
    url = parts().settings.redis_url
    return OK if not url or _answers(url) else "does not answer: each process counts limits for itself"


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "storing": writes,
    "schema": schema,
    "key": key,
    "classifier": classifier,
    "sweeps": background,
}
"""What has to be well for the house to do all that it promises."""

LESSER: dict[str, Callable[[], str]] = {"redis": redis, "newest classifier": newest_classifier}
"""What it gets along without."""


def said(check: Callable[[], str]) -> str:
    """What the check says; one that breaks says that it does, and nothing of why, which may hold secrets."""
    try:
        return check()
    except Exception as error:
        log.error("a part is sick", part=check.__name__, kind=type(error).__name__)
        return f"does not answer ({type(error).__name__})"


def look_after_redis(_now: datetime) -> int:
    """Note for the desk whether Redis is away; every process does so once a minute. Returns 0."""
    at_work = parts()
    at_work.redis_is_away = said(redis) != OK
    return 0


def _answers(url: str) -> bool:
    try:
        return bool(storage_from_string(url, socket_connect_timeout=0.3, socket_timeout=0.3).check())
    except (StorageError, ValueError):
        return False
