"""The one way to change a comment's status.

Whoever decides names the version they saw. The change is an UPDATE that asks for that version and counts its
rows, so of two decisions on one version exactly one is made, on every database. Counts, the public page's
revision, the day of forgetting the address and the history change in the same transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Row, delete, select, update

from models import Article, Claim, Comment, Contact, Decision, db, writing
from moderation import campaigns, tallies
from moderation.errors import NotFound, Refused
from moderation.learning import labels
from moderation.overtaken import stale
from moderation.review.latest import Latest, latest
from moderation.review.values import LARGEST_ID, Outcome, Standing, Target
from moderation.vocabulary import Action, Status

_UNWELCOME = frozenset({Status.SPAM, Status.REJECTED})
_COUNTED = {
    Status.APPROVED: Article.approved_count,
    Status.HELD: Article.held_count,
    Status.SPAM: Article.spam_count,
    Status.REJECTED: Article.rejected_count,
}
_ACTION_TO = {action.status: action for action in Action}
Seen = Row[int, int, Status, int, int, float | None]  # id, article, status, version, text, chance of a check


@dataclass(frozen=True, slots=True)
class Hand:
    """Who decides (None: the policy), when, with which note, and how long unwelcome addresses are kept then.

    `prepared` is what the comments are to the classifier, so that decisions can be learned from. `draw` says of what
    the policy decides with which chance it is to be checked, None where chance did not draw it; `policy` names what
    it judged under.
    """

    moderator_id: int | None
    now: datetime
    keep_days: int
    note: str = ""
    batch: str | None = None
    prepared: labels.Prepared = field(default_factory=labels.Prepared)
    draw: Callable[[], float | None] = lambda: None
    policy: str = ""


def decide(by: Hand, action: Action, targets: Sequence[Target]) -> Outcome:
    """See `Review.decide`."""
    wanted = {target.id: target for target in targets if 0 < target.id <= LARGEST_ID}
    with writing():
        seen = seen_now(wanted)
        standing = latest([row.id for row in seen.values() if row.status is action.status])
        change = Change(by)
        done, stale = [], []
        for comment_id in sorted(
            seen
        ):  # always in one order, so that two bulk decisions cannot lock each other
            row = seen[comment_id]
            if row.version != wanted[comment_id].version or row.status is Status.ERASED:
                stale.append(comment_id)
            elif _adds_nothing(by, row, action, standing.get(comment_id)) or change.make(row, action):
                done.append(comment_id)
            else:
                stale.append(comment_id)
        change.finish()
        return Outcome(
            tuple(done),
            tuple(change.decisions),
            standings(stale),
            tuple(sorted({target.id for target in targets} - set(seen))),
        )


def decided_on(decision_id: int) -> list[int]:
    """The comments of a decision and of all that were made in bulk with it."""
    one = db.session.get(Decision, decision_id) if 0 < decision_id <= LARGEST_ID else None
    if one is None or one.batch is None:
        return [one.comment_id] if one else []
    return list(db.session.scalars(select(Decision.comment_id).where(Decision.batch == one.batch)))


def undo(by: Hand, decision_id: int, *, is_once: bool = False) -> Outcome:
    """See `Review.undo`."""
    with writing() as session:
        taken_back = session.get(Decision, decision_id) if 0 < decision_id <= LARGEST_ID else None
        if taken_back is None:
            raise NotFound("There is no such decision.")
        comment_id = taken_back.comment_id
        row = seen_now([comment_id])[comment_id]
        newest = session.get_one(Decision, latest([comment_id])[comment_id].id)
        if newest.undoes_id == decision_id and newest.moderator_id == by.moderator_id:
            return Outcome((comment_id,))  # pressed twice
        if newest.id != decision_id or row.status is Status.ERASED:
            raise stale(comment_id)
        if is_once and taken_back.undoes_id is not None:
            return Outcome()
        if taken_back.from_status is None:
            raise Refused("The verdict on arrival has nothing before it. Decide anew instead.")
        change = Change(by)
        if not change.make(row, _ACTION_TO[taken_back.from_status], undoes=taken_back):
            raise stale(comment_id)
        change.finish()
        return Outcome((comment_id,), tuple(change.decisions))


def undo_batch(by: Hand, decision_id: int) -> Outcome:
    """See `Review.undo_batch`."""
    with writing() as session:
        one = session.get(Decision, decision_id) if 0 < decision_id <= LARGEST_ID else None
        if one is None or one.batch is None:
            raise NotFound("There is no such bulk decision.")
        made = session.scalars(
            select(Decision).where(Decision.batch == one.batch).order_by(Decision.comment_id)
        ).all()
        ids = [decision.comment_id for decision in made]
        seen, standing = seen_now(ids), latest(ids)
        change = Change(by)
        done, stale = [], []
        for decision in made:
            row, former = seen[decision.comment_id], decision.from_status
            is_newest = standing[row.id].id == decision.id and row.status is not Status.ERASED
            if is_newest and former and change.make(row, _ACTION_TO[former], undoes=decision):
                done.append(row.id)
            else:
                stale.append(row.id)
        change.finish()
        return Outcome(tuple(done), tuple(change.decisions), standings(stale))


def seen_now(ids: Iterable[int], *, for_update: bool = False) -> dict[int, Seen]:
    """The comments as they are now, by id; with `for_update` nobody else changes them meanwhile."""
    seen = select(
        Comment.id,
        Comment.article_id,
        Comment.status,
        Comment.version,
        Comment.text_n,
        Comment.check_chance,
    ).where(Comment.id.in_(list(ids)))
    rows = db.session.execute(seen.order_by(Comment.id).with_for_update() if for_update else seen)
    return {row.id: row for row in rows}


def _adds_nothing(by: Hand, row: Seen, action: Action, standing: Latest | None) -> bool:
    """Whether the comment stands so already, and this hand's agreement would be nothing new."""
    if row.status is not action.status:
        return False
    a_person_said_so = standing is not None and standing.moderator_id is not None
    return by.moderator_id is None or row.status is Status.HELD or a_person_said_so


