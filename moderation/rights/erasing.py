"""Erasing comments for good: every table, in one transaction for some of them at a time, with a receipt.

What a page still held in memory is dropped by the server itself within a minute, and what the database's file still
holds in its free pages is cleaned by `scrub`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, delete, func, select, true, update

from models import (
    Article,
    Base,
    Comment,
    CommentText,
    Decision,
    DecisionReason,
    Event,
    Figure,
    Likeness,
    Rule,
    db,
    writing,
)
from moderation import campaigns, learning, search, tallies, workload
from moderation.learning import figures
from moderation.rights.residue import mark
from moderation.rights.tables import DELETED, TREATED
from moderation.threads.shelf import ERASED
from moderation.trail.words import FREE_WORDS
from moderation.vocabulary import Status

BATCH = 100
_NAME_HOSTS = (workload.NAME, figures.STANDING)


@dataclass(frozen=True, slots=True)
class Line:
    """One table: how many rows of it changed or went, and what was done."""

    table: str
    rows: int
    what: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased: the comments by number, a line for every table, and the classifiers that had known them."""

    comments: tuple[int, ...]
    lines: tuple[Line, ...]
    withdrawn: tuple[str, ...] = ()


def erase(
    comment_ids: Sequence[int],
    now: datetime,
    why: str,
    *,
    by: int | None = None,
    keep_labels: bool = False,
    only: ColumnElement[bool] | None = None,
) -> Receipt:
    """Erase these comments. Of those whose words are gone already (emptied spam, retention) it takes what was left.

    Parameters
    ----------
    why
        For the trail, in words of ours: "asked by address", "retention".
    by
        The moderator who does it, if one does.
    keep_labels
        Keep what was learned of them: hashed features, no words. Retention does, a person's wish does not.
    only
        What a comment has to be when its turn comes: somebody may have decided on it since it was found.
    """
    rows: Counter[str] = Counter()
    done: list[int] = []
    withdrawn: list[str] = []
    wanted = sorted(set(comment_ids))
    for start in range(0, len(wanted), BATCH):
        with writing():
            erasing = Erasing(wanted[start : start + BATCH], now, rows, keep_labels=keep_labels, only=only)
            withdrawn += erasing.run()
            done += erasing.done
            if erasing.done:
                detail = {"why": why, "comments": erasing.done if why != "retention" else len(erasing.done)}
                db.session.add(Event(happened_at=now, moderator_id=by, kind=ERASED, detail=detail))
                mark(now)
    rows["classifier"] = len(withdrawn)
    lines = tuple(Line(table, rows[table], what) for table, what in TREATED.items() if _is_there(table))
    return Receipt(tuple(done), lines, tuple(withdrawn))


