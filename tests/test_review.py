"""Max decides, is overtaken, and takes back what he did: the story behind the desk."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from models import Article, Comment, CommentText, Contact, Decision, DecisionReason, Scoring, db, writing
from moderation import learning, moderators, policy
from moderation.errors import NotFound, Refused, Stale
from moderation.intake import Circumstances
from moderation.parts import parts
from moderation.review import Outcome, Review, Target, deciding, listing
from moderation.review.wishes import SORTS, Wish
from moderation.vocabulary import Action, Mode, Reason, ReasonCode, Role, Status
from tests.conftest import NOON, PASSWORD, add_article

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """A house where every comment waits for a person."""
    return make_app(hold_everything=True)


@pytest.fixture
def review(context: Flask) -> Review:
    add_article(context)
    return parts().review


@pytest.fixture
def max_(review: Review) -> int:
    return moderators.add("max", Role.MODERATOR, PASSWORD, NOON)


@pytest.fixture
def root(review: Review) -> int:
    return moderators.add("root", Role.ADMIN, PASSWORD, NOON)


def arrived(text: str = "The boat was late.", status: Status = Status.HELD, **fields: str) -> int:
    """A comment that came in and stands at this status by the policy's word."""
    typed = {"comment": text, "author": "Ada", "email": "ada@example.org", **fields}
    number = parts().intake.submit(1, typed, Circumstances("203.0.113.0/24", form_age=60), NOON).comment_id
    current = comment(number).status
    if current is not status:
        action = next(action for action in Action if action.status is status)
        parts().review.decide(None, action, [Target(number, 1)], NOON)
    return number


def comment(number: int) -> Comment:
    return db.session.scalars(
        select(Comment).where(Comment.id == number).execution_options(populate_existing=True)
    ).one()


def article() -> Article:
    return db.session.scalars(select(Article).execution_options(populate_existing=True)).one()


def seen(number: int) -> Target:
    return Target(number, comment(number).version)


def decisions(number: int) -> list[Decision]:
    return list(
        db.session.scalars(
            select(Decision)
            .where(Decision.comment_id == number)
            .order_by(Decision.id)
            .execution_options(populate_existing=True)
        )
    )


def address_until(number: int) -> datetime | None:
    return db.session.scalar(select(Contact.address_until).where(Contact.comment_id == number))


def kept_counts() -> dict[Status, int]:
    """What the article counts, which is what the desk counts."""
    row = article()
    kept = {
        Status.HELD: row.held_count,
        Status.SPAM: row.spam_count,
        Status.REJECTED: row.rejected_count,
        Status.APPROVED: row.approved_count,
    }
    totals = parts().review.totals().counts
    assert {**kept, "check": row.check_count} == {
        **{each: totals[each] for each in kept},
        "check": totals["check"],
    }
    return kept


def true_counts() -> dict[Status, int]:
    counted = dict.fromkeys(kept_counts(), 0)
    counted.update(db.session.execute(select(Comment.status, func.count()).group_by(Comment.status)).all())
    return counted


@pytest.fixture
def queries(review: Review) -> Iterator[list[str]]:
    """The statements that the database is asked, as they are asked."""
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_decision_changes_status_version_and_times_and_leaves_its_line(review: Review, max_: int) -> None:
    number = arrived()
    before = comment(number).version
    outcome = review.decide(max_, Action.APPROVE, [seen(number)], LATER, note="A fair point.")
    row, last = comment(number), decisions(number)[-1]
    assert outcome == Outcome(done=(number,), decisions=(last.id,))
    assert (row.status, row.version, row.changed_at) == (Status.APPROVED, before + 1, LATER)
    assert (last.from_status, last.to_status, last.action) == (Status.HELD, Status.APPROVED, Action.APPROVE)
    assert (last.moderator_id, last.decided_at, last.note, last.text_n) == (max_, LATER, "A fair point.", 1)
    assert (last.version, last.policy, last.batch) == (row.version, "", None)


@pytest.mark.parametrize("first", list(Action))
@pytest.mark.parametrize("second", list(Action))
def test_counts_are_true_after_any_two_decisions_an_undo_and_its_undoing(
    review: Review, max_: int, first: Action, second: Action
) -> None:
    number = arrived(status=Status.APPROVED)
    arrived("Another one that stays.")
    for action in (first, second):
        review.decide(max_, action, [seen(number)], LATER)
        assert kept_counts() == true_counts()
    for _ in range(2):
        review.undo(decisions(number)[-1].id, max_, LATER)
        assert kept_counts() == true_counts()
    assert comment(number).status is second.status


