"""The workbench: one comment in focus with all that a decision needs, and every action as a plain form."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, func, select

from models import Claim, Comment, CommentText, Contact, Decision, Event, Link, Note, Scoring, db, writing
from moderation.intake import Circumstances
from moderation.parts import parts
from moderation.review import Target, looking
from moderation.vocabulary import Action, Role, Status
from tests.conftest import add_article, signed_in
from tests.people import FAIR, Person, number_in, posted

PITCH = "Best online casino bonus, cheap pills, visit http://win.example.net now and earn $5000 a week"
SAID = (
    FAIR,
    "Rye needs a night to rest, whatever the recipe says.",
    "Does anybody know who left the grey scarf on the radiator?",
)
NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def held(make_app: Callable[..., Flask]) -> Flask:
    """A house where every comment waits for a person."""
    app = make_app(hold_everything=True, spam_threshold=1.0)
    add_article(app)
    return app


@pytest.fixture
def root_(held: Flask) -> Person:
    """Root, signed in there."""
    return signed_in(held, "root", Role.ADMIN)


def press(desk: Person, action: str, *targets: str, **more: str):
    return desk.post(
        "/desk/decisions", {"action": action, "comment": list(targets), "next": "/desk/", **more}
    )


def words(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))


def row_of(app: Flask, number: int) -> Comment:
    with app.app_context():
        return db.session.get_one(Comment, number)


# One comment in focus


def test_the_comment_in_focus_has_all_that_a_decision_needs(
    held: Flask, desk: Person, reader: Person
) -> None:
    parent = posted(reader, "Does the seven o'clock boat take bicycles?")
    press(desk, "approve", f"{parent}:1")
    other = posted(reader, "It was late again on Monday.")
    press(desk, "reject", f"{other}:1")
    number = posted(reader, PITCH, comment_parent=str(parent))
    page = desk.get("/desk/").text
    said = words(page)
    assert f'data-target="{number}:1"' in page
    assert "Does the seven o'clock boat take bicycles?" in said
    assert (
        "From the same typed address:" in said.replace("address", "address:", 1)
        or "same typed address" in said
    )
    assert "1 approved, 1 rejected" in said
    assert "It has " in said
    assert "waits less than a minute" in said
    assert re.search(r'<mark class="to-spam[^"]*" title="\+\d', page)
    assert "speaks for spam" in said
    assert "ada@example.org" not in page


def test_what_came_from_the_same_browser_is_counted_by_its_token(held: Flask, desk: Person) -> None:
    with held.app_context():
        numbers = [
            parts()
            .intake.submit(
                1,
                {"comment": f"{FAIR} Number {n}.", "author": "Ada", "email": f"ada{n}@example.org"},
                Circumstances(network="203.0.113.0/24", form_age=60, reader_token="a token of a browser"),
                NOW + timedelta(minutes=n),
            )
            .comment_id
            for n in range(3)
        ]
    press(desk, "spam", f"{numbers[0]}:1")
    said = words(desk.get(f"/desk/?focus={numbers[2]}").text)
    assert re.search(r"From the same browser ?1 held, 1 spam", said)
    assert re.search(r"From the same typed address ?nothing else", said)


def test_the_address_never_has_a_part_in_the_verdict(held: Flask, reader: Person, desk: Person) -> None:
    spam = posted(reader, PITCH)
    press(desk, "spam", f"{spam}:1")
    known, unknown = posted(reader, FAIR), posted(reader, FAIR + " Yes.", email="new@example.net")
    with held.app_context():
        codes = [parts().review.waiting([number])[0].reasons for number in (known, unknown)]
    assert codes[0] == codes[1]


def test_disguises_are_made_visible_on_demand(desk: Person, reader: Person) -> None:
    posted(reader, "Play c\u0430sino with b\u200bonus today")
    page = desk.get("/desk/").text
    assert "Show its disguises" in page
    assert "<del>\u0430</del><ins>a</ins>" in page
    assert "<del>[U+200B]</del>" in page
    press(desk, "spam", "1:1")
    posted(reader, FAIR)
    assert "Show its disguises" not in desk.get("/desk/").text


def test_focus_stands_in_the_address_and_moves_on_after_a_decision(
    held: Flask, desk: Person, reader: Person
) -> None:
    first, second, third = (posted(reader, text) for text in SAID)
    page = desk.get(f"/desk/?focus={second}").text
    assert f'data-target="{second}:1"' in page
    form = re.search(r'aria-label="Decide on comment \d+".*?</form>', page, re.DOTALL)
    assert form
    onward = html.unescape(re.search(r'name="next" value="([^"]+)"', form[0])[1])
    assert f"focus={third}" in onward
    after = desk.get(
        desk.post("/desk/decisions", {"action": "approve", "comment": f"{second}:1", "next": onward}).location
    )
    assert f'data-target="{third}:1"' in after.text
    assert f'data-target="{first}:1"' in desk.get("/desk/?focus=999").text


def test_the_comment_in_focus_can_be_had_by_itself(desk: Person, reader: Person) -> None:
    number = posted(reader)
    answer = desk.get(f"/desk/comments/{number}/focus?next=/desk/?view=held")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'value="{number}:1"' in answer.text
    assert "/desk/?view=held" in answer.text
    assert desk.get(f"/desk/comments/{number}/focus?next=//evil.example/").text.count("evil") == 0
    assert desk.get("/desk/comments/99/focus").status_code == 404


# Order, and narrowing down


def test_the_most_doubtful_come_first_and_every_order_reaches_everything(held: Flask) -> None:
    _many(held, [0.0, 3.0, -3.0, 0.5, -0.2, 8.0, -8.0, 0.5])
    with held.app_context():
        review, middle = parts().review, -parts().scorer.shift
        for sort in ("oldest", "newest", "doubtful", "fine", "risk"):
            seen: list[int] = []
            after = ""
            while True:
                page = _small_page(review, sort, after)
                seen += [entry.id for entry in page.entries]
                if page.after is None:
                    break
                after = page.after
            assert sorted(seen) == list(range(1, 9)), sort
            if sort == "doubtful":
                risk = {row.id: row.risk for row in db.session.scalars(select(Comment))}
                away = [abs(risk[number] - middle) for number in seen]
                assert away == sorted(away)


def _small_page(review, sort: str, after: str):
    from moderation.review import listing

    kept, listing.PAGE = listing.PAGE, 3
    try:
        return review.queue("held", sort, after=after)
    finally:
        listing.PAGE = kept


def _many(app: Flask, risks: list[float], **values) -> None:
    with app.app_context(), writing() as session:
        for n, risk in enumerate(risks, start=1):
            fields = {"article_id": 1, "name": f"R{n}", "status": Status.HELD, "risk": risk}
            session.add(Comment(**fields, arrived_at=NOW, changed_at=NOW, **values))
        session.flush()
        session.add_all(
            CommentText(comment_id=n, n=1, text=f"Hm {n}.", written_at=NOW) for n in range(1, len(risks) + 1)
        )
        session.add_all(
            Scoring(comment_id=n, text_n=1, classifier_version="v", log_odds=risk, scored_at=NOW)
            for n, risk in enumerate(risks, start=1)
        )


def test_a_view_is_narrowed_down_and_can_be_shared(held: Flask, desk: Person, reader: Person) -> None:
    add_article(held, key="the-bread", title="The bread")
    fair, pitch = posted(reader), posted(reader, PITCH)
    bread = posted(reader, "Rye needs a night to rest, whatever the recipe says.", article="the-bread")

    def shown(query: str) -> set[int]:
        page = desk.get(f"/desk/?{query}").text
        return set(map(int, re.findall(r'id="entry-(\d+)"', page)))

    assert shown("view=held") == {fair, pitch, bread}
    assert shown("article=the-bread") == {bread}
    assert shown("reason=looks-like-spam") == {pitch}
    assert shown("least=60") == {pitch}
    assert shown("most=40") == {fair, bread}
    assert shown("language=xx") == set()
    assert shown("hours=1") == set()
    assert shown("whom=free") == {fair, pitch, bread}
    assert shown("whom=me") == set()
    assert shown("whom=person") == set()
    desk.post("/desk/claims", {"comment": str(fair)})
    assert shown("whom=me") == {fair}
    press(desk, "approve", f"{bread}:1")
    press(desk, "hold", f"{bread}:2")
    assert shown("whom=person") == {bread}
    assert shown("reason=nonsense&least=x&most=-1&hours=2&whom=them") == {fair, pitch, bread}
    assert 'value="the-bread"' in desk.get("/desk/?article=the-bread").text
    assert "Nothing found." in desk.get("/desk/?language=xx").text


def test_waiting_long_enough_is_found(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    with held.app_context(), writing() as session:
        session.get_one(Comment, number).arrived_at = datetime.now(UTC) - timedelta(days=2)
    assert f"entry-{number}" in desk.get("/desk/?hours=24").text
    assert f"entry-{number}" not in desk.get("/desk/?hours=72").text
    assert "2 days" in words(desk.get("/desk/").text)


@pytest.mark.parametrize("query", ["", "focus=2", "sort=doubtful", "reason=looks-like-spam", "view=all"])
def test_a_page_of_the_queue_takes_at_most_eight_queries(
    held: Flask, desk: Person, reader: Person, query: str
) -> None:
    for n in range(4):
        posted(reader, f"{FAIR} Number {n} of {n * 7} boats.")
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    desk.get(f"/desk/?{query}")  # whatever is looked up once for a while is known now
    with held.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    counts = []
    for _ in range(2):
        asked.clear()
        assert desk.get(f"/desk/?{query}").status_code == 200
        counts.append(len([each for each in asked if each.lstrip("(").startswith(("SELECT", "WITH"))]))
        posted(reader, f"Another thought, number {len(counts)}, on quite another matter: the lamps.")
        desk.get(f"/desk/?{query}")
    assert counts[0] == counts[1] <= 8, asked


# Two moderators


def test_the_others_see_who_is_looking_and_nobody_is_locked_out(
    held: Flask, desk: Person, root_: Person, reader: Person
) -> None:
    number = posted(reader)
    told = desk.post("/desk/claims", {"comment": str(number), "next": f"/desk/?focus={number}"})
    assert "The others see that you are looking at it." in desk.get(told.location).text
    page = root_.get("/desk/").text
    assert "max is looking" in page
    assert "max is looking" not in desk.get("/desk/").text
    late = root_.post("/desk/claims", {"comment": str(number)}, headers={"Accept": "application/json"})
    assert late.get_json() == {"who": "max", "is_mine": False}
    assert press(root_, "approve", f"{number}:1").status_code == 303
    assert row_of(held, number).status is Status.APPROVED
    with held.app_context():
        assert db.session.scalar(select(func.count()).select_from(Claim)) == 0


def test_a_claim_ends_by_itself_with_the_next_one_or_when_let_go(
    held: Flask, desk: Person, root_: Person, reader: Person
) -> None:
    first, second = posted(reader), posted(reader, "Quite another matter: the lamps on the pier.")
    desk.post("/desk/claims", {"comment": str(first)})
    desk.post("/desk/claims", {"comment": str(second)})
    with held.app_context():
        assert list(db.session.scalars(select(Claim.comment_id))) == [second]
    desk.post("/desk/claims", {"comment": str(second), "let_go": "yes"})
    assert "max is looking" not in root_.get("/desk/").text
    desk.post("/desk/claims", {"comment": str(first)})
    with time_machine.travel(datetime.now(UTC) + looking.LASTS + timedelta(seconds=1)):
        assert "max is looking" not in root_.get("/desk/").text
        with held.app_context():
            assert looking.forget(datetime.now(UTC)) == 1
    assert desk.post("/desk/claims", {"comment": "77"}).status_code == 404
    assert desk.post("/desk/claims", {"comment": "x"}).status_code == 404


def test_a_script_is_told_who_was_faster_and_gets_the_row_as_it_is_now(
    held: Flask, desk: Person, root_: Person, reader: Person
) -> None:
    number = posted(reader)
    press(desk, "spam", f"{number}:1")
    late = root_.post(
        "/desk/decisions",
        {"action": "approve", "comment": f"{number}:1", "next": "/desk/"},
        headers={"Accept": "application/json"},
    )
    assert late.status_code == 409
    told = late.get_json()
    assert "max made it spam" in told["detail"]
    assert f'id="entry-{number}"' in told["rows"][str(number)]
    assert "by max" in told["rows"][str(number)]


def test_a_script_gets_the_whole_row_of_what_still_waits(
    held: Flask, desk: Person, root_: Person, reader: Person
) -> None:
    number = posted(reader)
    root_.post(f"/desk/comments/{number}/text", {"words": f"{FAIR} Said better.", "version": "1"})
    sent = {"action": "approve", "comment": f"{number}:1", "next": "/desk/?view=held"}
    late = desk.post("/desk/decisions", sent, headers={"Accept": "application/json"})
    assert late.status_code == 409
    row = late.get_json()["rows"][str(number)]
    assert f'value="{number}:2"' in row
    assert "is-done" not in row


# In place


def test_a_script_gets_the_sentence_the_rows_the_counts_and_the_way_back(
    held: Flask, desk: Person, reader: Person
) -> None:
    numbers = [posted(reader, f"{FAIR} Number {n} of {n * 7} boats.") for n in range(3)]
    sent = {"action": "spam", "comment": " ".join(f"{number}:1" for number in numbers), "next": "/desk/"}
    told = desk.post("/desk/decisions", sent, headers={"Accept": "application/json"}).get_json()
    assert told["said"] == "3 comments sent to spam."
    assert told["is_bulk"]
    assert told["counts"]["spam"] == 3
    assert set(told["rows"]) == set(map(str, numbers))
    assert "is-done" in told["rows"][str(numbers[0])]
    back = desk.post(told["undo"], {"bulk": "yes", "next": "/desk/"}, headers={"Accept": "application/json"})
    told = back.get_json()
    assert told["said"] == "3 comments put back to where they were."
    assert told["counts"]["held"] == 3
    assert f'value="{numbers[0]}:3"' in told["rows"][str(numbers[0])]


# Many at once


def test_what_looks_fine_is_listed_first_and_exactly_that_is_approved(
    held: Flask, desk: Person, reader: Person
) -> None:
    fair, pitch = posted(reader), posted(reader, PITCH)
    page = desk.get("/desk/fine").text
    assert f'value="{fair}:1" checked' in page
    assert f'value="{pitch}:1"' not in page
    later = posted(reader, "Rye needs a night to rest, whatever the recipe says.")
    press(desk, "approve", *re.findall(r'name="comment" value="([\d:]+)"', page))
    assert [row_of(held, number).status for number in (fair, pitch, later)] == [
        Status.APPROVED,
        Status.HELD,
        Status.HELD,
    ]


def test_emptying_deletes_what_was_listed_and_nothing_else(held: Flask, desk: Person, reader: Person) -> None:
    selma = signed_in(held, "selma", Role.SENIOR)
    old, changed, fresh = (posted(reader, f"{PITCH} {n}") for n in range(3))
    press(desk, "spam", f"{old}:1", f"{changed}:1", f"{fresh}:1")
    desk.post(f"/desk/comments/{old}/notes", {"words": "Seen before."})
    with held.app_context(), writing() as session:
        long_ago = datetime.now(UTC) - timedelta(days=parts().settings.keep_unwelcome_days + 1)
        for decision in session.scalars(select(Decision).where(Decision.comment_id != fresh)):
            decision.decided_at = long_ago
    assert desk.get("/desk/spam/empty").status_code == 403
    assert "/desk/spam/empty" not in desk.get("/desk/?view=spam").text
    assert "/desk/spam/empty" in selma.get("/desk/?view=spam").text
    page = selma.get("/desk/spam/empty").text
    assert f'value="{old}:2" checked' in page
    assert f'value="{fresh}:2" id' in page
    press(desk, "approve", f"{changed}:2")
    told = selma.post("/desk/spam/empty", {"comment": f"{old}:2 {changed}:2 99:1"})
    said = selma.get(told.location).text
    assert "1 comment deleted." in said
    assert "max made it approved" in said
    with held.app_context():
        gone = db.session.get_one(Comment, old)
        assert (gone.status, gone.name, gone.mark) == (Status.ERASED, "", None)
        assert db.session.get_one(CommentText, (old, 1)).text == ""
        for table in (Contact, Link, Note):
            assert db.session.scalars(select(table).where(table.comment_id == old)).all() == []
        assert parts().review.counts()["spam"] == 1
        emptied = db.session.scalars(select(Event).where(Event.kind == "spam emptied")).one()
        assert emptied.detail == {"comments": [old]}
    assert PITCH not in selma.get(f"/desk/comments/{old}").text
    assert selma.post("/desk/decisions", {"action": "approve", "comment": f"{old}:3"}).status_code == 409
    assert "win.example.net" not in words(desk.get(f"/desk/search?q=%22{PITCH[:10]}%22+0").text)


def test_a_thousand_ids_and_ids_twice_are_one_clear_answer(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    many = " ".join(f"{n}:1" for n in range(1, 1001))
    told = desk.post(
        "/desk/decisions", {"action": "spam", "comment": many}, headers={"Accept": "application/json"}
    )
    assert told.get_json()["done"] == [number]
    assert len(told.get_json()["said"]) < 500
    twice = press(desk, "approve", f"{number}:2", f"{number}:2")
    assert twice.status_code == 303
    assert row_of(held, number).version == 3
    far_too_many = " ".join(f"{n}:1" for n in range(1, 6000))
    assert press(desk, "spam", far_too_many).status_code == 400
    assert row_of(held, number).version == 3


# Answers, edits, notes


def test_max_answers_as_the_publication(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    refused = desk.post(f"/desk/comments/{number}/answer", {"words": "We will ask."})
    assert refused.status_code == 403
    assert "Approve it first" in refused.text
    press(desk, "approve", f"{number}:1")
    words_ = "Thank you, we asked the harbour. Write to desk@example.org for more."
    answer = desk.post(
        f"/desk/comments/{number}/answer", {"words": words_, "next": f"/desk/comments/{number}"}
    )
    assert answer.status_code == 303
    again = desk.post(f"/desk/comments/{number}/answer", {"words": words_})
    assert again.status_code == 303
    page = reader.get("/articles/the-ferry").text
    assert "we asked the harbour" in page
    assert "desk@example.org" not in page
    assert ">Publication<" in page
    assert page.count("we asked the harbour") == 1
    with held.app_context():
        own = db.session.scalars(select(Comment).where(Comment.is_ours)).one()
        assert own.parent_id == number
        decision = db.session.scalars(select(Decision).where(Decision.comment_id == own.id)).one()
        assert decision.moderator_id is not None
        assert db.session.get(Contact, own.id) is None
        assert parts().review.counts()["approved"] == 2
        number = own.id
    desk.post(f"/desk/comments/{number}/text", {"words": "We asked: cheap casino bonus!", "version": "1"})
    assert row_of(held, number).risk == 0
    story = desk.get(f"/desk/comments/{number}").text
    assert "We asked: cheap casino bonus!" in html.unescape(story)
    assert "neither scored nor learned from" in story
    for of_readers in (
        "From the same typed address",
        "Rules for its reader",
        "speaks for spam",
        "Why this score",
    ):
        assert of_readers not in story


def test_an_edit_keeps_what_was_typed_is_scored_again_and_can_be_taken_back(
    held: Flask, desk: Person, reader: Person
) -> None:
    number = posted(reader, PITCH)
    press(desk, "approve", f"{number}:1")
    before = row_of(held, number).risk
    sent = {"words": "A fair word, without the rest.", "version": "2"}
    assert desk.post(f"/desk/comments/{number}/text", sent).status_code == 303
    page = reader.get("/articles/the-ferry").text
    assert "A fair word, without the rest." in page
    assert "win.example.net" not in page
    assert "edited" in page
    row = row_of(held, number)
    assert (row.text_n, row.version, row.status) == (2, 3, Status.APPROVED)
    assert row.risk < before
    stale = desk.post(f"/desk/comments/{number}/text", sent)
    assert stale.status_code == 409
    story = desk.get(f"/desk/comments/{number}").text
    assert "Every text it had" in story
    assert PITCH[:20] in story
    back = desk.post(f"/desk/comments/{number}/text", {"version": "3", "n": "1"})
    assert back.status_code == 303
    assert "win.example.net" in reader.get("/articles/the-ferry").text
    with held.app_context():
        assert db.session.scalar(select(func.count()).where(Scoring.comment_id == number)) == 3


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"words": "", "version": "1"}, 422),
        ({"words": "x" * 70_000, "version": "1"}, 422),
        ({"words": "Fine.", "version": ""}, 400),
        ({"words": "Fine.", "version": "one"}, 400),
        ({"words": "Fine.", "version": "7"}, 409),
        ({"version": "1", "n": "9"}, 404),
    ],
)
def test_an_edit_that_makes_no_sense_changes_nothing(
    held: Flask, desk: Person, reader: Person, sent: dict[str, str], status: int
) -> None:
    number = posted(reader)
    answer = desk.post(f"/desk/comments/{number}/text", sent)
    assert answer.status_code == status
    assert (row_of(held, number).version, row_of(held, number).text_n) == (1, 1)
    assert desk.post("/desk/comments/99/text", {"words": "Fine.", "version": "1"}).status_code == 404


def test_notes_are_for_moderators_alone_and_their_writer_takes_them_back(
    held: Flask, desk: Person, root_: Person, reader: Person
) -> None:
    number = posted(reader)
    desk.post(f"/desk/comments/{number}/notes", {"words": "Ask the harbour <b>first</b>, x@example.org"})
    page = root_.get("/desk/").text
    assert "Ask the harbour &lt;b&gt;first&lt;/b&gt;" in page
    assert "x@example.org" not in page
    assert "Take back" not in page
    with held.app_context():
        note = db.session.scalar(select(Note.id))
    assert root_.post(f"/desk/notes/{note}/take-back").status_code == 403
    assert desk.post(f"/desk/notes/{note}/take-back").status_code == 303
    assert "Ask the harbour" not in root_.get("/desk/").text
    assert desk.post("/desk/notes/99/take-back").status_code == 404
    empty = desk.post(f"/desk/comments/{number}/notes", {"words": " \u200b "})
    assert empty.status_code in {303, 422}
    too_long = desk.post(f"/desk/comments/{number}/notes", {"words": "x" * 2001})
    assert too_long.status_code == 422
    assert "x" * 2001 in too_long.text
    press(desk, "approve", f"{number}:1")
    assert "Ask the harbour" not in reader.get("/articles/the-ferry").text


# Campaigns in the queue


@pytest.fixture
def alike(held: Flask, reader: Person) -> list[int]:
    """Five comments by one hand, that wait."""
    return [posted(reader, f"{PITCH}, code {n}{n}", author=f"Seller {n}") for n in range(5)]


def test_what_is_alike_stands_in_the_queue_as_one(
    held: Flask, desk: Person, reader: Person, alike: list[int]
) -> None:
    fair = posted(reader)
    page = desk.get("/desk/").text
    assert "5 alike, one decision" in page
    assert set(map(int, re.findall(r'id="entry-(\d+)"', page))) == {fair}
    covers = re.search(r'name="covers" value="([^"]+)"', page)
    assert covers
    assert covers[1].split() == [f"{number}:1" for number in alike]
    decide = re.search(r'action="(/desk/campaigns/\d+/decisions)"', page)
    assert decide
    told = desk.post(decide[1], {"action": "spam", "covers": covers[1], "next": "/desk/"})
    after = desk.get(told.location).text
    assert "5 comments sent to spam." in after
    assert "alike" not in words(after).replace("These alike", "")
    undo = re.search(r'action="(/desk/decisions/\d+/undo)"', after)
    assert undo
    desk.post(undo[1], {"bulk": "yes"})
    assert "5 alike, one decision" in desk.get("/desk/").text


def test_a_campaign_can_be_asked_for_and_a_comment_beside_it(
    desk: Person, reader: Person, alike: list[int]
) -> None:
    fair = posted(reader)
    page = desk.get(f"/desk/?focus={fair}").text
    assert f'data-target="{fair}:1"' in page
    assert re.search(r'href="/desk/\?[^"]*campaign=\d+"', page)
    number = re.search(r"campaign=(\d+)", page)
    assert number
    assert "5 alike, one decision" in desk.get(f"/desk/?campaign={number[1]}").text
    assert "5 alike, one decision" in desk.get(f"/desk/campaigns/{number[1]}/focus").text
    assert desk.get("/desk/campaigns/99/focus").status_code == 404
    assert "5 are alike, 5 of them wait" in words(desk.get(f"/desk/comments/{alike[0]}").text)


def test_similar_comments_stand_beside_the_one_in_focus(
    desk: Person, reader: Person, alike: list[int]
) -> None:
    fragment = words(desk.get(f"/desk/comments/{alike[0]}/focus").text)
    assert "Similar comments" in fragment
    assert "Seller 3" in fragment


def test_every_target_of_a_decision_is_asked_for_by_version(held: Flask, reader: Person) -> None:
    number = posted(reader)
    with held.app_context():
        outcome = parts().review.decide(None, Action.APPROVE, [Target(number, 7)], NOW)
    assert [standing.comment_id for standing in outcome.stale] == [number]


# Every action is a plain form


def test_every_change_at_the_desk_is_a_plain_form(
    held: Flask, root_: Person, desk: Person, reader: Person, alike: list[int]
) -> None:
    """Each POST route below /desk is the action of a form that some page shows without any script."""
    public, waits, spam = (posted(reader, said) for said in SAID)
    press(desk, "approve", f"{public}:1")
    press(desk, "spam", f"{spam}:1")
    root_.post(f"/desk/comments/{waits}/notes", {"words": "Seen before."})
    root_.post(f"/desk/comments/{public}/text", {"words": "Other words.", "version": "2"})
    for word in ("quokka", "wombat"):
        root_.post("/desk/rules", {"kind": "hold-word", "subject": word, "reason": "A trial", "days": "7"})
    root_.post("/desk/rules/2/end")
    for text in ("Be kind.", "Be kind, please."):
        root_.post("/desk/house-rules", {"text": text})
    seen = _forms(held, root_, ["/desk/pause"])
    root_.post("/desk/pause", {"until": "2099-01-01", "reason": "A trial"})
    campaign = re.search(r"/desk/campaigns/(\d+)", desk.get("/desk/").text)
    assert campaign
    preview = "/desk/rules/preview?kind=hold-word&subject=timetable&reason=A+trial&days=7"
    pages = ["/desk/", f"/desk/?focus={waits}", f"/desk/comments/{public}", f"/desk/comments/{waits}"]
    pages += ["/desk/?view=spam", "/desk/fine", "/desk/spam/empty", f"/desk/campaigns/{campaign[1]}", preview]
    out = {"covers": f"{alike[0]}:1"}
    seen |= _forms(held, root_, pages)
    root_.post(f"/desk/campaigns/{campaign[1]}/out", out)
    pages = [f"/desk/campaigns/{campaign[1]}?part=out", "/desk/rules", "/desk/pause", "/desk/house-rules"]
    pages += ["/desk/articles", "/desk/account", "/desk/classifier", "/desk/classifier/thresholds"]
    seen |= _forms(held, root_, pages)
    seen |= _forms(held, Person(held, "Eve", ""), ["/desk/sign-in"])
    wanted = {
        rule.endpoint
        for rule in held.url_map.iter_rules()
        if rule.rule.startswith("/desk") and "POST" in (rule.methods or ())
    }
    told_elsewhere = (
        "classifier.",
        "people.",
        "account.",
        "door.",
        "reveal.",
    )  # in stories of their own, by HTTP
    left = {each for each in wanted - seen if not each.startswith(told_elsewhere)}
    assert left == {"desk.apply"}  # what would be done today: test_looked_at_again


def _forms(app: Flask, person: Person, pages: list[str]) -> set[str]:
    """Endpoints that the pages' own forms lead to."""
    adapter = app.url_map.bind("localhost")
    found = set()
    for page in pages:
        answer = person.get(page)
        assert answer.status_code == 200, page
        for action in re.findall(r'(?:<form[^>]*method="post"[^>]*| form)action="([^"?]+)', answer.text):
            found.add(adapter.match(html.unescape(action), method="POST")[0])
    return found


