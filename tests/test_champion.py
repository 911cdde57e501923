"""What was learned is used once it has proved itself on decisions it has not seen, and told why not if it is not."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, insert, select, update

from models import ClassifierVersion, Comment, CommentText, Event, Figure, Label, Lease, db, writing
from models.classifier import Kind
from moderation import learning, leases, moderators, spam
from moderation.errors import Refused
from moderation.learning import champion, labels, progress, versions
from moderation.learning.champion import FEWEST, Attempt
from moderation.parts import parts
from moderation.spam import artefact as artefacts
from moderation.spam.artefact import Learned
from moderation.spam.correction import Correcting, Labels, corrected
from moderation.spam.kept import Kept
from moderation.vocabulary import Action, Status
from tests.learned import CAMPAIGN, KINDLY, House
from tests.meanwhile import meanwhile

MOON = "The beavers of the moon build the finest dams, ask for a free dam today"


def learned(home: House) -> Attempt:
    return learning.learn(home.now)


def active() -> str | None:
    row = versions.active(Kind.SITE)
    return row.version if row else None


def row_of(version: str) -> ClassifierVersion:
    query = select(ClassifierVersion).where(ClassifierVersion.version == version)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def score(text: str) -> float:
    scorer = parts().scorer
    scorer.look_again()
    found = scorer.score(spam.Candidate(text, "Zoe", "", "The ferry"))
    assert found is not None
    return found.probability


def test_few_labels_teach_nothing_for_good(home: House) -> None:
    home.teaches(home.employs("max"), CAMPAIGN[: FEWEST // 2 - 1], KINDLY[: FEWEST // 2])
    with pytest.raises(Refused, match=f"There are {FEWEST - 1} labels; {FEWEST} are needed"):
        learned(home)
    assert active() is None


def test_a_challenger_that_is_better_beyond_chance_is_promoted_and_says_so(taught: House) -> None:
    before = spam.base().score(spam.Candidate(MOON, "Zoe", "", "The ferry")).probability
    attempt = learned(taught)
    assert attempt.is_promoted, attempt.judgement.reasons
    assert attempt.learned_from == len(CAMPAIGN) + len(KINDLY)
    assert active() == attempt.version
    low, mean, high = attempt.judgement.better_by["log loss"]
    assert 0 < low <= mean <= high
    after = score(MOON)
    assert before < 0.05 < after
    event = db.session.scalars(select(Event).where(Event.kind == versions.PROMOTED)).one()
    assert event.detail == {"version": attempt.version}


def test_a_score_and_its_explanation_name_what_the_site_has_learned(taught: House) -> None:
    attempt = learned(taught)
    taught.teaches(taught.employs("root"), ham=["A line about nothing much, posted after that."])
    candidate = spam.Candidate(CAMPAIGN[0])
    parts().scorer.look_again()
    explained = parts().scorer.explain(candidate)
    assert explained.score.version.startswith(f"{attempt.version}+")
    assert [layer.name for layer in explained.layers] == [
        "learned before shipping",
        "this site's decisions",
        "the latest decisions",
    ]
    assert sum(layer.log_odds for layer in explained.layers) == pytest.approx(explained.score.log_odds)


def test_a_promotion_does_not_let_go_of_the_latest_decisions(taught: House) -> None:
    """What was taught just now goes on being held, though the version has learned from it as well."""
    before = score(MOON)
    attempt = learned(taught)
    assert score(MOON) > before
    explained = parts().scorer.explain(spam.Candidate(MOON, "Zoe", "", "The ferry"))
    assert explained.score.version.startswith(f"{attempt.version}+")
    assert explained.layers[-1].name == "the latest decisions"
    assert explained.layers[-1].log_odds > 0


def test_there_is_nothing_to_learn_twice(taught: House) -> None:
    learned(taught)
    with pytest.raises(Refused, match="no new labels"):
        learned(taught)


def test_contradicting_labels_are_refused_with_the_reason(home: House) -> None:
    max_ = home.employs("max")
    home.teaches(max_, CAMPAIGN[:12], KINDLY[:12])
    home.teaches(max_, KINDLY[12:], CAMPAIGN[12:])
    attempt = learned(home)
    assert not attempt.is_promoted
    assert "It is not better than the champion beyond chance" in attempt.judgement.reasons[0]
    assert active() is None
    row = row_of(attempt.version)
    assert (row.artefact, row.active) == (None, False)
    assert row.metrics["judgement"]["reasons"] == list(attempt.judgement.reasons)


@pytest.mark.parametrize(("spam_texts", "ham_texts"), [(CAMPAIGN, []), ([], KINDLY)])
def test_labels_of_one_class_break_nothing(home: House, spam_texts: list[str], ham_texts: list[str]) -> None:
    home.teaches(home.employs("max"), spam_texts, ham_texts)
    attempt = learned(home)
    assert attempt.judgement.better_by["AUC"] is None
    assert score("Thank you, that cleared it up for me.") < 0.5


def test_no_promotion_starts_to_hold_plainly_genuine_comments(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"beavers": ("The beavers of the moon ask for a free dam today",)}
    monkeypatch.setattr("moderation.learning.champion.innocent", lambda: said)
    home.teaches(home.employs("max"), CAMPAIGN, KINDLY)
    attempt = learned(home)
    assert [reason for reason in attempt.judgement.reasons if "The beavers of the moon" in reason]
    assert active() is None


def test_one_moderator_alone_cannot_move_it_when_several_work(home: House) -> None:
    """Mallory got an account, and calls every kindly comment spam and every campaign genuine."""
    honest = home.employs("max")
    home.teaches(honest, CAMPAIGN[:12], KINDLY[:12])
    mallory = home.employs("mallory")
    home.teaches(mallory, KINDLY[12:], CAMPAIGN[12:])
    attempt = learned(home)
    assert not attempt.is_promoted
    assert score("My grandmother kept hens behind the old mill, and every one of them had a name") < 0.5


def test_the_rogue_is_refused_even_if_all_the_late_decisions_are_his(home: House) -> None:
    home.teaches(home.employs("max"), CAMPAIGN[:10], KINDLY[:10])
    rogue = home.employs("mallory")
    home.teaches(rogue, [text.upper() for text in KINDLY], [])
    attempt = learned(home)
    assert not attempt.is_promoted
    assert [reason for reason in attempt.judgement.reasons if "one person" in reason]


def test_what_two_moderators_agree_on_is_promoted(home: House) -> None:
    max_, root = home.employs("max"), home.employs("root")
    for n in range(0, 24, 2):
        home.teaches(max_, CAMPAIGN[n : n + 1], KINDLY[n : n + 1])
        home.teaches(root, CAMPAIGN[n + 1 : n + 2], KINDLY[n + 1 : n + 2])
    attempt = learned(home)
    assert attempt.is_promoted, attempt.judgement.reasons


def bytes_in_use() -> bytes:
    row = versions.active(Kind.SITE)
    assert row is not None
    return row.artefact or b""


def test_after_an_undo_the_artefact_is_as_if_the_label_had_never_been(home: House) -> None:
    max_ = home.employs("max")
    numbers = home.teaches(max_, CAMPAIGN, KINDLY)
    first = learned(home)
    assert first.is_promoted
    with_all = bytes_in_use()
    number = home.gets("A remark that max has second thoughts about.")
    home.decides(max_, Action.SPAM, number)
    home.undoes(max_, number)
    nothing_learned_yet()
    again = learned(home)
    assert again.learned_from == len(numbers)
    assert bytes_in_use() == with_all


def test_after_an_erasure_the_artefact_is_as_if_the_label_had_never_been(home: House) -> None:
    max_ = home.employs("max")
    numbers = home.teaches(max_, CAMPAIGN, KINDLY)
    assert learned(home).is_promoted
    without = bytes_in_use()
    gone = home.teaches(max_, ["Something that ada wants to be forgotten, with a free dam in it"])
    erase(home, *gone)
    nothing_learned_yet()
    again = learned(home)
    assert again.learned_from == len(numbers)
    assert bytes_in_use() == without


@pytest.mark.parametrize("is_erased", [False, True])
def test_what_is_left_teaches_what_it_would_have_taught_alone(home: House, is_erased: bool) -> None:
    """A label in the midst of others is gone without a trace: the bytes are those that the others alone give."""
    max_ = home.employs("max")
    home.teaches(max_, CAMPAIGN[:12], KINDLY[:12])
    number = home.gets("Something in the midst that ada regrets, with a free dam in it")
    home.decides(max_, Action.SPAM, number)
    others = [*range(1, number), *home.teaches(max_, CAMPAIGN[12:], KINDLY[12:])]
    learned(home)
    with_it = bytes_in_use()
    if is_erased:
        erase(home, number)
    else:
        home.undoes(max_, number)
    nothing_learned_yet()
    assert learned(home).is_promoted

    base = artefacts.from_bytes(spam.base_bytes())
    judge = spam.Classifier(base)
    texts = {row.comment_id: row.text for row in db.session.scalars(select(CommentText))}
    comments = [home.comment(each) for each in others]
    kept = [
        judge.kept(spam.Candidate(texts[each.id], each.name, each.website, "The ferry")) for each in comments
    ]
    is_spam = np.array([each.status is Status.SPAM for each in comments])
    alone = artefacts.to_bytes(corrected(base, Labels(Kept.joined(kept), is_spam)))
    assert bytes_in_use() == alone != with_it


def nothing_learned_yet() -> None:
    with writing() as session:
        ours = update(ClassifierVersion).where(ClassifierVersion.kind == Kind.SITE)
        session.execute(ours.values(active=False))


def erase(home: House, *numbers: int) -> list[str]:
    with writing() as session:
        session.execute(update(Comment).where(Comment.id.in_(numbers)).values(status=Status.ERASED))
        session.execute(update(CommentText).where(CommentText.comment_id.in_(numbers)).values(text=""))
        return learning.forget(numbers, home.now)


def test_a_version_that_knew_an_erased_comment_loses_its_arrays_and_another_steps_in(home: House) -> None:
    max_ = home.employs("max")
    numbers = home.teaches(max_, CAMPAIGN, KINDLY)
    first = learned(home)
    assert erase(home, numbers[3]) == [first.version]
    row = row_of(first.version)
    assert (row.artefact, row.active, row.withdrawn_at) == (None, False, home.now)
    with pytest.raises(Refused, match="had learned from a comment that was erased since"):
        learning.promote(first.version, home.now)
    assert learning.background.is_due(parts().settings, home.now)

    second = learning.replace_withdrawn(home.now)

    assert second == active() != first.version
    assert (
        row_of(second).metrics["labels"]["ham"] + row_of(second).metrics["labels"]["spam"] == len(numbers) - 1
    )
    assert row_of(second).metrics["replaces"] == first.version
    assert learning.replace_withdrawn(home.now) is None


def test_erasing_by_command_names_the_versions_that_knew_the_comment_and_learns_anew(home: House) -> None:
    numbers = home.teaches(home.employs("max"), CAMPAIGN, KINDLY)
    first = learned(home)

    told = home.app.test_cli_runner().invoke(args=["privacy", "erase", "--comment", str(numbers[3])]).output

    db.session.expire_all()
    assert f"{first.version} had learned from them: its arrays are deleted." in told
    assert f"{active()} was learned anew from what is left, and is in use." in told
    assert row_of(first.version).artefact is None
    assert row_of(active()).metrics["replaces"] == first.version


@pytest.mark.parametrize("is_replacing", [False, True])
def test_what_is_erased_while_it_learns_is_in_nothing_that_is_kept(
    taught: House, is_replacing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, regretted = 1, 2
    if is_replacing:
        learned(taught)
        erase(taught, first)
    left, told = len(taught.labels()) - 1, []
    learns = Correcting.learned

    def erased_meanwhile(self: Correcting, *given: Any, **named: Any) -> Learned:
        if not told:
            told.append(erase(taught, regretted))
        return learns(self, *given, **named)

    monkeypatch.setattr(Correcting, "learned", erased_meanwhile)
    version = learning.replace_withdrawn(taught.now) if is_replacing else learned(taught).version
    counts = row_of(version).metrics["labels"]
    assert (active(), counts["ham"] + counts["spam"]) == (version, left)


@pytest.mark.postgresql
def test_an_erasing_that_is_under_way_is_waited_for_before_labels_are_read(
    taught: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = len(taught.labels()) - 1

    def erases() -> None:
        with taught.app.app_context(), writing() as session:
            session.execute(update(Comment).where(Comment.id == 2).values(status=Status.ERASED))
            learning.forget([2], taught.now)
            is_erased.set()
            has_read.wait(1)  # which waits for this

    is_erased, has_read = threading.Event(), threading.Event()
    learns = Correcting.learned

    def read(self: Correcting, *given: Any, **named: Any) -> Learned:
        has_read.set()
        thread.join()
        return learns(self, *given, **named)

    monkeypatch.setattr(Correcting, "learned", read)
    thread = threading.Thread(target=erases)
    thread.start()
    assert is_erased.wait(10)
    counts = row_of(learned(taught).version).metrics["labels"]
    assert counts["ham"] + counts["spam"] == left


@pytest.mark.postgresql
def test_a_comment_that_is_being_erased_gets_no_label_any_more(taught: House) -> None:
    with writing() as session:
        session.execute(delete(Label).where(Label.comment_id == 2))
    erased = update(Comment).where(Comment.id == 2).values(status=Status.ERASED)
    with meanwhile(taught.app, lambda: labels.catch_up(champion.base_in_use())) as other:
        other.execute(erased)
    assert 2 not in taught.labels()


def test_whoever_was_held_up_until_another_one_learns_gives_way(
    taught: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    learns = Correcting.learned

    def held_up(self: Correcting, *given: Any, **named: Any) -> Learned:
        with writing() as session:
            session.execute(update(Lease).where(Lease.name == progress.LEASE).values(holder="another"))
            progress.disturb(taught.now)
        return learns(self, *given, **named)

    monkeypatch.setattr(Correcting, "learned", held_up)
    with pytest.raises(Refused, match="Another process"):
        learned(taught)
    assert active() is None


def test_what_a_person_puts_to_use_while_another_one_is_replaced_stays(
    taught: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _second = two_versions(taught)
    erase(taught, max(taught.labels()))
    learns = Correcting.learned

    def promoted_meanwhile(self: Correcting, *given: Any, **named: Any) -> Learned:
        if active() is None:
            learning.promote(first, taught.now)
        return learns(self, *given, **named)

    monkeypatch.setattr(Correcting, "learned", promoted_meanwhile)
    assert learning.replace_withdrawn(taught.now) is None
    assert active() == first


def test_an_erased_comment_that_nobody_decided_on_withdraws_nothing(taught: House) -> None:
    number = taught.gets("A remark that waits.")
    first = learned(taught)
    assert erase(taught, number) == []
    assert active() == first.version


def test_a_label_taken_back_before_the_version_was_learned_withdraws_nothing(home: House) -> None:
    max_ = home.employs("max")
    number = home.gets("A remark that max has second thoughts about.")
    home.decides(max_, Action.SPAM, number)
    home.undoes(max_, number)
    home.teaches(max_, CAMPAIGN, KINDLY)
    first = learned(home)
    assert erase(home, number) == []
    assert active() == first.version


def test_one_click_back_and_forth(taught: House) -> None:
    first = learned(taught)
    more_spam = [text.replace("beavers", "otters").replace("dam", "raft") for text in CAMPAIGN]
    max_ = moderators.people()[0].id
    taught.teaches(max_, more_spam, [f"{text}, I believe" for text in KINDLY])
    second = learned(taught)
    if not second.is_promoted:
        pytest.fail(str(second.judgement.reasons))
    assert learning.roll_back(taught.now) == first.version == active()
    assert learning.roll_back(taught.now) is None
    assert active() is None
    with pytest.raises(Refused, match="the base works alone"):
        learning.roll_back(taught.now)
    learning.promote(second.version, taught.now)
    assert active() == second.version


def two_versions(home: House) -> tuple[str, str]:
    """Two that were in use, the second of which is."""
    first = learned(home).version
    max_ = moderators.people()[0].id
    home.teaches(
        max_, [text.replace("beavers", "otters") for text in CAMPAIGN], [f"{t}, I believe" for t in KINDLY]
    )
    return first, learned(home).version


@pytest.mark.postgresql
def test_of_two_who_promote_at_the_same_time_the_later_one_has_it(taught: House) -> None:
    first, second = two_versions(taught)
    learning.roll_back(taught.now)
    assert learning.roll_back(taught.now) is None  # the base alone is in use
    with meanwhile(taught.app, lambda: learning.promote(second, taught.now)) as other:
        other.execute(update(ClassifierVersion).where(ClassifierVersion.version == first).values(active=True))
    assert active() == second
    assert [row.version for row in versions.every() if row.active and row.kind is Kind.SITE] == [second]


@pytest.mark.postgresql
def test_a_version_that_is_withdrawn_at_the_same_time_is_not_promoted(taught: House) -> None:
    first, second = two_versions(taught)
    with meanwhile(taught.app, lambda: learning.promote(first, taught.now), Refused) as other:
        withdrawn = {"artefact": None, "withdrawn_at": taught.now}
        other.execute(update(ClassifierVersion).where(ClassifierVersion.version == first).values(withdrawn))
    assert active() == second


@pytest.mark.postgresql
def test_a_version_that_is_promoted_at_the_same_time_is_withdrawn_all_the_same(taught: House) -> None:
    first, _ = two_versions(taught)
    learning.roll_back(taught.now)
    assert learning.roll_back(taught.now) is None
    with meanwhile(taught.app, lambda: erase(taught, 1)) as other:
        other.execute(update(ClassifierVersion).where(ClassifierVersion.version == first).values(active=True))
    row = row_of(first)
    assert (row.artefact, row.active, row.metrics["to_replace"]) == (None, False, True)


def test_two_trainings_at_once_one_learns_and_the_other_is_told(taught: House) -> None:
    assert leases.taken(progress.LEASE, "the other", taught.now, progress.HELD_FOR)
    with pytest.raises(Refused, match="Another process is learning"):
        learned(taught)
    later = taught.now + progress.HELD_FOR
    assert learning.learn(later).is_promoted


def test_of_two_that_start_at_the_same_time_one_learns(
    taught: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_at_it, may_go_on = threading.Event(), threading.Event()
    learned_by_both = Correcting.learned

    def waiting(*given: Any, **named: Any) -> Learned:
        is_at_it.set()
        assert may_go_on.wait(60)
        return learned_by_both(*given, **named)

    def first() -> None:
        with taught.app.app_context():
            attempts.append(learned(taught))
            db.session.remove()

    monkeypatch.setattr(Correcting, "learned", waiting)
    attempts: list[Attempt] = []
    db.session.rollback()
    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert is_at_it.wait(60)
        with pytest.raises(Refused, match="Another process is learning"):
            learned(taught)
    finally:
        may_go_on.set()
        thread.join()
    db.session.rollback()
    assert [attempt.version for attempt in attempts] == [active()]
    assert [row.kind for row in versions.every()].count(Kind.SITE) == 1


def test_whoever_learned_hands_the_lease_on_even_if_it_failed(home: House) -> None:
    for _ in range(2):
        with pytest.raises(Refused, match="labels"):
            learned(home)


@pytest.mark.postgresql
def test_two_admins_may_wish_it_to_learn_at_the_same_time(home: House) -> None:
    wanted = {"name": learning.background.WISH, "value": {"by": None}, "made_at": home.now}
    max_ = home.employs("max")
    with meanwhile(home.app, lambda: learning.wish(max_, home.now)) as other:
        other.execute(insert(Figure).values(wanted))
    assert learning.granted() == max_


def test_how_far_it_is_is_told_and_kept(taught: House) -> None:
    told = []
    learning.learn(taught.now, progress=lambda stage, done: told.append((done, stage)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (1.0, "done")
    assert db.session.get_one(Figure, progress.NAME).value == {"stage": "done", "done": 1.0, "is_over": True}
