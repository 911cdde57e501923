"""The trail: what happened, by whom, in one list; taken along safely; and bound so that a change shows."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, text, update

from models import Article, Decision, Event, TrailLink, db, writing
from moderation import sweeps, trail
from moderation.trail import Noted, Wish
from moderation.trail.chain import LOOK_BACK
from moderation.trail.sheet import safe
from moderation.vocabulary import Role
from tests.conftest import NOON, PASSWORD, signed_in
from tests.people import Person, number_in

DAY = timedelta(days=1)


@pytest.fixture
def busy_day(app: Flask, article: Article, ada: Person, max_: Person, root: Person) -> Flask:
    """Ada posted twice, max decided, undid, came and went; root looked at an address."""
    first = number_in(ada.comment("It sails at seven."))
    ada.comment("It sails at eight.")
    max_.post("/desk/decisions", {"action": "spam", "comment": f"{first}:1"})
    with app.app_context():
        newest = db.session.scalars(select(Decision.id).order_by(Decision.id.desc())).first()
    max_.post(f"/desk/decisions/{newest}/undo")
    root.post(f"/desk/comments/{first}/address", {"reason": "Ada asked us by letter to erase it."})
    max_.post("/desk/decisions", {"action": "dance"})
    return app


def said(page: str) -> list[str]:
    rows = re.findall(r'<tr role="row".*?</tr>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_decisions_and_events_stand_in_one_list_the_newest_first(busy_day: Flask, root: Person) -> None:
    lines = said(root.get("/desk/audit").text)
    told = [line.partition(":")[2][3:] for line in lines]
    assert told[:3] == [
        "max A request to /desk/decisions was refused with 400.",
        "root Asked for the address given with comment 1. Open comment 1 Ada asked us by letter to erase it.",
        "max Decision 3 was taken back; comment 1 is approved again. Open comment 1",
    ]
    assert any("the policy Comment 2 arrived and was" in line for line in told)
    assert any("the command line The account of max was made, as moderator." in line for line in told)


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ("what=decisions", {"approve", "spam"}),
        ("what=by-people", {"spam", "approve"}),
        ("what=by-policy", {"approve"}),
        ("what=sign-ins", {"signed in"}),
        ("what=accounts", {"account made"}),
        ("what=addresses", {"address revealed"}),
        ("what=refusals", {"refused"}),
        ("what=settings", set()),
        ("who=policy", {"approve"}),
        ("who=2&what=sign-ins", {"signed in"}),
        ("who=99", set()),
        ("since=2001-01-01&until=2001-12-31", set()),
        ("until=2001-12-31", set()),
    ],
)
def test_the_trail_is_filtered(busy_day: Flask, root: Person, asked: str, kinds: set[str]) -> None:
    entries = json.loads(root.get(f"/desk/audit.json?{asked}").text)["entries"]
    assert {entry["what"] for entry in entries} == kinds
    page = root.get(f"/desk/audit?{asked}")
    assert len(said(page.text)) == len(entries)
    assert ("Nothing like that happened." in page.text) is (not entries)


def test_what_makes_no_sense_counts_as_not_asked(busy_day: Flask, root: Person) -> None:
    everything = len(said(root.get("/desk/audit").text))
    for asked in (
        "who=x",
        "what=x",
        "since=yesterday",
        "until=2026-02-31",
        "after=x",
        "after=2026~event~1",
        "who=²",
    ):
        assert len(said(root.get(f"/desk/audit?{asked}").text)) == everything, asked
    for asked in (
        "since=0001-01-01",
        "until=9999-12-31",
        "who=999999999",
        "after=9999-01-01T00:00:00%2B00:00~event~1",
    ):
        assert root.get(f"/desk/audit?{asked}").status_code == 200, asked


def test_pages_follow_each_other_without_a_gap_or_a_repeat(app: Flask, root: Person) -> None:
    with app.app_context(), writing() as session:
        for n in range(120):  # many at one moment, as a bulk decision leaves them
            session.add(
                Event(happened_at=NOON + timedelta(seconds=n // 40), kind="labels imported", detail={"n": n})
            )
    seen, address = [], "/desk/audit?what=settings"
    while address:
        page = root.get(address).text
        seen += [int(n) for n in re.findall(r"\(n: (\d+)\)", page)]
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == list(range(119, -1, -1))


def test_a_page_costs_the_same_however_long_the_trail_is(
    app: Flask, root: Person, article: Article, ada: Person
) -> None:
    ada.comment("It sails at seven.")

    def statements() -> int:
        with app.app_context():
            found: list[str] = []
            listener = lambda *told: found.append(told[2])  # noqa: E731
            event.listen(db.engine, "before_cursor_execute", listener)
            trail.page(Wish())
            event.remove(db.engine, "before_cursor_execute", listener)
            return len([each for each in found if each.startswith("SELECT")])

    few = statements()
    with app.app_context(), writing() as session:
        session.add_all([Event(happened_at=NOON, kind="labels imported", detail={}) for _ in range(300)])
    assert statements() == few == 3


@pytest.mark.sqlite  # PostgreSQL plans by what is in the table
def test_a_page_is_found_by_the_index_of_time(context: Flask) -> None:
    for table, at in (("event", "happened_at"), ("decision", "decided_at")):
        query = f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {at} <= '2026' ORDER BY {at} DESC, id DESC LIMIT 51"
        plan = " ".join(str(row) for row in db.session.execute(text(query)))
        assert "TEMP B-TREE" not in plan, plan


# Taken along


def test_the_sheet_holds_what_the_page_holds(busy_day: Flask, root: Person) -> None:
    answer = root.get("/desk/audit.csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="trail.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == len(json.loads(root.get("/desk/audit.json").text)["entries"])
    revealed = next(row for row in rows if row["what"] == "address revealed")
    assert (revealed["who"], revealed["comment"], revealed["note"]) == (
        "root",
        "1",
        "Ada asked us by letter to erase it.",
    )


def test_a_name_or_a_reason_is_no_formula(app: Flask, article: Article, ada: Person) -> None:
    mallory = signed_in(app, '=HYPERLINK("//x","y")', Role.ADMIN)
    ada.comment("It sails at seven.")
    mallory.post("/desk/comments/1/address", {"reason": "@SUM(1+1)*cmd|' /C calc'!A0"})
    rows = list(csv.reader(io.StringIO(mallory.get("/desk/audit.csv").text)))
    cells = [cell for row in rows for cell in row]
    assert "'=HYPERLINK(" in " ".join(cells)
    assert not [cell for cell in cells if cell.lstrip()[:1] in {"=", "+", "-", "@"} and cell]


@given(st.text(alphabet="=+-@＝＋－＠;,|\t\r\n\"' ax", max_size=12))
def test_no_cell_begins_as_a_formula_wherever_it_is_cut(typed: str) -> None:
    for piece in re.split(r"[;,|\t\r\n]", safe(typed)):
        assert piece.strip(' "')[:1] not in set("=+-@＝＋－＠"), piece


def test_an_address_in_a_note_is_masked(
    app: Flask, root: Person, ada: Person, article: Article, runner
) -> None:
    ada.comment("It sails at seven.")
    with app.app_context(), writing() as session:
        session.execute(update(Decision).values(note="write to ada@example.org"))
    for path in ("/desk/audit", "/desk/audit.csv", "/desk/audit.json"):
        assert "ada@example.org" not in root.get(path).text
        assert "write to" in root.get(path).text


# The chain


@pytest.fixture
def chained(busy_day: Flask) -> Flask:
    with busy_day.app_context():
        while trail.chain_due(datetime.now(UTC)):
            pass
    return busy_day


def verified(app: Flask, noted: str = "") -> trail.Verified:
    with app.app_context():
        db.session.rollback()
        return trail.verify(Noted.read(noted) if noted else None)


def told(app: Flask, noted: str = "") -> list[str]:
    return [broken.sentence for broken in verified(app, noted).broken]


def change(app: Flask, *statements) -> None:
    with app.app_context(), writing() as session:
        for statement in statements:
            session.execute(statement.execution_options(synchronize_session=False))


def test_the_sweep_binds_everything_once(busy_day: Flask) -> None:
    with busy_day.app_context():
        done = sweeps.sweep(datetime.now(UTC), "here")
        assert done["trail chained"] == db.session.query(Event).count() + db.session.query(Decision).count()
        assert sweeps.sweep(datetime.now(UTC), "here")["trail chained"] == 0
    found = verified(busy_day)
    assert (found.broken, found.waiting) == ((), 0)
    assert found.links == done["trail chained"]


def test_what_is_new_waits_and_is_bound_by_the_next_sweep(chained: Flask, max_: Person) -> None:
    max_.post("/desk/sign-out")
    assert verified(chained).waiting == 1
    with chained.app_context():
        assert trail.chain_due(NOON) == 1
    assert verified(chained).waiting == 0


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (update(Decision).where(Decision.id == 1).values(moderator_id=2), "Decision 1 was changed."),
        (update(Decision).where(Decision.id == 2).values(to_status="spam"), "Decision 2 was changed."),
        (update(Event).where(Event.id == 2).values(happened_at=NOON), "Event 2 was changed."),
        (update(Event).where(Event.id == 1).values(detail={"role": "admin"}), "Event 1 was changed."),
        (delete(Event).where(Event.id == 2), "Event 2 is gone, and no retention removed it."),
        (
            update(TrailLink).where(TrailLink.n == 2).values(what="x"),
            "The link does not follow from the one before it.",
        ),
        (
            update(TrailLink).where(TrailLink.n == 2).values(digest=b"x" * 32),
            "The link does not follow from the one before it.",
        ),
        (delete(TrailLink).where(TrailLink.n == 2), "Links are missing, up to 2."),
    ],
)
def test_whatever_is_changed_or_removed_shows(chained: Flask, statement, sentence: str) -> None:
    assert told(chained) == []
    change(chained, statement)
    assert sentence in told(chained)


def test_an_event_that_matters_cannot_pass_as_removed_by_retention(chained: Flask) -> None:
    with chained.app_context():
        number = db.session.scalars(select(Event.id).where(Event.kind == "address revealed")).one()
    change(
        chained,
        delete(Event).where(Event.id == number),
        update(TrailLink)
        .where(TrailLink.kind == "event", TrailLink.entry_id == number)
        .values(removed_at=NOON),
    )
    assert told(chained) == [f"Event {number} is gone, and is nothing that retention removes."]


def test_a_chain_that_was_made_anew_shows_where_a_link_was_noted(chained: Flask) -> None:
    head = verified(chained).head
    change(chained, update(Decision).where(Decision.id == 1).values(moderator_id=2), delete(TrailLink))
    with chained.app_context():
        while trail.chain_due(NOON):
            pass
    assert told(chained) == []
    assert told(chained, head) == ["The link that was noted is not in the chain: it was made anew."]


def test_words_that_people_typed_can_be_forgotten_and_the_chain_holds(chained: Flask) -> None:
    with chained.app_context(), writing() as session:
        row = session.scalars(select(Event).where(Event.kind == "address revealed")).one()
        row.detail = {**row.detail, "reason": ""}
        session.execute(update(Decision).values(note=""))
    assert told(chained) == []


def test_retention_forgets_who_came_and_keeps_the_links(chained: Flask, max_: Person, root: Person) -> None:
    with chained.app_context():
        before = verified(chained)
        assert trail.forget_sign_ins(datetime.now(UTC) + 364 * DAY, 365) == 0
        count = trail.forget_sign_ins(datetime.now(UTC) + 366 * DAY, 365)
        left = set(db.session.scalars(select(Event.kind)))
    assert count >= 2
    assert "signed in" not in left
    assert {"account made", "address revealed"} <= left
    after = verified(chained)
    assert (after.broken, after.head, after.links, after.removed) == ((), before.head, before.links, count)


def test_retention_removes_nothing_that_is_not_bound_and_never_the_newest(busy_day: Flask) -> None:
    later = datetime.now(UTC) + 400 * DAY
    with busy_day.app_context():
        assert trail.forget_sign_ins(later, 365) == 0
        newest = db.session.scalars(select(Event.id).order_by(Event.id.desc())).first()
        trail.chain_due(NOON)
        trail.forget_sign_ins(later, 365)
        assert db.session.get(Event, newest) is not None


def test_an_entry_that_was_committed_late_is_bound_all_the_same(chained: Flask) -> None:
    with chained.app_context():
        with writing() as session:
            session.add(Event(id=500, happened_at=NOON, kind="labels imported", detail={}))
        trail.chain_due(NOON)
        with writing() as session:
            session.add(Event(id=499, happened_at=NOON, kind="labels imported", detail={}))
        assert trail.chain_due(NOON) == 1
        with writing() as session:
            session.add(Event(id=500 + LOOK_BACK, happened_at=NOON, kind="labels imported", detail={}))
        trail.chain_due(NOON)
        with writing() as session:
            session.add(Event(id=100, happened_at=NOON, kind="labels imported", detail={}))
        assert trail.chain_due(NOON) == 0
    assert told(chained) == ["1 entry was never bound."]


def test_the_command_verifies_and_names_what_does_not_hold(chained: Flask, runner) -> None:
    good = runner.invoke(args=["trail", "verify"])
    assert good.exit_code == 0, good.output
    lines = good.output.splitlines()
    assert lines[1] == "The trail holds."
    noted = lines[2]
    assert runner.invoke(args=["trail", "verify", "--noted", noted]).exit_code == 0
    change(chained, delete(Event).where(Event.id == 1))
    bad = runner.invoke(args=["trail", "verify"])
    assert bad.exit_code == 1
    assert "Event 1 is gone, and no retention removed it." in bad.output
    assert "The trail does not hold." in bad.output
    assert runner.invoke(args=["trail", "verify", "--noted", "nonsense"]).exit_code == 1


def test_an_empty_trail_holds(context: Flask) -> None:
    found = trail.verify()
    assert (found.links, found.broken) == (0, ())
    assert found.head == f"0:{'0' * 64}"


def test_the_chain_is_longer_than_a_batch(app: Flask, root: Person) -> None:
    with app.app_context():
        with writing() as session:
            session.add_all(
                [Event(happened_at=NOON, kind="labels imported", detail={"n": n}) for n in range(1500)]
            )
        counts = []
        while count := trail.chain_due(NOON):
            counts.append(count)
        assert sum(counts) == 1502
        assert max(counts) == 500
    assert told(app) == []


def test_the_password_is_nowhere_in_the_trail(busy_day: Flask, root: Person) -> None:
    assert PASSWORD not in root.get("/desk/audit.json").text
