"""What was acknowledged, beside what the database holds afterwards: nothing lost, doubled or torn."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from drills.house import House
from drills.telling import Telling

_WHOLE = """
    SELECT comment.id, comment_text.text,
           (SELECT count(*) FROM contact WHERE comment_id = comment.id AND sealed_address IS NOT NULL),
           (SELECT count(*) FROM decision WHERE comment_id = comment.id AND to_status = comment.status),
           (SELECT count(*) FROM reason JOIN decision ON decision.id = decision_id
             WHERE comment_id = comment.id AND comment.status <> 'approved'),
           comment.status, comment.path,
           (SELECT count(*) FROM scoring WHERE scoring.comment_id = comment.id),
           (SELECT count(*) FROM decision
             WHERE comment_id = comment.id AND to_status = 'approved' AND moderator_id IS NOT NULL)
      FROM comment LEFT JOIN comment_text ON comment_text.comment_id = comment.id AND n = text_n
"""
_COUNTED = """
    SELECT article.id, approved_count, held_count, spam_count, rejected_count,
           (SELECT count(*) FROM comment WHERE article_id = article.id AND status = 'approved'),
           (SELECT count(*) FROM comment WHERE article_id = article.id AND status = 'held'),
           (SELECT count(*) FROM comment WHERE article_id = article.id AND status = 'spam'),
           (SELECT count(*) FROM comment WHERE article_id = article.id AND status = 'rejected')
      FROM article
"""
_STATUSES = 4


DOOR_SHUT, CUT_OFF = -1, 0
"""Instead of a status: nobody listened, so nothing was sent; and no answer came to what was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a comment: the status, when to try again, and after how many seconds."""

    status: int
    location: str = ""
    retry_after: str = ""
    seconds: float = 0.0

    @property
    def comment_id(self) -> int:
        """The comment that was acknowledged, 0 where none was."""
        place = self.location.rpartition("#comment-")[2]
        return int(place) if self.status == 303 and place.isdigit() else 0

    @property
    def is_in_order(self) -> bool:
        """Whether a reader should ever see such an answer."""
        return self.status in {DOOR_SHUT, CUT_OFF, 200, 303} or 400 <= self.status < 500 or self.is_put_off

    @property
    def is_put_off(self) -> bool:
        """Whether it asks to come back later, and says when."""
        return self.status == 503 and self.retry_after.isdigit()


@dataclass
class Ledger:
    """Every comment that was sent, and what was answered; used by many threads at once."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    door_was_shut: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, words: str, answer: Answer) -> None:
        """One comment was sent, and this came back."""
        if answer.status == DOOR_SHUT:
            with self._lock:
                self.door_was_shut += 1
            return
        with self._lock:
            self.sent.add(words)
            self.answers[answer.status] += 1
            self.slowest = max(self.slowest, answer.seconds)
            if not answer.is_in_order:
                self.wrong.append(f"{answer.status}, Retry-After {answer.retry_after!r}")
            if answer.status == 303:
                before = self.acknowledged.setdefault(words, answer.comment_id)
                if before != answer.comment_id or not before:
                    self.wrong.append(f"one comment was told two numbers: {before} and {answer.comment_id}")

    @property
    def told(self) -> str:
        """The answers, counted."""
        names = {CUT_OFF: "cut off"}
        return ", ".join(
            f"{names.get(status, status)} × {count}" for status, count in sorted(self.answers.items())
        )

    def compare(
        self, house: House, tell: Telling, *, is_complete: bool = False, was_killed: bool = False
    ) -> None:
        """Tell what the database holds of it.

        Parameters
        ----------
        is_complete
            Everybody tried until they got an answer: whatever was sent has to be there.
        was_killed
            A server went away on the way, so that some got no answer; else everybody must have got one.
        """
        found: dict[str, list[int]] = defaultdict(list)
        torn = unseen = 0
        for number, text, contacts, decisions, reasons, status, path, scores, by_people in house.rows(_WHOLE):
            found[text].append(number)
            is_whole = contacts == 1 and decisions == 1 and path.endswith(f"{number:010d}")
            torn += not is_whole or not text or (status != "approved" and not reasons and not by_people)
            unseen += status == "approved" and not scores and not by_people
        lost = [words for words, number in self.acknowledged.items() if number not in found.get(words, ())]
        missing = [words for words in self.sent if words not in found] if is_complete else []
        doubled = [words for words in self.sent if len(found.get(words, ())) > 1]
        miscounted = [
            row[0] for row in house.rows(_COUNTED) if row[1 : 1 + _STATUSES] != row[1 + _STATUSES :]
        ]
        soundness = integrity(house)
        tell.saw(
            f"{len(self.acknowledged)} acknowledged: {len(lost)} lost, {len(doubled)} doubled, {torn} torn,"
            f" {unseen} published unseen, integrity {soundness}; answers {self.told or 'none'}"
        )
        tell.expect(bool(self.acknowledged), "nothing was acknowledged, so nothing was tried")
        tell.expect(not lost, f"lost: {lost[:3]}")
        tell.expect(not missing, f"sent until it was answered, and not there: {missing[:3]}")
        tell.expect(not doubled, f"doubled: {doubled[:3]}")
        tell.expect(not torn, f"{torn} comments lack a part of theirs")
        tell.expect(not unseen, f"{unseen} comments were published that neither classifier nor person saw")
        tell.expect(not miscounted, f"articles whose counts are wrong: {miscounted}")
        tell.expect(soundness == "ok", f"integrity: {soundness}")
        tell.expect(not self.wrong, f"answers that should not be: {Counter(self.wrong).most_common(3)}")
        tell.expect("Traceback" not in house.logged(), "a traceback is in the log")
        if not was_killed:
            unanswered = self.answers[CUT_OFF], self.door_was_shut
            tell.expect(not any(unanswered), f"(cut off, turned away at a shut door): {unanswered}")


def integrity(house: House) -> str:
    """`ok`, or what the database says is wrong with it."""
    if (
        not house.is_sqlite
    ):  # every index of PostgreSQL is read whole by a sum over it; its checksums do the rest
        return "ok" if house.rows("SELECT count(*), sum(length(mark)) FROM comment") else "unreadable"
    said = [str(row[0]) for row in house.rows("PRAGMA integrity_check(3)")]
    strays = house.rows("PRAGMA foreign_key_check")
    return "ok" if said == ["ok"] and not strays else f"{said} {strays[:3]}"