class Erasing:
    """One transaction's comments.

    Attributes
    ----------
    done
        Once it ran: the comments of which something was there to erase.
    """

    def __init__(
        self,
        wanted: Sequence[int],
        now: datetime,
        rows: Counter[str],
        *,
        keep_labels: bool,
        only: ColumnElement[bool] | None = None,
    ) -> None:
        self.now, self.rows, self.keep_labels = now, rows, keep_labels
        self.done: list[int] = []
        self._found = db.session.execute(
            select(Comment.id, Comment.article_id, Comment.status, Comment.check_chance)
            .where(Comment.id.in_(wanted), true() if only is None else only)
            .order_by(Comment.id)
            .with_for_update()
        ).all()

    def run(self) -> list[str]:
        """Erase; returns the classifiers that had known the comments."""
        withdrawn: list[str] = []
        for row in (each for each in self._found if each.status is Status.ERASED):
            before = self.rows.total()
            self.ids = [row.id]
            withdrawn += self._forget_the_rest()
            self.done += self.ids if self.rows.total() > before else []
        fresh = [each for each in self._found if each.status is not Status.ERASED]
        if fresh:
            self.ids = [row.id for row in fresh]
            withdrawn += self._forget_the_rest()
            self._empty_comments()
            self._forget_words()
            self._do("figure", delete(Figure).where(Figure.name.in_(_NAME_HOSTS)))
            self._recount(fresh)
            self.done = sorted([*self.done, *self.ids])
        return withdrawn

    def _forget_the_rest(self) -> list[str]:
        withdrawn = [] if self.keep_labels else self._unlearn()
        self._forget_what_hangs_on_it()
        self._empty_what_was_typed()
        return withdrawn

    def _unlearn(self) -> list[str]:
        labels = Base.metadata.tables["label"]
        count = select(func.count()).select_from(labels).where(labels.c.comment_id.in_(self.ids))
        self.rows["label"] += db.session.scalar(count) or 0
        return learning.forget(self.ids, self.now)

    def _empty_comments(self) -> None:
        emptied = dict.fromkeys(("name", "website", "script", "language", "judged_under"), "")
        nothing = dict.fromkeys(("mark", "check_chance", "proposal"))
        self._do(
            "comment",
            update(Comment)
            .where(Comment.id.in_(self.ids))
            .values(
                status=Status.ERASED,
                version=Comment.version + 1,
                risk=0.0,
                changed_at=self.now,
                **emptied,
                **nothing,
            ),
        )
        self._do(
            "comment_text", update(CommentText).where(CommentText.comment_id.in_(self.ids)).values(text="")
        )

    def _forget_words(self) -> None:
        sketched = select(func.count()).where(Likeness.comment_id.in_(self.ids), Likeness.sketch.is_not(None))
        self.rows["likeness"] += db.session.scalar(sketched) or 0
        campaigns.follow(self.ids)
        self.rows["likeness_place"] += campaigns.forget(self.ids)
        search.forget(self.ids)
        self.rows["comment_search"] += len(self.ids)

    def _forget_what_hangs_on_it(self) -> None:
        tables = Base.metadata.tables
        for name in DELETED:
            if name in tables:
                self._do(name, delete(tables[name]).where(tables[name].c.comment_id.in_(self.ids)))
        self._untie_rules()

    def _untie_rules(self) -> None:
        """A rule about the reader ends with a person's wish; otherwise it goes on until its day, without words."""
        of_these = Rule.comment_id.in_(self.ids)
        if self.keep_labels:
            self._do("rule", update(Rule).where(of_these, Rule.reason != "").values(reason=""))
            return
        about_the_reader = of_these & Rule.fingerprint.is_not(None)
        ended = func.coalesce(Rule.ended_at, self.now)
        ending = update(Rule).where(about_the_reader).values(fingerprint=None, ended_at=ended)
        db.session.execute(ending, execution_options={"synchronize_session": False})
        self._do("rule", update(Rule).where(of_these).values(comment_id=None, reason=""))

    def _empty_what_was_typed(self) -> None:
        decisions = select(Decision.id).where(Decision.comment_id.in_(self.ids))
        noted = Decision.comment_id.in_(self.ids) & (Decision.note != "")
        self._do("decision", update(Decision).where(noted).values(note=""))
        told = DecisionReason.decision_id.in_(decisions) & (DecisionReason.detail != "")
        self._do("reason", update(DecisionReason).where(told).values(detail=""))
        for event in db.session.scalars(select(Event).where(Event.kind == "address revealed")):
            if event.detail.get("comment") in self.ids:
                event.detail = {name: value for name, value in event.detail.items() if name not in FREE_WORDS}
                self.rows["event"] += 1

    def _recount(self, fresh: Sequence[Any]) -> None:
        by_article: dict[int, Counter[str]] = defaultdict(Counter)
        for row in fresh:
            by_article[row.article_id][f"{row.status}_count"] += 1
            by_article[row.article_id]["check_count"] += row.check_chance is not None
        for article_id, counts in sorted(by_article.items()):
            values: dict[str, Any] = {
                name: getattr(Article, name) - count for name, count in counts.items() if count
            }
            if counts["approved_count"]:
                values["revision"] = Article.revision + 1
            self._do("article", update(Article).where(Article.id == article_id).values(values))
        fewer = {number: {name: -n for name, n in counts.items()} for number, counts in by_article.items()}
        tallies.add(fewer)

    def _do(self, table: str, statement: Executable) -> None:
        done = db.session.execute(statement, execution_options={"synchronize_session": False})
        self.rows[table] += max(0, cast("CursorResult[Any]", done).rowcount)


def _is_there(table: str) -> bool:
    return table in Base.metadata.tables or table == search.TABLE
