"""ada asks what is kept of her, has it erased, and nothing of it is found again in any byte."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select, text, update

from models import (
    Article,
    Base,
    Comment,
    CommentText,
    Contact,
    Decision,
    Event,
    Figure,
    Label,
    ReaderReport,
    Rule,
    db,
    writing,
)
from moderation import revealing, rights, sweeps, trail
from moderation.parts import parts
from moderation.rights import TREATED, retention
from moderation.settings import Settings
from moderation.sweeps import sweep
from moderation.vocabulary import Status
from tests.conftest import NOON, add_article
from tests.people import Person, number_in

DAY = timedelta(days=1)
SECRET = "quokkaferry"


def said(person: Person, words: str = f"The {SECRET} was late again this morning.", **fields: str) -> int:
    return number_in(person.comment(words, **{"author": f"Ada {SECRET.title()}", **fields}))


def decide(person: Person, comment_id: int, action: str) -> None:
    with person.client.application.app_context():
        version = db.session.get_one(Comment, comment_id).version
    answer = person.post(
        "/desk/decisions", {"action": action, "comment": f"{comment_id}:{version}", "note": f"see {SECRET}"}
    )
    assert answer.status_code == 303


def test_every_table_is_in_the_receipt() -> None:
    tables = {*Base.metadata.tables, "comment_search"} - {"alembic_version"}

    assert tables <= set(TREATED)


def test_ada_gets_all_that_is_kept_of_her_by_her_address_in_any_spelling(
    clock, runner: FlaskCliRunner, article: Article, ada: Person, eve: Person
) -> None:
    mine, _ = said(ada), said(eve, "Eve was here.", author="Eve")

    result = runner.invoke(args=["privacy", "export"], input=" ADA@Example.ORG\n")

    told = json.loads(result.output)
    assert [each["comment"] for each in told["comments"]] == [mine]
    assert told["comments"][0]["texts"][0]["text"].startswith(f"The {SECRET}")
    assert told["comments"][0]["address"] == {
        "kept": "sealed, with a fingerprint to find it by",
        "until": "as long as the comment",
    }
    assert "example.org" not in result.output.lower()


def test_an_address_on_the_command_line_is_no_option_and_nonsense_is_told(runner: FlaskCliRunner) -> None:
    assert runner.invoke(args=["privacy", "erase", "ada@example.org"], input="").exit_code == 2
    nonsense = runner.invoke(args=["privacy", "erase"], input="ada\n")
    assert nonsense.exit_code == 1
    assert "standard input" in nonsense.output


@pytest.mark.sqlite
def test_p32_after_erasure_no_byte_of_the_files_holds_anything_of_ada(
    clock,
    tmp_path: Path,
    app: Flask,
    runner: FlaskCliRunner,
    article: Article,
    ada: Person,
    max_: Person,
    root: Person,
) -> None:
    held = [said(ada, f"{SECRET} number {n}: see https://{SECRET}.example/{n}") for n in range(30)]
    for action, comment_id in zip(("approve", "spam", "reject", "hold"), held, strict=False):
        decide(max_, comment_id, action)
    root.post(f"/desk/comments/{held[0]}/address", {"reason": f"Asked for by {SECRET} herself."})
    with app.app_context():
        sweep(datetime.now(UTC), "here")
        assert raw(tmp_path).count(SECRET.encode()) > 30

    receipt = runner.invoke(args=["privacy", "erase", "--no-learn"], input="ada@example.org\n")

    assert receipt.exit_code == 0, receipt.output
    assert "30 comments erased" in receipt.output
    assert "nothing is left in them" in receipt.output
    found = raw(tmp_path).lower()
    for trace in (SECRET, "ada@example.org", SECRET.title()):
        assert trace.lower().encode() not in found
    assert (
        "Nothing of this person is kept"
        in runner.invoke(args=["privacy", "erase"], input="ada@example.org\n").output
    )


def raw(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if ".sqlite3" in path.name)


def test_p32_erasure_reaches_every_table_and_keeps_the_counts(
    clock, app: Flask, article: Article, ada: Person, eve: Person, max_: Person
) -> None:
    mine = said(ada)
    theirs = number_in(eve.comment("I was on it as well.", comment_parent=str(mine)))
    for comment_id in (mine, theirs):
        decide(max_, comment_id, "approve")

    with app.app_context():
        before = db.session.get_one(Article, article.id).revision
        receipt = rights.erase([mine, theirs + 99], NOON, "asked by comment")
        db.session.expire_all()

        assert receipt.comments == (mine,)
        assert {line.table for line in receipt.lines} == {*Base.metadata.tables, "comment_search"} & set(
            TREATED
        )
        tombstone = db.session.get_one(Comment, mine)
        assert (tombstone.status, tombstone.name, tombstone.mark) == (Status.ERASED, "", None)
        assert db.session.get(Contact, mine) is None
        assert set(db.session.scalars(select(CommentText.text).where(CommentText.comment_id == mine))) == {""}
        assert set(db.session.scalars(select(Decision.note).where(Decision.comment_id == mine))) == {""}
        assert list(db.session.scalars(select(Label.comment_id))) == [theirs]
        row = db.session.get_one(Article, article.id)
        totals = parts().review.totals().counts
        assert (row.approved_count, row.held_count) == (totals["approved"], totals["held"]) == (1, 0)
        assert row.revision == before + 1
        assert rights.erase([mine], NOON, "asked by comment").comments == ()
    page = eve.get("/articles/the-ferry").text
    assert SECRET not in page
    assert "I was on it as well." in page
    assert not max_.get("/desk/search", query_string={"q": SECRET}).text.count("comment-row")


def test_the_trail_still_holds_after_an_erasure(
    clock, app: Flask, article: Article, ada: Person, max_: Person
) -> None:
    mine = said(ada)
    decide(max_, mine, "approve")
    with app.app_context():
        with writing() as session:
            kind, detail = revealing.REVEALED, {"comment": mine, "reason": SECRET}
            session.add(Event(happened_at=NOON, kind=kind, detail=detail))
        trail.chain_due(NOON)
        rights.erase([mine], NOON, "asked by comment")
        trail.chain_due(NOON)

        assert trail.verify().broken == ()
        details = [str(each) for each in db.session.scalars(select(Event.detail))]
        assert not any(SECRET in each for each in details)


def test_what_a_server_had_rendered_is_dropped_once_another_process_erased(
    clock, app: Flask, article: Article, ada: Person, max_: Person
) -> None:
    from moderation.threads import ErasedPages

    mine = said(ada)
    decide(max_, mine, "approve")
    ada.get("/articles/the-ferry")
    with app.app_context():
        shelf = parts().shelf
        pages = ErasedPages(shelf)
        assert shelf._kept
        pages.drop(NOON)
        assert shelf._kept
        rights.erase([mine], NOON, "asked by comment")
        pages.drop(NOON)
        assert not shelf._kept


@pytest.mark.sqlite
def test_copies_of_the_database_are_named_in_the_receipt(
    tmp_path: Path, app: Flask, runner: FlaskCliRunner, article: Article, ada: Person
) -> None:
    (tmp_path / "gatepost-before-0002.sqlite3").write_bytes(b"x")
    said(ada)
    result = runner.invoke(args=["privacy", "erase"], input="ada@example.org\n")
    assert f"Not reached: {tmp_path / 'gatepost-before-0002.sqlite3'}" in result.output


@pytest.mark.sqlite
def test_a_reader_in_the_middle_of_the_file_is_told_and_the_cleaning_can_be_repeated(
    tmp_path: Path, app: Flask, runner: FlaskCliRunner, article: Article, ada: Person, monkeypatch
) -> None:
    mine = said(ada)
    monkeypatch.setattr(sys.modules["models.db"], "_PRAGMAS", ("busy_timeout=10",))
    with app.app_context():
        db.engine.dispose()
        rights.erase([mine], NOON, "asked by comment")
        other = sqlite3.connect(tmp_path / "gatepost.sqlite3", isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM comment").fetchone()
        assert not rights.scrub().is_whole
        assert rights.is_due()
        other.close()
        assert rights.scrub().is_whole
        assert not rights.is_due()


def test_on_the_other_database_the_receipt_says_what_vacuum_cannot_promise(
    app: Flask, article: Article, ada: Person
) -> None:
    mine = said(ada)
    with app.app_context():
        rights.erase([mine], NOON, "asked by comment")
        done = rights.scrub()
        assert done.is_whole
        if db.engine.dialect.name == "postgresql":
            assert "overwrites their space when it is used again" in done.sentence


# Retention


@pytest.mark.parametrize(
    ("status", "setting", "days"),
    [
        ("approve", "keep_address_days", 365),
        ("spam", "keep_unwelcome_days", 90),
        ("reject", "keep_unwelcome_days", 90),
    ],
)
def test_p33_an_address_goes_on_the_day_after_its_days(
    clock, app: Flask, article: Article, ada: Person, max_: Person, status: str, setting: str, days: int
) -> None:
    mine = said(ada)
    decide(max_, mine, status)
    with app.app_context():
        kept = sweeps.retention(parts().settings)
        assert getattr(parts().settings, setting) == days
        sweep(NOON + DAY * days - timedelta(seconds=1), "here", more=kept)
        assert db.session.get_one(Contact, mine, populate_existing=True).sealed_address
        sweep(NOON + DAY * days, "here", more=kept)
        assert db.session.get_one(Contact, mine, populate_existing=True).sealed_address is None


def test_p33_networks_and_tokens_go_on_their_day(clock, app: Flask, article: Article, ada: Person) -> None:
    mine = said(ada, **{"wp-comment-cookies-consent": "yes"})
    with app.app_context():
        kept = sweeps.retention(parts().settings)
        sweep(NOON + 30 * DAY, "here", more=kept)
        contact = db.session.get_one(Contact, mine, populate_existing=True)
        assert contact.network_fingerprint is None
        assert contact.token_fingerprint
        sweep(NOON + 365 * DAY, "here", more=kept)
        assert db.session.get_one(Contact, mine, populate_existing=True).token_fingerprint is None


def test_spam_is_erased_on_its_day_and_what_was_learned_of_it_stays(
    clock, app: Flask, article: Article, ada: Person, max_: Person
) -> None:
    mine = said(ada)
    decide(max_, mine, "spam")
    with app.app_context():
        kept = sweeps.retention(parts().settings)
        sweep(NOON + 180 * DAY - timedelta(seconds=1), "here", more=kept)
        assert db.session.get_one(Comment, mine, populate_existing=True).status is Status.SPAM
        sweep(NOON + 180 * DAY, "here", more=kept)
        assert db.session.get_one(Comment, mine, populate_existing=True).status is Status.ERASED
        assert db.session.scalar(select(func.count()).select_from(Label)) == 1


def test_old_spam_that_max_approves_just_as_it_is_to_go_stays(
    clock, app: Flask, article: Article, ada: Person, max_: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = said(ada), said(ada, f"Buy a {SECRET} today.")
    for each in (mine, other):
        decide(max_, each, "spam")
    erase = retention.erase

    def approved_meanwhile(*given: Any, **named: Any) -> rights.Receipt:
        decide(max_, mine, "approve")
        return erase(*given, **named)

    monkeypatch.setattr(retention, "erase", approved_meanwhile)
    with app.app_context():
        old = next(each for each in rights.classes(parts().settings) if each.name == "texts of spam")
        assert old.forget(NOON + 180 * DAY) == 1
        rows = db.session.execute(select(Comment.id, Comment.status)).all()
        assert dict(map(tuple, rows)) == {mine: Status.APPROVED, other: Status.ERASED}


def test_another_setting_reaches_the_comments_that_are_there_already(
    clock, app: Flask, article: Article, ada: Person
) -> None:
    ids = [said(ada, f"Remark {n} on the {SECRET}.") for n in range(5)]
    with app.app_context():
        for days in (365, 30, 0):
            asked = parts().settings.model_copy(update={"keep_address_days": days})
            while rights.date_addresses(NOON, asked, batch=2):
                pass
            dates = set(db.session.scalars(select(Contact.address_until)))
            assert dates == {NOON + days * DAY if days else None}, ids


@pytest.mark.parametrize("action", ["spam", "reject"])
@pytest.mark.parametrize("is_dated", [False, True])
def test_the_address_of_what_was_refused_goes_sooner_whether_or_not_it_had_its_day(
    clock, app: Flask, article: Article, ada: Person, max_: Person, action: str, is_dated: bool
) -> None:
    mine = said(ada)
    with app.app_context():
        kept = sweeps.retention(parts().settings)
        if is_dated:
            sweep(NOON, "here", more=kept)
    decide(max_, mine, action)
    with app.app_context():
        sweep(NOON + 89 * DAY, "here", more=kept)
        assert db.session.get_one(Contact, mine, populate_existing=True).sealed_address
        sweep(NOON + 91 * DAY, "here", more=kept)
        assert db.session.get_one(Contact, mine, populate_existing=True).sealed_address is None


@pytest.mark.postgresql
def test_who_decides_while_addresses_are_dated_is_not_written_over_and_replies_may_come(
    clock, app: Flask, article: Article, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = said(ada)
    sooner = NOON + 90 * DAY
    date = retention._date

    def meanwhile(comment_id: int, *rest: Any) -> None:
        with db.engine.connect() as other, other.begin():
            other.execute(text("SELECT 1 FROM comment WHERE id = :id FOR KEY SHARE NOWAIT"), {"id": mine})
            other.execute(update(Contact).where(Contact.comment_id == mine).values(address_until=sooner))
        date(comment_id, *rest)

    with app.app_context():
        while rights.date_addresses(NOON, parts().settings):
            pass
        with writing():
            db.session.get_one(Contact, mine).address_until = None
        monkeypatch.setattr(retention, "_date", meanwhile)
        assert rights.date_addresses(NOON, parts().settings) == 1
        assert db.session.get_one(Contact, mine, populate_existing=True).address_until == sooner


def test_addresses_of_refused_comments_that_an_earlier_version_kept_too_long_are_brought_forward(
    clock, app: Flask, article: Article, ada: Person, max_: Person
) -> None:
    refused, early = said(ada, "One remark."), said(ada, "Another remark.")
    decide(max_, refused, "spam")
    decide(max_, early, "reject")
    with app.app_context():
        with writing() as session:
            session.get_one(Contact, refused).address_until = NOON + 365 * DAY
            session.get_one(Contact, early).address_until = NOON + 10 * DAY
            session.merge(Figure(name="addresses dated", value={"days": 365}, made_at=NOON))
        while rights.date_addresses(NOON, parts().settings, batch=1):
            pass
        until = dict(map(tuple, db.session.execute(select(Contact.comment_id, Contact.address_until))))
        assert NOON + 90 * DAY <= until[refused] < NOON + 91 * DAY
        assert until[early] == NOON + 10 * DAY


def test_a_dry_run_counts_and_forgets_nothing(
    clock, app: Flask, runner: FlaskCliRunner, article: Article, ada: Person, max_: Person
) -> None:
    mine = said(ada)
    decide(max_, mine, "spam")
    clock.move_to(NOON + 200 * DAY)

    counted = runner.invoke(args=["privacy", "purge", "--dry-run"]).output
    assert "addresses of spam and rejected comments (kept 90 days): 1 due" in counted
    assert "fingerprints of networks (kept 30 days): 1 due" in counted
    assert "texts of spam (kept 180 days): 1 due" in counted
    assert "ended sessions (kept 1 days): 1 due" in counted
    with app.app_context():
        assert db.session.get_one(Contact, mine).sealed_address

    done = runner.invoke(args=["privacy", "purge"]).output
    assert "texts of spam (kept 180 days): 1 forgotten" in done
    assert ": 1 due" not in runner.invoke(args=["privacy", "purge", "--dry-run"]).output


def test_nothing_is_kept_for_longer_than_a_month_of_networks_by_default() -> None:
    settings = Settings()
    assert settings.keep_network_days <= 30
    assert settings.keep_unwelcome_days <= 90


def test_a_small_file_is_cleaned_by_the_sweep_alone(
    clock, app: Flask, make_app: Callable[..., Flask], article: Article, ada: Person
) -> None:
    mine = said(ada)
    with app.app_context():
        rights.erase([mine], NOON, "asked by comment")
        assert rights.is_due()
        sweep(NOON, "here")
        assert not rights.is_due()
        assert db.session.scalar(text("SELECT count(*) FROM comment")) == 1


# ada's own page


def link_of(answer) -> str:
    return answer.location.partition("held=")[2].partition("#")[0]


def test_the_author_of_a_waiting_comment_sees_takes_and_erases_it_by_her_link_alone(
    clock, make_app: Callable[..., Flask], eve: Person
) -> None:
    app = make_app(hold_everything=True)
    add_article(app)
    ada, eve = Person(app, "Ada", "ada@example.org"), Person(app, "Eve", "eve@example.com")
    answer = ada.comment("I have thought about it again.")
    comment_id, by = number_in(answer), link_of(answer)
    assert f"/yours?by={by}" in ada.get(answer.location).text

    page = ada.get(f"/yours?by={by}")
    assert "I have thought about it again." in page.text
    assert "ada@example.org" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    taken = ada.get(f"/yours.json?by={by}")
    assert taken.json["comments"][0]["comment"] == comment_id
    assert "decisions" not in taken.json["comments"][0]

    assert eve.get("/yours?by=" + by[:-2]).status_code == 404
    assert "I have thought" not in eve.get("/yours").text
    assert eve.post("/yours/erase", {"comment": str(comment_id), "sure": "yes"}).status_code == 404
    asked = ada.post("/yours/erase", {"comment": str(comment_id), "by": by})
    assert "cannot be taken back" in asked.text
    done = ada.post("/yours/erase", {"comment": str(comment_id), "by": by, "sure": "yes"})
    assert done.status_code == 303
    with app.app_context():
        assert db.session.get_one(Comment, comment_id).status is Status.ERASED
    assert ada.get(f"/yours?by={by}").status_code == 404
    assert ada.get(answer.location).status_code == 410


def test_a_remembered_browser_has_its_own_page_and_no_other_sees_it(
    clock, app: Flask, article: Article, ada: Person, eve: Person
) -> None:
    mine = said(ada, **{"wp-comment-cookies-consent": "yes"})
    theirs = said(eve, "Eve was here.")
    assert SECRET in ada.get("/yours").text
    assert SECRET not in eve.get("/yours").text
    refused = ada.post("/yours/erase", {"comment": str(theirs), "sure": "yes"})
    assert refused.status_code == 404
    assert ada.post("/yours/erase", {"comment": str(mine), "sure": "yes"}).status_code == 303
    assert SECRET not in ada.get("/yours").text


def test_whoever_ticked_nothing_is_asked_again_on_their_own_page(
    clock, make_app: Callable[..., Flask]
) -> None:
    app = make_app(hold_everything=True)
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    by = link_of(ada.comment("I have thought about it again."))
    asked = ada.post("/yours/erase", {"by": by})
    assert asked.status_code == 422
    assert "Please tick at least one comment. Nothing was erased." in asked.text
    assert "I have thought about it again." in asked.text
    assert f'name="by" value="{by}"' in asked.text
    assert asked.headers["Cache-Control"] == "no-store"
    assert ada.post("/yours/erase", {"by": by[:-2]}).status_code == 404
    assert "This browser is not known here" in ada.post("/yours/erase").text


def test_another_site_cannot_have_adas_comment_erased(
    clock, make_app: Callable[..., Flask], ada: Person
) -> None:
    app = make_app(form_origins=("https://www.example.org",))
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    mine = said(ada, **{"wp-comment-cookies-consent": "yes"})
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://www.example.org"}
    answer = ada.post("/yours/erase", {"comment": str(mine), "sure": "yes"}, headers=foreign)
    assert answer.status_code == 403
    with app.app_context():
        assert db.session.get_one(Comment, mine).status is not Status.ERASED


@pytest.mark.parametrize(
    ("knobs", "sentence"),
    [
        ({}, "365 days of a published or waiting comment; 90 days of one that was refused."),
        ({"keep_address_days": 7}, "7 days of a published"),
        ({"keep_unwelcome_days": 1}, "1 day of one that was refused."),
        ({"keep_network_days": 3}, "<dd>3 days</dd>"),
        ({"keep_spam_text_days": 0}, "Spam is kept until a person erases it."),
        ({"require_name_email": False}, "You need not give one."),
    ],
)
def test_the_privacy_page_says_what_the_settings_do(
    make_app: Callable[..., Flask], knobs: dict[str, object], sentence: str
) -> None:
    app = make_app(**knobs)
    add_article(app)
    client = app.test_client()
    assert sentence in client.get("/privacy").text
    assert 'href="/privacy"' in client.get("/articles/the-ferry").text


def test_what_was_emptied_as_spam_can_still_be_erased_whole(
    app: Flask,
    tmp_path: Path,
    runner: FlaskCliRunner,
    article: Article,
    ada: Person,
    max_: Person,
    selma: Person,
) -> None:
    mine = said(ada)
    decide(max_, mine, "approve")
    report = {"complaint": "insult", "words": f"{SECRET} is rude"}
    assert ada.post(f"/comments/{mine}/report", report).status_code == 303
    rule = {"kind": "hold-network", "comment_id": str(mine), "reason": f"{SECRET} rants", "days": "30"}
    assert selma.post("/desk/rules", rule).status_code == 303
    decide(max_, mine, "spam")
    with app.app_context():
        version = db.session.get_one(Comment, mine).version

    selma.post("/desk/spam/empty", {"comment": f"{mine}:{version}"})

    with app.app_context():
        assert db.session.get_one(Comment, mine).status is Status.ERASED
        assert db.session.scalars(select(ReaderReport)).all() == []
        assert db.session.get_one(Rule, 1).reason == ""
        assert db.session.scalars(select(Label.comment_id)).all() == [mine]
        assert rights.is_due()
        receipt = rights.erase([mine], NOON, "asked by comment")
        assert receipt.comments == (mine,)
        assert db.session.scalars(select(Label.comment_id)).all() == []
        assert db.session.get_one(Rule, 1).fingerprint is None
        assert rights.erase([mine], NOON, "asked by comment").comments == ()
        rights.scrub()
    assert SECRET.encode() not in raw(tmp_path).lower()


def test_no_note_is_left_on_what_was_erased(app: Flask, article: Article, ada: Person, max_: Person) -> None:
    mine = said(ada)
    with app.app_context():
        rights.erase([mine], NOON, "asked by comment")
    assert max_.post(f"/desk/comments/{mine}/notes", {"words": "Ada lives in Leeds."}).status_code == 404
