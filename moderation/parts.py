"""What the app is made of once it stands: pages and commands find the parts here."""

from __future__ import annotations

import os
import threading
from functools import cached_property

import structlog
from flask import current_app

from moderation.errors import Misconfigured
from moderation.intake import Intake
from moderation.learning import Scorer
from moderation.privacy import RootKeys, Vault
from moderation.review import Review
from moderation.settings import Settings
from moderation.threads import Shelf, Watch

log = structlog.get_logger("gatepost.privacy")


class Parts:
    """The settings, the keeper of addresses, the classifier in use, and what is rendered already."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.scorer = Scorer(settings.prior, settings.hold_threshold, settings.spam_threshold)
        self.shelf = Shelf()
        self.key_file = settings.instance / "root.key"
        self.redis_is_away = False
        self._vault: Vault | None = None
        self._opened_at: tuple[int, int] | None = None
        self._opening = threading.Lock()

    @property
    def vault(self) -> Vault:
        """The keeper of addresses, opened at first use, and again when its key file has changed.

        Some commands come before there is a key; and a new key is put to use without a restart. A file that is
        gone or broken while the house is open changes nothing for this process.

        Raises
        ------
        Misconfigured
            The root key is missing, weak, or others can read it.
        """
        stamp = self._stamp()
        with self._opening:
            if self._vault is None or (stamp and stamp != self._opened_at):
                self._vault = self._open(self._vault)
                self._opened_at = stamp
            return self._vault

    @property
    def intake(self) -> Intake:
        """The way in for comments."""
        return Intake(self.settings, self.vault, self.scorer)

    @cached_property
    def look(self) -> str:
        """A name for the settings that pages are made under."""
        return self.settings.digest

    @cached_property
    def watch(self) -> Watch:
        """The last look at what the public is about to get."""
        return Watch(lambda: self.vault)

    def _stamp(self) -> tuple[int, int] | None:
        """What tells one key file from the next; None where the key is a setting, or the file cannot be seen."""
        if self.settings.root_key.get_secret_value():
            return None
        try:
            facts = os.stat(self.key_file)  # noqa: PTH116  asked several times a request: half of what a Path takes
        except OSError:
            return None
        return facts.st_ino, facts.st_mtime_ns

    def _open(self, before: Vault | None) -> Vault:
        written = self.settings.root_key.get_secret_value()
        try:
            return Vault(RootKeys.from_text(written) if written else RootKeys.load(self.key_file))
        except Misconfigured:
            if before is None:
                raise
            log.error("the key file cannot be read any more; the keys of before stay in use")
            return before

    @cached_property
    def review(self) -> Review:
        """The moderators' side: the queue, and the one way to decide."""
        return Review(self.settings, self.scorer)


def parts() -> Parts:
    """The parts of the app at work."""
    found: Parts = current_app.extensions["gatepost"]
    return found
