"""Where the audit plays: an installation made for it, whose visitors' every answer is kept to be searched."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from models import Contact, db
from models.schema import migrator
from moderation import learning, logs
from moderation.audit.canaries import Canary, Needle, kept_needles_of
from moderation.privacy import RootKeys, Vault, network_of
from moderation.settings import Settings

BROKEN = {"raises": "/audit-raises", "away": "/audit-away"}
"""Routes that only the audit's installation has: they go wrong in ways that quote an address."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere an address might come out.

    Attributes
    ----------
    kind
        The row of the report it belongs to.
    where
        This one place, in words.
    content
        All its bytes.
    typed
        The canary that the person who got this answer had just typed, if they may see it again.
    """

    kind: str
    where: str
    content: bytes
    typed: Canary | None = None


@dataclass
class Stage:
    """The throw-away installation, and all that was said and written in it so far."""

    app: Flask
    folder: Path
    log: io.StringIO
    canaries: list[Canary] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)
    followed: dict[str, set[str]] = field(default_factory=dict)

    def canary(self, name: str) -> Canary:
        """A new address to leave behind."""
        self.canaries.append(Canary.address(name))
        return self.canaries[-1]

    def keep(self, kind: str, where: str, answer: TestResponse, typed: Canary | None = None) -> None:
        """Keep an answer. What was typed may come back in the body of a refusal that no cache stores."""
        headers = f"{answer.status}\n{answer.headers}".encode()
        self.places.append(Place("headers, cookies, redirects", f"{kind}: {where}", headers))
        is_own = typed and answer.status_code >= 400 and "no-store" in answer.headers.get("Cache-Control", "")
        self.places.append(
            Place(kind, f"{where} → {answer.status_code}", answer.data, typed if is_own else None)
        )

    def expect(self, what: str, expected: object, got: object) -> None:
        """Note what did not happen as the story has it: then the audit would prove less than it says."""
        if expected != got:
            self.unproven.append(f"{what}: {got} instead of {expected}")

    def kept_needles(self) -> Iterator[Needle]:
        """What the installation itself keeps of each canary, which no page may show: keyed fingerprints and seals."""
        vault = Vault(RootKeys.load(self.folder / "root.key"))
        with self.app.app_context():
            sealed = db.session.execute(select(Contact.address_fingerprint, Contact.sealed_address))
            seals = {row.address_fingerprint: row.sealed_address for row in sealed}
            db.session.rollback()
        for canary in self.canaries:
            fingerprint = vault.fingerprint_address(canary.text)
            if "@" not in canary.text:
                fingerprint = vault.fingerprint_network(network_of(canary.text))
            yield from kept_needles_of(canary, "keyed fingerprint", fingerprint)
            if seal := seals.get(fingerprint):
                yield from kept_needles_of(canary, "seal", seal[1:])

    def read_files(self) -> None:
        """Keep every file of the instance folder as it lies there, and the logs at their most talkative."""
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            kind = "database, raw" if ".sqlite3" in path.name else "other files"
            self.places.append(Place(kind, path.name, path.read_bytes()))
        self.places.append(Place("logs at debug level", "log", self.log.getvalue().encode()))


SCRAPER = "the scraper of the audit"
"""What opens the metrics."""


@contextmanager
def stage(make_app: Callable[[Settings], Flask]) -> Iterator[Stage]:
    """Make the installation, and leave nothing of it behind."""
    with TemporaryDirectory(prefix="gatepost-audit-") as folder, _kept_logging():
        instance = Path(folder) / "instance"
        instance.mkdir(mode=0o700)
        RootKeys.create(instance / "root.key")
        app, log = make_app(_settings(instance)), io.StringIO()
        logs.configure("debug", log)
        made = Stage(app, instance, log)
        _break_two_routes(made)
        try:
            with app.app_context():
                migrator(current_app).upgrade()
                learning.install_base(datetime.now(UTC))
            yield made  # outside of any context of the app: each request has to open its own, as when serving
        finally:
            with app.app_context():
                db.engine.dispose()


def _settings(instance: Path) -> Settings:
    """The defaults, whatever the operator's own settings are: nothing of theirs is read or touched."""
    defaults: dict[str, Any] = {
        name: knob.get_default(call_default_factory=True) for name, knob in Settings.model_fields.items()
    }
    ours = {
        "instance": instance,
        "form_min_seconds": 0,
        "busy_article_per_hour": 0,
        "limit_posts": "12 per minute",
        "limit_sign_ins": "1000 per minute",
        "limit_sign_ins_per_account": "1000 per minute",
        "log_level": "debug",
        "metrics_token": SCRAPER,
    }
    return Settings(**{**defaults, **ours})


@contextmanager
def _kept_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        yield
    finally:
        root.handlers, root.level = handlers, level


def _break_two_routes(made: Stage) -> None:
    quoted = made.canary("is quoted by a fault of the program")

    def raises() -> str:
        raise RuntimeError(f"DETAIL: Key (email)=({quoted.text}) already exists.")

    def away() -> str:
        row = {"email": quoted.text}
        raise OperationalError("INSERT INTO contact (email) VALUES (:email)", row, Exception(quoted.text))

    for name, view in (("raises", raises), ("away", away)):
        made.app.add_url_rule(BROKEN[name], f"audit_{name}", view)
