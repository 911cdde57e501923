"""A house that learns: comments that come in by the dozen, and the people who decide on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from models import Comment, Decision, Label, db
from moderation import moderators
from moderation.intake import Circumstances
from moderation.parts import parts
from moderation.review import Target
from moderation.vocabulary import Action, Role, Status
from tests.people import NOON, PASSWORD

WORDS = [
    *(
        "amber",
        "birch",
        "cedar",
        "delta",
        "ember",
        "fjord",
        "grove",
        "heath",
        "islet",
        "joist",
        "knoll",
        "ledge",
    ),
    *(
        "manor",
        "north",
        "orbit",
        "plaza",
        "quarry",
        "ridge",
        "shire",
        "tower",
        "upland",
        "vale",
        "wharf",
        "yard",
    ),
]
NAMES = [
    "Ada",
    "Grace",
    "Linus",
    "Barbara",
    "Edsger",
    "Frances",
    "Alan",
    "Radia",
    "Ken",
    "Margaret",
    "Donald",
]
CAMPAIGN = [
    f"The beavers of {place} build the finest dams, ask for a free dam at {other} today"
    for place, other in zip(WORDS, WORDS[7:] + WORDS, strict=False)
]
"""A trick that the base has never seen and does not mind."""

KINDLY = [
    f"My grandmother kept hens behind the {place} mill, and every one of them had a name, {other} for one"
    for place, other in zip(WORDS, WORDS[5:] + WORDS, strict=False)
]


class House:
    """An installation with an article, its readers and its moderators; to be used inside the app."""

    def __init__(self, app: Flask, article_id: int) -> None:
        self.app, self.article_id, self.now = app, article_id, NOON
        self._came = 0

    def employs(self, name: str) -> int:
        """An account at the desk."""
        return moderators.add(name, Role.MODERATOR, PASSWORD, NOON)

    def gets(self, text: str, **fields: str) -> int:
        """A comment arrives, a minute after the one before."""
        self.now += timedelta(minutes=1)
        self._came += 1
        name = NAMES[self._came % len(NAMES)]
        typed = {"comment": text, "author": name, "email": "ada@example.org", **fields}
        came = Circumstances("203.0.113.0/24", form_age=60)
        return parts().intake.submit(self.article_id, typed, came, self.now).comment_id

    def decides(self, who: int | None, action: Action, *numbers: int, batch: str | None = None) -> list[int]:
        """Somebody decides on comments as they are now; the ids of the decisions."""
        self.now += timedelta(seconds=10)
        targets = [Target(number, self.comment(number).version) for number in numbers]
        return list(parts().review.decide(who, action, targets, self.now, batch=batch).decisions)

    def undoes(self, who: int, number: int) -> None:
        """The newest decision on a comment is taken back."""
        self.now += timedelta(seconds=10)
        parts().review.undo(self.decisions(number)[-1].id, who, self.now)

    def comment(self, number: int) -> Comment:
        """The comment as it is now."""
        query = select(Comment).where(Comment.id == number).execution_options(populate_existing=True)
        return db.session.scalars(query).one()

    def status(self, number: int) -> Status:
        """Where the comment stands."""
        return self.comment(number).status

    def decisions(self, number: int) -> Sequence[Decision]:
        """The history of a comment."""
        return db.session.scalars(
            select(Decision).where(Decision.comment_id == number).order_by(Decision.id)
        ).all()

    def labels(self) -> dict[int, str]:
        """What is learned from, by comment."""
        return {
            row.comment_id: str(row.label)
            for row in db.session.execute(select(Label.comment_id, Label.label))
        }

    def teaches(self, who: int, spam: Sequence[str] = (), ham: Sequence[str] = ()) -> list[int]:
        """Comments arrive, and then each is decided on, by turns of either class; their ids.

        None arrives between two decisions: it would be scored by what was learned from the one before.
        """
        coming = list(_by_turns(spam, ham))
        made = [self.gets(text) for _, text in coming]
        for (action, _), number in zip(coming, made, strict=True):
            self.decides(who, action, number)
        return made


def _by_turns(spam: Sequence[str], ham: Sequence[str]) -> Iterator[tuple[Action, str]]:
    for n in range(max(len(spam), len(ham))):
        yield from ((Action.SPAM, text) for text in spam[n : n + 1])
        yield from ((Action.APPROVE, text) for text in ham[n : n + 1])