def test_words_that_come_too_late_are_handed_back_beside_the_comment_as_it_is_now(
    article, ada: Person, max_: Person, root: Person
) -> None:
    number = number_in(ada.comment("It sails at seven."))
    first = root.post(f"/desk/comments/{number}/text", {"words": "It sails at eight.", "version": "1"})
    assert first.status_code == 303

    late = max_.post(f"/desk/comments/{number}/text", {"words": "It sails at nine, I think.", "version": "1"})
    assert late.status_code == 409
    assert "root changed its text. Nothing of yours was applied to it." in late.text
    assert re.search(r'<textarea id="edit-words"[^>]*>It sails at nine, I think\.</textarea>', late.text)
    assert "It sails at eight." in late.text
    assert '<input type="hidden" name="version" value="2">' in late.text

    assert root.post("/desk/decisions", {"action": "hold", "comment": f"{number}:2"}).status_code == 303
    answer = max_.post(f"/desk/comments/{number}/answer", {"words": "A careful answer."})
    assert answer.status_code == 403
    assert re.search(r'<textarea id="answer-words"[^>]*>A careful answer\.</textarea>', answer.text)
    assert "Approve it first." in answer.text


def test_a_decision_that_was_taken_back_by_a_double_press_is_taken_back(
    article, ada: Person, max_: Person
) -> None:
    number = number_in(ada.comment("It sails at seven."))
    told = max_.post("/desk/decisions", {"action": "spam", "comment": f"{number}:1"})
    undo = re.search(r"/desk/decisions/(\d+)/undo", max_.get(told.location).text)[1]  # type: ignore[index]
    pressed = [max_.post(f"/desk/decisions/{undo}/undo", {"next": "/desk/"}) for _ in range(2)]
    assert [each.status_code for each in pressed] == [303, 303]
    assert "put back" in max_.get(pressed[1].location).text
