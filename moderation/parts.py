"""What the app is made of once it stands: pages and commands find the parts here."""

from __future__ import annotations

from functools import cached_property

from flask import current_app

from moderation.intake import Intake
from moderation.learning import Scorer
from moderation.privacy import RootKeys, Vault
from moderation.review import Review
from moderation.settings import Settings
from moderation.threads import Shelf, Watch


class Parts:
    """The settings, the keeper of addresses, the classifier in use, and what is rendered already."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.scorer = Scorer(settings.prior, settings.hold_threshold, settings.spam_threshold)
        self.shelf = Shelf()

    @cached_property
    def vault(self) -> Vault:
        """The keeper of addresses, opened at first use: some commands come before there is a key.

        Raises
        ------
        Misconfigured
            The root key is missing, weak, or others can read it.
        """
        written = self.settings.root_key.get_secret_value()
        path = self.settings.instance / "root.key"
        return Vault(RootKeys.from_text(written) if written else RootKeys.load(path))

    @cached_property
    def intake(self) -> Intake:
        """The way in for comments."""
        return Intake(self.settings, self.vault, self.scorer)

    @cached_property
    def watch(self) -> Watch:
        """The last look at what the public is about to get."""
        return Watch(self.vault)

    @cached_property
    def review(self) -> Review:
        """The moderators' side: the queue, and the one way to decide."""
        return Review(self.settings, self.scorer)


def parts() -> Parts:
    """The parts of the app at work."""
    found: Parts = current_app.extensions["gatepost"]
    return found
