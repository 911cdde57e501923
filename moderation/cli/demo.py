"""The demo: three articles and their comments, in every status, as they would have come in.

Every comment goes through the intake and every decision through the desk's story, at the times that the files
in `moderation/demo/` tell; nothing is put into a table by hand.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from moderation import articles, moderators
from moderation.errors import ArticleClosed, ParentUnavailable
from moderation.intake import Circumstances
from moderation.parts import parts
from moderation.review import Review, Target
from moderation.vocabulary import Action, Mode, Role, Status

FOLDER = Path(__file__).parents[1] / "demo"

_DECIDING_TAKES = timedelta(minutes=4)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_ACTIONS = {action.status: action for action in Action}


@dataclass(frozen=True, slots=True)
class Told:
    """A comment as the demo's files tell it.

    Attributes
    ----------
    label, to
        Its own name within its file, and that of the comment it answers; mostly empty.
    after
        Minutes since the article's publication.
    decisions
        What a moderator does to it, in this order; where nothing is told, whatever leads to `status`.
    """

    after: int
    name: str
    text: str
    label: str = ""
    to: str = ""
    website: str = ""
    status: Status = Status.APPROVED
    decisions: tuple[Action, ...] = ()
    note: str = ""

    @classmethod
    def read(cls, entry: dict[str, Any]) -> Told:
        """What a table of the file says."""
        named = {"label" if name == "id" else name: value for name, value in entry.items()}
        named["status"] = Status(named.get("status", Status.APPROVED))
        named["decisions"] = tuple(Action(word) for word in named.get("decisions", ()))
        return cls(**named)


@click.command()
@with_appcontext
def demo() -> None:
    """Load three articles with comments in every status, and a first moderator, into an empty installation.

    The moderator's password is printed once. An installation that holds anything is left as it is.
    """
    load_demo()


def load_demo() -> None:
    """What `flask demo` does."""
    if articles.everything():
        click.echo("This installation is in use: the demo was left out.")
        return
    now = datetime.now(UTC)
    moderator_id = _moderator(now)
    stories = [tomllib.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.toml")]
    for story in sorted(stories, key=lambda story: -story["hours_ago"]):
        count = _Telling(story, moderator_id, now).tell()
        click.echo(f"Demo: “{story['title']}”, {count} comments.")


def _moderator(now: datetime) -> int:
    """Whoever decides in the demo: the first account, made here if there is none."""
    if accounts := moderators.people():
        return min(account.id for account in accounts)
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    made = moderators.add("admin", Role.ADMIN, password, now)
    click.echo(f"\n  Moderator: admin\n  Password:  {password}   (shown this once)\n")
    return made


class _Telling:
    """One article of the demo, told."""

    def __init__(self, story: dict[str, Any], moderator_id: int, now: datetime) -> None:
        self.story, self.moderator_id, self.now = story, moderator_id, now
        self.published_at = now - timedelta(hours=story["hours_ago"])
        self.review = Review(parts().settings, parts().scorer)
        self.ids: dict[str, int] = {}

    def tell(self) -> int:
        """Publish the article, take in its comments, decide on them; returns how many there are."""
        key, title, body = (self.story[name] for name in ("key", "title", "body"))
        article = articles.add(key, title, self.now, body=body, published_at=self.published_at)
        told = sorted(map(Told.read, self.story["comments"]), key=lambda each: each.after)
        count = sum(self._take_in(article.id, n, each) for n, each in enumerate(told, start=1))
        if (mode := Mode(self.story.get("mode", Mode.OPEN))) is not Mode.OPEN:
            articles.set_mode(key, mode, self.now)
        return count

    def _take_in(self, article_id: int, n: int, told: Told) -> bool:
        """Whether it came in: some settings close articles early, or hold what others would have answered."""
        arrived_at = self.published_at + timedelta(minutes=told.after)
        fields = {"comment": told.text, "author": told.name, "url": told.website}
        fields["email"] = f"{self.story['key']}-{n}@example.org"
        fields["comment_parent"] = str(self.ids.get(told.to, 0))
        came = Circumstances(network=f"203.0.{n}.0/24", form_age=90.0)
        try:
            receipt = parts().intake.submit(article_id, fields, came, arrived_at)
        except (ArticleClosed, ParentUnavailable):
            return False
        self.ids[told.label or f"#{n}"] = receipt.comment_id
        self._decide(receipt.comment_id, receipt.status, told, arrived_at)
        return True

    def _decide(self, comment_id: int, status: Status, told: Told, arrived_at: datetime) -> None:
        for version, action in enumerate(_decisions(status, told), start=1):
            at = min(self.now, arrived_at + version * _DECIDING_TAKES)
            self.review.decide(self.moderator_id, action, [Target(comment_id, version)], at, note=told.note)


def _decisions(status: Status, told: Told) -> Iterator[Action]:
    if told.decisions:
        yield from told.decisions
    elif status is not told.status:
        yield _ACTIONS[told.status]