def standings(ids: Sequence[int]) -> tuple[Standing, ...]:
    """How these comments stand, and by whose decision."""
    if not ids:
        return ()
    rows, decided = seen_now(ids), latest(ids)
    return tuple(Standing(n, rows[n].status, decided[n].who, decided[n].at) for n in ids)


class Change:
    """The changes of one transaction: comments one by one, then their articles together."""

    def __init__(self, by: Hand) -> None:
        self.by = by
        self.decisions: list[int] = []
        self._decided_on: list[int] = []
        self._moved: dict[int, Counter[Status]] = defaultdict(Counter)
        self._checks: Counter[int] = Counter()

    def make(self, row: Seen, action: Action, undoes: Decision | None = None) -> bool:
        """Turn the comment, if it still has the version of the row; says whether it had."""
        check = self._check(row, action, undoes)
        result = db.session.execute(
            update(Comment)
            .where(Comment.id == row.id, Comment.version == row.version, Comment.status != Status.ERASED)
            .values(
                status=action.status,
                version=row.version + 1,
                changed_at=self.by.now,
                check_chance=check,
                proposal=None,
            )
            .execution_options(synchronize_session=False)
        )
        if cast("CursorResult[Any]", result).rowcount != 1:
            return False
        self._record(row, action, undoes)
        self._checks[row.article_id] += int(check is not None) - int(row.check_chance is not None)
        if row.status is not action.status:
            self._moved[row.article_id].update({action.status: 1, row.status: -1})
            self._date_the_address(row.id, action.status)
        return True

    def finish(self) -> None:
        """Bring labels, campaigns and kept counts up to date, and the revision where the public page changed."""
        if self._decided_on:
            labels.follow(self._decided_on, self.by.prepared)
            db.session.execute(delete(Claim).where(Claim.comment_id.in_(self._decided_on)))
            campaigns.follow(self._decided_on)
        for article_id in sorted(self._moved.keys() | self._checks.keys()):
            moved = {status: n for status, n in self._moved[article_id].items() if n}
            values: dict[Any, Any] = {_COUNTED[status]: _COUNTED[status] + n for status, n in moved.items()}
            if self._checks[article_id]:
                values[Article.check_count] = Article.check_count + self._checks[article_id]
            if Status.APPROVED in self._moved[article_id]:
                values[Article.revision] = Article.revision + 1
            if values:
                db.session.execute(
                    update(Article)
                    .where(Article.id == article_id)
                    .values(values)
                    .execution_options(synchronize_session=False)
                )
        counts = {
            article_id: {f"{status}_count": n for status, n in self._moved[article_id].items()}
            | {"check_count": self._checks[article_id]}
            for article_id in self._moved.keys() | self._checks.keys()
        }
        tallies.add(counts)

    def _check(self, row: Seen, action: Action, undoes: Decision | None) -> float | None:
        """A person's decision answers the spot check, and taking it back asks again; the policy's may be drawn."""
        asked: float | None = row.check_chance
        if undoes is not None and undoes.sampling_probability is not None:
            return undoes.sampling_probability
        if undoes is not None and undoes.moderator_id is None and undoes.to_status is Status.HELD:
            return asked  # what the policy held since, as readers reported it, answered nothing
        if self.by.moderator_id is not None:
            return None
        is_final = action in {Action.APPROVE, Action.SPAM} and row.status is Status.HELD
        return self.by.draw() if is_final and asked is None else asked

    def _record(self, row: Seen, action: Action, undoes: Decision | None) -> None:
        decision = Decision(
            comment_id=row.id,
            text_n=row.text_n,
            version=row.version + 1,
            from_status=row.status,
            to_status=action.status,
            action=action,
            moderator_id=self.by.moderator_id,
            decided_at=self.by.now,
            note=self.by.note,
            policy=self.by.policy,
            undoes_id=undoes.id if undoes else None,
            batch=self.by.batch,
            sampling_probability=row.check_chance if self.by.moderator_id else None,
        )
        db.session.add(decision)
        db.session.flush()
        self.decisions.append(decision.id)
        self._decided_on.append(row.id)

    def _date_the_address(self, comment_id: int, status: Status) -> None:
        """An unwelcome comment's address goes on a day that moving it about does not put off."""
        day = self.by.now + timedelta(days=self.by.keep_days)
        until = Contact.address_no_later_than(day) if status in _UNWELCOME else None
        db.session.execute(
            update(Contact)
            .where(Contact.comment_id == comment_id)
            .values(address_until=until)
            .execution_options(synchronize_session=False)
        )
