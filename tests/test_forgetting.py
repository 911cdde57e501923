"""What people typed about ada's comment is told to whoever may ask, goes on its day, and goes with the comment."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import event, select

from models import (
    Article,
    Base,
    Contact,
    Decision,
    Event,
    Likeness,
    Note,
    ReaderReport,
    Rule,
    Setting,
    db,
    writing,
)
from moderation import pauses, rights, sweeps, trail
from moderation.parts import parts
from moderation.review import Target
from moderation.rights.telling import TOLD, UNTOLD
from moderation.sweeps import sweep
from moderation.vocabulary import Action
from tests.conftest import NOON
from tests.people import Person, posted

DAY = timedelta(days=1)
SECRET = "quokkaferry"


@pytest.fixture
def talked_about(
    clock, app: Flask, article: Article, ada: Person, eve: Person, max_: Person, selma: Person, root: Person
) -> int:
    """ada's comment, about which everybody has typed something."""
    mine = posted(ada, f"The {SECRET} was late again this morning, see https://pier.example/times.")
    with app.app_context():
        for version, action in enumerate((Action.HOLD, Action.APPROVE), 1):
            targets = [Target(mine, version)]
            parts().review.decide(1, action, targets, NOON, note=f"decided for {SECRET}")
    report = {"complaint": "insult", "words": f"{SECRET} is rude"}
    assert eve.post(f"/comments/{mine}/report", report).status_code == 303
    assert max_.post(f"/desk/comments/{mine}/notes", {"words": f"{SECRET} again"}).status_code == 303
    rule = {"kind": "hold-network", "comment_id": str(mine), "reason": f"{SECRET} rants", "days": "30"}
    assert selma.post("/desk/rules", rule).status_code == 303
    look = {"reason": f"Asked for by {SECRET} herself."}
    assert root.post(f"/desk/comments/{mine}/address", look).status_code == 200
    with app.app_context():
        pauses.pause_site(NOON + 2 * DAY, f"too much {SECRET}", 1, NOON)
    return mine


def test_the_export_tells_what_others_typed_about_the_comment_but_not_to_its_author_alone(
    talked_about: int, app: Flask, runner: FlaskCliRunner
) -> None:
    told = json.loads(runner.invoke(args=["privacy", "export"], input="ada@example.org\n").output)

    (one,) = told["comments"]
    assert one["reports"][0]["words"] == f"{SECRET} is rude"
    assert one["notes"][0]["words"] == f"{SECRET} again"
    assert (one["rules"][0]["kind"], one["rules"][0]["reason"]) == ("hold-network", f"{SECRET} rants")
    assert one["looks_at_the_address"][0]["reason"].startswith("Asked for")
    assert [each["note"] for each in one["decisions"]] == ["", *[f"decided for {SECRET}"] * 2]
    assert all("log_odds" in each for each in one["scores"])
    assert one["learned_from"][0]["as"] == "ham"
    assert one["likeness"][0]["sketch"].startswith("hashes")
    assert one["links"] == ["pier.example"]
    with app.app_context():
        to_ada = rights.export([talked_about], NOON, is_to_author=True)["comments"][0]
    assert not {"notes", "reports", "rules", "decisions", "scores", "status"} & set(to_ada)


def test_every_table_that_names_a_comment_has_its_part_in_the_export() -> None:
    naming = {name for name, table in Base.metadata.tables.items() if "comment_id" in table.columns}

    assert naming <= {*TOLD, *UNTOLD}


@pytest.mark.parametrize(
    ("days", "column"),
    [
        (30, ReaderReport.network_fingerprint),
        (90, ReaderReport.words),
        (90, Likeness.sketch),
        (365, Note.words),
        (730, Decision.note),
        (30, Rule.fingerprint),
        (30 + 730, Rule.reason),
    ],
    ids=str,
)
def test_p33_what_was_typed_and_noted_goes_on_its_day(
    talked_about: int, app: Flask, days: int, column
) -> None:
    with app.app_context():
        kept = sweeps.retention(parts().settings)
        sweep(NOON + days * DAY - timedelta(seconds=1), "here", more=kept)
        assert any(db.session.scalars(select(column)))
        sweep(NOON + days * DAY, "here", more=kept)
        assert not any(db.session.scalars(select(column)))