def test_the_articles_revision_grows_exactly_when_its_public_page_changes(review: Review, max_: int) -> None:
    number = arrived()
    steps = [(Action.SPAM, 0), (Action.APPROVE, 1), (Action.REJECT, 1), (Action.HOLD, 0)]
    for action, growth in steps:
        before = article().revision
        review.decide(max_, action, [seen(number)], LATER)
        assert article().revision == before + growth, action


def test_of_two_moderators_one_decides_and_the_other_is_told_who(
    review: Review, max_: int, root: int
) -> None:
    number = arrived()
    shown = seen(number)
    review.decide(max_, Action.SPAM, [shown], LATER)
    outcome = review.decide(root, Action.APPROVE, [shown], LATER)
    assert outcome.done == ()
    (standing,) = outcome.stale
    assert (standing.comment_id, standing.status, standing.decided_by) == (number, Status.SPAM, "max")
    assert comment(number).status is Status.SPAM
    assert len(decisions(number)) == 2  # the policy's, and max's


def test_two_moderators_at_the_same_moment(context: Flask, review: Review, max_: int, root: int) -> None:
    number = arrived()
    shown, start = seen(number), threading.Barrier(2)

    def press(moderator_id: int, action: Action) -> Outcome:
        with context.app_context():
            start.wait()
            try:
                return review.decide(moderator_id, action, [shown], LATER)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(press, (max_, root), (Action.APPROVE, Action.SPAM)))
    db.session.rollback()  # look again, at what is true now
    assert sorted(len(outcome.done) for outcome in outcomes) == [0, 1]
    assert sorted(len(outcome.stale) for outcome in outcomes) == [0, 1]
    last = decisions(number)[-1]
    assert last.to_status is comment(number).status
    assert last.moderator_id == (max_ if outcomes[0].done else root)
    assert kept_counts() == true_counts()


def test_a_stale_comment_in_a_bulk_is_left_alone_and_the_rest_is_done(
    review: Review, max_: int, root: int
) -> None:
    numbers = [arrived(f"Comment number {n}.") for n in range(4)]
    shown = [seen(number) for number in numbers]
    review.decide(root, Action.SPAM, [shown[1]], LATER)
    outcome = review.decide(max_, Action.APPROVE, shown, LATER, batch="b" * 32)
    assert outcome.done == (numbers[0], numbers[2], numbers[3])
    assert [standing.comment_id for standing in outcome.stale] == [numbers[1]]
    assert comment(numbers[1]).status is Status.SPAM
    batches = [decisions(number)[-1].batch for number in numbers]
    assert batches == ["b" * 32, None, "b" * 32, "b" * 32]
    assert kept_counts() == true_counts()


def test_ids_that_no_comment_has_and_ids_named_twice(review: Review, max_: int) -> None:
    number = arrived()
    target = seen(number)
    outcome = review.decide(
        max_, Action.APPROVE, [target, target, Target(999, 1), Target(2**40, 1), Target(0, 1)], LATER
    )
    assert outcome.done == (number,)
    assert outcome.unknown == (0, 999, 2**40)
    assert [each.to_status for each in decisions(number)][-1] is Status.APPROVED
    assert review.decide(max_, Action.APPROVE, [], LATER) == Outcome()


def test_holding_what_is_held_changes_nothing_and_is_no_fault(review: Review, max_: int) -> None:
    number = arrived()
    before, target = decisions(number), seen(number)
    assert review.decide(max_, Action.HOLD, [target], LATER).done == (number,)
    assert [each.id for each in decisions(number)] == [each.id for each in before]
    assert seen(number) == target


def test_a_person_who_confirms_the_policy_leaves_a_decision_once(
    review: Review, max_: int, root: int
) -> None:
    number = arrived(status=Status.SPAM)
    revision = article().revision
    first = review.decide(max_, Action.SPAM, [seen(number)], LATER)
    assert len(first.decisions) == 1
    last = decisions(number)[-1]
    assert (last.from_status, last.to_status, last.moderator_id) == (Status.SPAM, Status.SPAM, max_)
    second = review.decide(root, Action.SPAM, [seen(number)], LATER)
    assert second.done == (number,)
    assert second.decisions == ()
    assert article().revision == revision
    assert kept_counts() == true_counts()