def test_p33_reasons_of_looks_and_pauses_go_on_their_day_and_the_trail_still_holds(
    talked_about: int, app: Flask
) -> None:
    def typed() -> str:
        details = db.session.scalars(select(Event.detail)).all()
        return str([*details, *db.session.scalars(select(Setting.value))])

    with app.app_context():
        kept = sweeps.retention(parts().settings)
        sweep(NOON + 730 * DAY - timedelta(seconds=1), "here", more=kept)
        assert "herself" in typed()
        sweep(NOON + 730 * DAY, "here", more=kept)
        assert "herself" not in typed()
        assert f"too much {SECRET}" in typed()
        sweep(NOON + 732 * DAY, "here", more=kept)
        assert SECRET not in typed()
        assert trail.verify().broken == ()


def test_the_dry_run_counts_each_kind_and_a_note_may_be_kept_with_the_comment(
    talked_about: int, make_app, clock
) -> None:
    app = make_app(keep_notes_days=0)
    clock.move_to(NOON + 800 * DAY)

    told = app.test_cli_runner().invoke(args=["privacy", "purge", "--dry-run"]).output

    for line in (
        "networks of reports (kept 30 days): 1 due",
        "words of readers' reports (kept 90 days): 1 due",
        "moderators' notes (kept with the comment): 0 due",
        "reasons of decisions (kept 730 days): 2 due",
        "reasons of rules that ended (kept 730 days): 1 due",
        "reasons of looks at addresses (kept 730 days): 1 due",
        "reasons of pauses that ended (kept 730 days): 1 due",
        "readers of rules (kept until their day): 1 due",
        "sketches of words (kept 90 days): 1 due",
    ):
        assert line in told
    assert app.test_cli_runner().invoke(args=["privacy", "purge"]).exit_code == 0
    assert told.count(": 0 due") < (
        app.test_cli_runner().invoke(args=["privacy", "purge", "--dry-run"]).output.count(": 0 due")
    )


@pytest.mark.sqlite
def test_what_is_due_is_found_by_an_index_and_no_table_is_gone_through_for_it(app: Flask) -> None:
    asked: list[tuple[str, object]] = []
    with app.app_context():
        event.listen(
            db.engine, "before_cursor_execute", lambda _c, _k, said, values, *_: asked.append((said, values))
        )
        for each in rights.classes(parts().settings):
            each.due(NOON)
            each.forget(NOON)
        plans = [
            (said, row[3])
            for said, values in list(asked)
            if said.startswith(("SELECT", "UPDATE", "DELETE"))
            for row in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values)
        ]
    big = ("comment", "contact", "decision", "likeness", "event", "note", "reader_report", "comment_text")
    walked = [(plan, said) for said, plan in plans if plan in {f"SCAN {table}" for table in big}]
    assert not walked


def test_the_privacy_page_tells_of_reports_notes_rules_and_sketches(make_app) -> None:
    page = make_app(keep_reports_days=8, keep_sketches_days=9, keep_reasons_days=99).test_client()
    told = page.get("/privacy").text

    assert "Words of reports 8 days, notes 365 days, reasons 99 days" in told
    assert "A rule about your browser or network" in told
    assert "<dd>9 days.</dd>" in told


def test_erasing_reaches_what_others_typed_and_the_receipt_names_it(
    talked_about: int, runner: FlaskCliRunner, app: Flask
) -> None:
    receipt = runner.invoke(args=["privacy", "erase", "--no-learn"], input="ada@example.org\n").output

    rows = {line.split()[0]: int(line.split()[1]) for line in receipt.splitlines() if line.startswith("  ")}
    for table in ("note", "reader_report", "rule", "likeness", "event", "decision", "scoring", "label"):
        assert table in rows
    for table in (
        "note",
        "reader_report",
        "rule",
        "likeness",
        "event",
        "decision",
        "label",
        "likeness_place",
    ):
        assert rows[table] >= 1, receipt
    with app.app_context():
        assert db.session.get(Contact, talked_about) is None
        assert not any(SECRET in str(each) for each in db.session.scalars(select(Event.detail)))


def test_more_comments_than_one_statement_takes_are_found_told_and_erased(
    app: Flask, article: Article, ada: Person, runner: FlaskCliRunner, monkeypatch
) -> None:
    ids = [posted(ada, f"Remark number {n} on the {SECRET}.") for n in range(7)]
    monkeypatch.setattr("moderation.rights.holdings.BATCH", 2)
    monkeypatch.setattr("moderation.rights.telling.BATCH", 3)
    monkeypatch.setattr("moderation.rights.erasing.BATCH", 2)

    told = json.loads(runner.invoke(args=["privacy", "export"], input="ada@example.org\n").output)
    assert [each["comment"] for each in told["comments"]] == ids
    with app.app_context(), writing():
        assert [each.comment_id for each in rights.held_with(ids)] == ids
    receipt = runner.invoke(args=["privacy", "erase", "--no-learn"], input="ada@example.org\n").output
    assert "7 comments erased" in receipt