def test_the_policy_does_not_confirm_itself(review: Review) -> None:
    number = arrived(status=Status.APPROVED)
    assert review.decide(None, Action.APPROVE, [seen(number)], LATER).decisions == ()


def test_undo_is_a_new_decision_that_names_the_one_it_takes_back(
    review: Review, max_: int, root: int
) -> None:
    number = arrived()
    (made,) = review.decide(max_, Action.REJECT, [seen(number)], LATER).decisions
    (undone,) = review.undo(made, root, LATER + timedelta(hours=1)).decisions
    last = decisions(number)[-1]
    assert (last.id, last.undoes_id, last.moderator_id) == (undone, made, root)
    assert (last.from_status, last.to_status, last.action) == (Status.REJECTED, Status.HELD, Action.HOLD)
    assert comment(number).status is Status.HELD


def test_undoing_an_undo_brings_the_decision_back(review: Review, max_: int) -> None:
    number = arrived()
    (made,) = review.decide(max_, Action.APPROVE, [seen(number)], LATER).decisions
    (undone,) = review.undo(made, max_, LATER).decisions
    review.undo(undone, max_, LATER)
    assert comment(number).status is Status.APPROVED
    assert kept_counts() == true_counts()


def test_what_is_to_be_undone_once_is_not_done_again(review: Review, max_: int, root: int) -> None:
    number = arrived()
    (made,) = review.decide(max_, Action.APPROVE, [seen(number)], LATER).decisions
    (undone,) = review.undo(made, max_, LATER, is_once=True).decisions
    assert review.undo(undone, max_, LATER, is_once=True) == Outcome()
    assert comment(number).status is Status.HELD
    review.decide(root, Action.SPAM, [seen(number)], LATER)
    with pytest.raises(Stale, match="root made it spam"):
        review.undo(undone, max_, LATER, is_once=True)


def test_only_the_newest_decision_can_be_undone(review: Review, max_: int, root: int) -> None:
    number = arrived()
    (old,) = review.decide(max_, Action.APPROVE, [seen(number)], LATER).decisions
    review.decide(root, Action.SPAM, [seen(number)], LATER)
    with pytest.raises(Stale, match="root made it spam"):
        review.undo(old, max_, LATER)
    assert comment(number).status is Status.SPAM


def test_the_verdict_on_arrival_and_unknown_decisions_cannot_be_undone(review: Review, max_: int) -> None:
    number = (
        parts()
        .intake.submit(
            1,
            {"comment": "Good evening.", "author": "Ada", "email": "ada@example.org"},
            Circumstances("203.0.113.0/24", form_age=60),
            NOON,
        )
        .comment_id
    )
    (first,) = decisions(number)
    with pytest.raises(Refused, match="nothing before it"):
        review.undo(first.id, max_, LATER)
    for unknown in (999, 0, -1, 2**40):
        with pytest.raises(NotFound):
            review.undo(unknown, max_, LATER)


def test_an_erased_comment_is_decided_on_no_more(review: Review, max_: int) -> None:
    number = arrived()
    (made,) = review.decide(max_, Action.APPROVE, [seen(number)], LATER).decisions
    with writing():
        comment(number).status = Status.ERASED
    outcome = review.decide(max_, Action.SPAM, [seen(number)], LATER)
    assert [standing.status for standing in outcome.stale] == [Status.ERASED]
    with pytest.raises(Stale):
        review.undo(made, max_, LATER)
    assert not review.file(number).comment.can_undo


def test_the_address_of_an_unwelcome_comment_gets_its_day_and_keeps_it(review: Review, max_: int) -> None:
    number = arrived()
    assert address_until(number) is None
    review.decide(max_, Action.REJECT, [seen(number)], LATER)
    day = LATER + timedelta(days=90)
    assert address_until(number) == day
    review.decide(max_, Action.SPAM, [seen(number)], LATER + timedelta(days=80))
    assert address_until(number) == day
    (made,) = review.decide(max_, Action.APPROVE, [seen(number)], LATER).decisions
    assert address_until(number) is None
    review.undo(made, max_, LATER + timedelta(days=1))
    assert address_until(number) == day + timedelta(days=1)


def test_children_stay_where_they_are(review: Review, max_: int) -> None:
    parent = arrived(status=Status.APPROVED)
    child = arrived("I agree.", status=Status.APPROVED, comment_parent=str(parent))
    before = comment(child)
    path, version = before.path, before.version
    review.decide(max_, Action.SPAM, [seen(parent)], LATER)
    after = comment(child)
    assert (after.status, after.path, after.version) == (Status.APPROVED, path, version)


def test_the_queue_tells_what_a_decision_needs(review: Review, max_: int) -> None:
    parent = arrived("Does the <b>seven o'clock</b> boat sail?", status=Status.APPROVED)
    arrived("<script>alert(1)</script> It does.", comment_parent=str(parent), url="https://example.org/ada")
    (entry,) = review.queue().entries
    assert entry.text == "<script>alert(1)</script> It does."
    assert (entry.name, entry.website) == ("Ada", "https://example.org/ada")
    assert (entry.article_key, entry.article_title) == ("the-ferry", "The ferry")
    assert entry.parent is not None
    assert (entry.parent.id, entry.parent.excerpt) == (parent, "Does the seven o'clock boat sail?")
    assert entry.decided_by == "the policy"
    assert entry.reasons[0] == "The site lets every comment wait."
    assert entry.score is not None
    assert 0 < entry.score < 1
    assert entry.classifier_version.startswith("base-")


def test_reasons_are_the_policys_newest_in_plain_words(review: Review, max_: int) -> None:
    number = arrived()
    newest = decisions(number)[-1]
    with writing() as session:
        session.add(DecisionReason(decision_id=newest.id, position=7, code="links", detail="3"))
        session.add(DecisionReason(decision_id=newest.id, position=8, code="from-tomorrow", detail="x"))
    review.decide(max_, Action.SPAM, [seen(number)], LATER)
    (entry,) = review.waiting([number])
    assert entry.reasons[-2:] == (policy.sentence(Reason(ReasonCode.LINKS, "3")), "from-tomorrow x")


def test_addresses_that_slipped_in_are_masked_on_the_desk(review: Review) -> None:
    number = arrived()
    with writing():
        row = comment(number)
        row.name, row.website = "ada@example.org", "https://ada@example.org"
        text = db.session.get_one(CommentText, (number, 1))
        text.text = "Write to ada@example.org, " + "x " * 1_990 + "ada@example.org and more " * 90
    (entry,) = review.waiting([number])
    file = review.file(number)
    told = repr(entry) + repr(file)
    assert "@example" not in told
    assert entry.is_cut
    assert len(entry.text) <= listing.SHOWN + 2
    assert not file.comment.is_cut


def test_pages_go_by_key_in_every_order_and_show_each_comment_once(review: Review) -> None:
    with writing() as session:
        for n in range(1, 121):
            status = (Status.HELD, Status.SPAM, Status.APPROVED)[n % 3]
            session.add(
                Comment(
                    article_id=1,
                    name=f"Reader {n}",
                    status=status,
                    risk=float(n % 7) / 3,
                    arrived_at=NOON,
                    changed_at=NOON,
                )
            )
        session.flush()
        session.add_all(CommentText(comment_id=n, n=1, text="Hm.", written_at=NOON) for n in range(1, 121))
    for view, count in (("held", 40), ("spam", 40), ("rejected", 0), ("approved", 40), ("all", 120)):
        for sort in ("risk", "oldest", "newest"):
            entries = walked(review, view=view, sort=sort)
            assert len(entries) == len(set(entries)) == count, (view, sort)
            if sort != "risk":
                assert entries == sorted(entries, reverse=sort == "newest")
    risks = [comment(number).risk for number in walked(review, view="all", sort="risk")]
    assert risks == sorted(risks, reverse=True)


def walked(review: Review, **asked: str) -> list[int]:
    """Ids on all pages of a view, one page after the other."""
    page = review.queue(**asked)
    found = [entry.id for entry in page.entries]
    while page.after:
        page = review.queue(**asked, after=page.after)
        found += [entry.id for entry in page.entries]
    return found


@pytest.mark.parametrize(
    "junk",
    [
        {"view": "everything", "sort": "sideways"},
        {"view": "HELD' --", "after": "1;drop"},
        {"after": "nan~1"},
        {"after": "inf~1"},
        {"after": "1e999~1"},
        {"after": "0.0~99999999999"},
        {"after": "0.0~²"},
        {"after": "~"},
        {"q": "\x00\ud800" + "x" * 10_000},
    ],
)
def test_junk_in_the_address_means_the_default(review: Review, junk: dict[str, str]) -> None:
    number = arrived()
    page = review.queue(**junk)
    assert (page.view, page.sort) == ("held", "oldest")
    if "q" not in junk:
        assert [entry.id for entry in page.entries] == [number]


def test_the_queue_finds_words_in_name_text_website_and_title(review: Review) -> None:
    first = arrived("The ПАРОМ was late, 100% sure.")
    second = arrived("A quiet evening.", author="Lotte", url="https://lotte.example.org")
    assert [entry.id for entry in review.queue(q="паром").entries] == [first]
    assert [entry.id for entry in review.queue(q="100%").entries] == [first]
    assert [entry.id for entry in review.queue(q="LOTTE.example").entries] == [second]
    assert len(review.queue(q="ferry").entries) == 2
    assert review.queue(q="_").entries == ()
    assert review.queue(q="ada@example.org").entries == ()


def test_a_search_reads_a_bounded_window_and_says_where_to_go_on(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "WINDOW", 3)
    numbers = [arrived(f"Comment {'needle' if n in (1, 4) else 'hay'} {n}.") for n in range(5)]
    page = review.queue(q="needle")
    assert [entry.id for entry in page.entries] == [numbers[1]]
    assert page.after
    rest = review.queue(q="needle", after=page.after)
    assert [entry.id for entry in rest.entries] == [numbers[4]]
    assert rest.after is None


@pytest.mark.parametrize("sort", SORTS)
def test_nothing_is_passed_over_from_one_step_through_a_window_to_the_next(
    review: Review, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    for n in range(7):
        arrived(f"Comment {'needle' if n % 3 else 'hay'} {n}{'!' * n}")
    at_once = review.queue(q="needle", sort=sort)
    assert len(at_once.entries) == 4
    monkeypatch.setattr(listing, "_LOOKED_AT_FIRST", 1)
    assert review.queue(q="needle", sort=sort).entries == at_once.entries


def rated(number: int, risk: float) -> None:
    """As if the classifier had said so."""
    with writing() as session:
        session.execute(update(Comment).where(Comment.id == number).values(risk=risk))


def test_risks_that_are_rounded_to_the_same_distance_are_all_seen_most_doubtful_first(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    low, middle = 0.01, -review.scorer.shift
    high = math.nextafter(low, 1)
    assert abs(low - middle) == abs(high - middle)
    numbers = [arrived(f"Comment {n}{'!' * n}.") for n in range(8)]
    for n, number in enumerate(numbers):
        rated(number, low if n % 2 else high)
    monkeypatch.setattr(listing, "PAGE", 3)
    seen_so_far, after = [], ""
    while True:
        page = review.queue(sort="doubtful", after=after)
        seen_so_far += [entry.id for entry in page.entries]
        if not (after := page.after or ""):
            break
    assert sorted(seen_so_far) == numbers


def test_what_changes_its_place_between_two_steps_stands_there_once(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [arrived(f"Comment {n}{'!' * n}.") for n in range(3)]
    for n, number in enumerate(numbers):
        rated(number, -5.0 + n)
    ask = listing.candidates

    def others_score_meanwhile(wish: Wish, *rest: Any) -> Any:
        if wish.after:
            db.session.execute(update(Comment).where(Comment.id == numbers[0]).values(risk=5.0))
        return ask(wish, *rest)

    monkeypatch.setattr(listing, "_LOOKED_AT_FIRST", 1)
    monkeypatch.setattr(listing, "candidates", others_score_meanwhile)
    found = [entry.id for entry in review.queue(q="comment", sort="fine").entries]
    assert found == numbers


def test_counts_come_from_what_articles_keep(review: Review, max_: int) -> None:
    for number, action in zip([arrived(f"Number {n}.") for n in range(4)], Action, strict=True):
        review.decide(max_, action, [seen(number)], LATER)
    kept = {"held": 1, "check": 0, "spam": 1, "rejected": 1, "approved": 1, "all": 4}
    assert review.counts() == kept


def test_a_page_of_the_queue_costs_the_same_few_queries_however_much_it_shows(
    review: Review, queries: list[str]
) -> None:
    costs = []
    for n in range(3):
        arrived(f"Number {n}.")
        review.queue()  # now and then the scorer asks what is new as well
        queries.clear()
        review.queue()
        costs.append(len([each for each in queries if each.startswith("SELECT")]))
    assert costs[0] == costs[1] == costs[2] <= 7


def test_a_comments_file_tells_its_whole_history(review: Review, max_: int, root: int) -> None:
    number = arrived()
    (made,) = review.decide(max_, Action.REJECT, [seen(number)], LATER, note="Rude.").decisions
    (undone,) = review.undo(made, root, LATER).decisions
    file = review.file(number)
    assert [entry.who for entry in file.history][-2:] == ["max", "root"]
    rejected, taken_back = file.history[-2:]
    assert (rejected.id, rejected.undone_by, rejected.note) == (made, undone, "Rude.")
    assert (taken_back.undoes, taken_back.to_status) == (made, Status.HELD)
    assert [text.text for text in file.texts] == ["The boat was late."]
    assert file.comment.can_undo
    assert file.replies == 0


def test_what_weighs_in_a_score_adds_up_to_it(review: Review) -> None:
    number = arrived("Great casino bonus at http://win.example.net, friends, and a long story besides.")
    file = review.file(number)
    (scoring,) = file.scorings
    total = file.bench.bias + file.bench.others + sum(each.log_odds for each in file.bench.contributions)
    assert total == pytest.approx(scoring.log_odds, abs=1e-9)
    weights = [abs(each.log_odds) for each in file.bench.contributions]
    assert weights == sorted(weights, reverse=True)
    assert scoring.score == file.comment.score


def test_without_a_classifier_the_desk_still_works(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    number = arrived()
    monkeypatch.setattr(learning.Scorer, "classifier", None)
    file = review.file(number)
    assert file.bench.contributions == ()
    assert file.comment.score is not None  # what was said before still stands


def test_a_comment_that_was_never_scored_says_so(review: Review) -> None:
    number = arrived()
    with writing() as session:
        session.execute(Scoring.__table__.delete())
    assert review.waiting([number])[0].score is None


def test_there_is_no_file_for_a_comment_that_is_not_there(review: Review) -> None:
    for unknown in (999, 0, -1, 2**40):
        with pytest.raises(NotFound):
            review.file(unknown)
    assert review.waiting([]) == []


def test_an_article_that_holds_all_keeps_its_mode_through_decisions(review: Review, max_: int) -> None:
    with writing():
        article().mode = Mode.HOLDING
    number = arrived()
    review.decide(max_, Action.APPROVE, [seen(number)], LATER)
    assert article().mode is Mode.HOLDING


def test_a_bulk_is_taken_back_in_one_go_by_decisions_that_name_theirs(
    review: Review, max_: int, root: int
) -> None:
    numbers = [arrived(f"Comment number {n}.") for n in range(3)]
    made = review.decide(max_, Action.SPAM, [seen(number) for number in numbers], LATER, batch="a").decisions
    review.decide(root, Action.APPROVE, [seen(numbers[0])], LATER)
    outcome = review.undo_batch(made[2], max_, LATER, batch="b")
    assert outcome.done == (numbers[1], numbers[2])
    assert [standing.decided_by for standing in outcome.stale] == ["root"]
    assert [decisions(number)[-1].undoes_id for number in numbers[1:]] == list(made[1:])
    assert {decisions(number)[-1].batch for number in numbers[1:]} == {"b"}
    assert kept_counts() == true_counts()
    redone = review.undo_batch(outcome.decisions[0], max_, LATER, batch="c")
    assert redone.done == (numbers[1], numbers[2])
    assert comment(numbers[1]).status is Status.SPAM
    assert review.undo_batch(made[0], max_, LATER, batch="d").done == ()


def test_only_what_was_decided_in_bulk_is_undone_in_bulk(review: Review, max_: int) -> None:
    (made,) = review.decide(max_, Action.SPAM, [seen(arrived())], LATER).decisions
    for decision in (made, 999, 2**40):
        with pytest.raises(NotFound):
            review.undo_batch(decision, max_, LATER, batch="b")


def test_a_change_between_looking_and_writing_is_noticed_by_the_database(
    review: Review, max_: int, root: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = arrived()
    look, earlier = deciding.seen_now, deciding.seen_now([number])
    (made,) = review.decide(max_, Action.SPAM, [Target(number, 1)], LATER).decisions
    looks = iter([earlier])
    monkeypatch.setattr(deciding, "seen_now", lambda ids: next(looks, None) or look(ids))
    outcome = review.decide(root, Action.APPROVE, [Target(number, 1)], LATER)
    assert [standing.decided_by for standing in outcome.stale] == ["max"]
    looks = iter([earlier])
    with pytest.raises(Stale, match="max made it spam"):
        review.undo(made, root, LATER)
    assert comment(number).status is Status.SPAM
    assert len(decisions(number)) == 2
    assert kept_counts() == true_counts()
