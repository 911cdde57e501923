"""Max sits at the desk: sees what waits and why, decides, is told when somebody was faster, and takes back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime

import html5lib
import pytest
from flask import Flask
from sqlalchemy import select

from models import Article, Comment, CommentText, Decision, db, writing
from moderation.vocabulary import Mode, Role, Status
from tests.conftest import add_article, signed_in
from tests.people import FAIR, Person, posted

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><style>*{display:none}</style>"
    "</div></textarea>\"'><svg onload=alert(3)>{{7*7}}{% raw %}<a href=javascript:alert(4)>x</a>"
)


@pytest.fixture
def held(make_app: Callable[..., Flask]) -> Flask:
    """A house where every comment waits for a person."""
    app = make_app(hold_everything=True)
    add_article(app)
    return app


def status_of(app: Flask, number: int) -> Status:
    with app.app_context():
        return db.session.get_one(Comment, number).status


def version_of(app: Flask, number: int) -> int:
    with app.app_context():
        return db.session.get_one(Comment, number).version


def last_decision(app: Flask, number: int) -> int:
    with app.app_context():
        query = select(Decision.id).where(Decision.comment_id == number).order_by(Decision.id.desc())
        return db.session.scalars(query).first()


def buttons(page: str, number: int) -> list[str]:
    """The actions that a comment's row offers, in their order."""
    form = re.search(rf'aria-label="Decide on comment {number}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form
    return re.findall(r'name="action" value="(\w+)"', form[1])


def press(desk: Person, action: str, *targets: str, back: str = "/desk/"):
    return desk.post("/desk/decisions", {"action": action, "comment": list(targets), "next": back})


def test_max_sees_what_waits_and_why(desk: Person, reader: Person) -> None:
    number = posted(reader)
    page = desk.get("/desk/").text
    assert html.escape(FAIR, quote=False).replace("'", "&#39;") in page
    assert "The site lets every comment wait." in page
    assert "by the policy" in page
    assert "The ferry" in page
    assert "Ada" in page
    assert re.search(r'class="score-number">[01]\.\d\d<', page)
    assert f'value="{number}:1"' in page
    assert "ada@example.org" not in page


def test_max_approves_and_everybody_can_read_it(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    answer = press(desk, "approve", f"{number}:1")
    assert answer.status_code == 303
    assert "1 comment approved." in desk.get(answer.location).text
    assert "timetable on the pier" in Person(held, "Eve", "").get("/articles/the-ferry").text


def test_the_message_offers_to_undo_and_undoing_hides_it_again(
    held: Flask, desk: Person, reader: Person
) -> None:
    number = posted(reader)
    page = desk.get(press(desk, "approve", f"{number}:1").location).text
    undo = re.search(r'action="(/desk/decisions/\d+/undo)"', page)
    assert undo
    answer = desk.post(undo[1], {"next": "/desk/?view=held"})
    assert answer.location.startswith("/desk/?view=held&note=")
    assert "1 comment put back to where it was." in desk.get(answer.location).text
    assert status_of(held, number) is Status.HELD
    assert "timetable on the pier" not in Person(held, "Eve", "").get("/articles/the-ferry").text


def test_after_a_decision_max_is_back_in_the_same_view(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    answer = press(desk, "spam", f"{number}:1", back="/desk/?view=all&sort=risk&q=pier&note=forged")
    assert re.fullmatch(r"/desk/\?view=all&sort=risk&q=pier&note=[\w.-]+", answer.location)


@pytest.mark.parametrize(
    ("action", "leads_to", "offered"),
    [
        ("approve", Status.APPROVED, ["hold", "spam", "reject"]),
        ("hold", Status.HELD, ["approve", "spam", "reject"]),
        ("spam", Status.SPAM, ["approve", "hold", "reject"]),
        ("reject", Status.REJECTED, ["approve", "hold", "spam"]),
    ],
)
def test_the_four_actions_stand_in_one_order_without_the_present_one(
    held: Flask, desk: Person, reader: Person, action: str, leads_to: Status, offered: list[str]
) -> None:
    number = posted(reader)
    press(desk, action, f"{number}:1")
    assert status_of(held, number) is leads_to
    assert buttons(desk.get("/desk/?view=all").text, number) == offered
    view = desk.get(f"/desk/?view={leads_to}").text
    assert f"entry-{number}" in view
    assert f"/desk/?view={leads_to}" in view


def test_two_moderators_decide_on_one_comment_and_the_second_is_told_who_was_first(
    held: Flask, desk: Person, reader: Person
) -> None:
    number = posted(reader)
    root = signed_in(held, "root", Role.ADMIN)
    assert press(desk, "spam", f"{number}:1").status_code == 303
    late = press(root, "approve", f"{number}:1", back="/desk/?view=all")
    assert late.status_code == 409
    assert "Somebody was faster" in late.text
    assert "max made it spam" in late.text
    assert buttons(late.text, number) == ["approve", "hold", "reject"]
    assert f'value="{number}:2"' in late.text
    assert 'href="/desk/?view=all"' in late.text
    assert status_of(held, number) is Status.SPAM
    again = press(root, "approve", f"{number}:2")
    assert again.status_code == 303
    assert status_of(held, number) is Status.APPROVED


def test_a_program_is_told_of_a_stale_decision_too(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    press(desk, "spam", f"{number}:1")
    sent = {"action": "approve", "comment": f"{number}:1"}
    answer = desk.post("/desk/decisions", sent, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert "max made it spam" in answer.get_json()["detail"]


def test_a_bulk_leaves_alone_what_has_changed_and_names_it(held: Flask, desk: Person, reader: Person) -> None:
    numbers = [posted(reader, f"{FAIR} Number {n}.") for n in range(3)]
    root = signed_in(held, "root", Role.ADMIN)
    press(root, "reject", f"{numbers[1]}:1")
    answer = press(desk, "approve", *(f"{number}:1" for number in numbers), f"{numbers[2] + 50}:1")
    assert answer.status_code == 303
    page = desk.get(answer.location).text
    assert "2 comments approved." in page
    assert f"There is no comment {numbers[2] + 50}." in page
    assert re.search(rf"Comment {numbers[1]} by <bdi>Ada</bdi></a>: root made it rejected", page)
    assert [status_of(held, number) for number in numbers] == [
        Status.APPROVED,
        Status.REJECTED,
        Status.APPROVED,
    ]


def test_nothing_chosen_means_nothing_changed(desk: Person) -> None:
    answer = press(desk, "approve")
    assert "No comment was chosen" in desk.get(answer.location).text


@pytest.mark.parametrize(
    "sent",
    [
        {"action": "publish", "comment": "1:1"},
        {"comment": "1:1"},
        {"action": "approve", "comment": "1"},
        {"action": "approve", "comment": "1:x"},
        {"action": "approve", "comment": "-1:1"},
        {"action": "approve", "comment": "²:1"},
        {"action": "approve", "comment": "1:99999999999"},
        {"action": "approve", "comment": ["1:1", "1:1'; DROP TABLE comment"]},
    ],
)
def test_a_decision_that_makes_no_sense_changes_nothing(
    held: Flask, desk: Person, reader: Person, sent: dict[str, str]
) -> None:
    number = posted(reader)
    answer = desk.post("/desk/decisions", sent)
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert status_of(held, number) is Status.HELD


def test_unknown_comments_decisions_and_articles_are_not_found(desk: Person) -> None:
    assert press(desk, "approve", "77:1").status_code == 404
    for path in ("/desk/comments/77", "/desk/comments/99999999999", "/desk/comments/x", "/desk/nothing"):
        assert desk.get(path).status_code == 404
    assert desk.post("/desk/decisions/77/undo").status_code == 404
    assert desk.post("/desk/articles/no-such/mode", {"mode": "open"}).status_code == 404


def test_the_first_verdict_cannot_be_undone_and_an_older_decision_neither(
    held: Flask, desk: Person, reader: Person
) -> None:
    number = posted(reader)
    first = last_decision(held, number)
    assert '/undo"' not in desk.get("/desk/").text
    assert desk.post(f"/desk/decisions/{first}/undo").status_code == 403
    press(desk, "approve", f"{number}:1")
    assert desk.post(f"/desk/decisions/{first}/undo").status_code == 409


def test_undo_stands_on_each_row_that_a_person_decided(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    press(desk, "spam", f"{number}:1")
    page = desk.get("/desk/?view=spam").text
    assert f"/desk/decisions/{last_decision(held, number)}/undo" in page


def test_rows_and_bulk_work_without_script_and_without_nested_forms(desk: Person, reader: Person) -> None:
    posted(reader)
    page = desk.get("/desk/").text
    depth = 0
    for tag in re.findall(r"<(/?form)\b", page):
        depth += 1 if tag == "form" else -1
        assert depth in (0, 1)
    assert re.search(r'<input type="checkbox" form="bulk" name="comment"', page)
    assert not strangers(page)


def test_nothing_that_mallory_types_becomes_markup_on_the_desk(held: Flask, desk: Person) -> None:
    mallory = Person(held, HOSTILE[:200], "mallory@example.net")
    number = posted(mallory, HOSTILE)
    with held.app_context(), writing():
        db.session.get_one(Comment, number).website = "javascript:alert('5')//\"><b>"
        db.session.get_one(Article, 1).title = f"Ferry {HOSTILE}"
    press(desk, "approve", f"{number}:1")
    child = posted(mallory, HOSTILE + " again", comment_parent=str(number))
    moved = desk.get(press(desk, "spam", f"{child}:1").location)
    stale = press(desk, "reject", f"{number}:1")
    assert stale.status_code == 409
    undone = desk.post(f"/desk/decisions/{last_decision(held, child)}/undo")
    pages = [desk.get(path) for path in ("/desk/?view=all", f"/desk/comments/{child}", "/desk/articles")]
    searched = desk.get("/desk/", query_string={"q": HOSTILE[:100], "view": HOSTILE, "sort": HOSTILE})
    for page in [*pages, moved, stale, searched, desk.get(undone.location)]:
        assert not strangers(page.text)
    assert html.escape(HOSTILE) in pages[0].text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")


def strangers(page: str) -> list[str]:
    """What stands in a page that our templates did not put there."""
    found = []
    for element in html5lib.parse(page, namespaceHTMLElements=False).iter():
        tag, held = str(element.tag), dict(element.attrib)
        addresses = [held.get(name, "/") for name in ("href", "src", "action")]
        if (
            any(name.startswith("on") or name == "style" for name in held)
            or not all(re.match(r"/(?!/)|#", address) for address in addresses)
            or tag in {"style", "iframe", "object", "base"}
            or (tag == "textarea" and held.get("name") != "words")
            or (tag in {"script", "img"} and not held.get("src", "").startswith("/static/"))
        ):
            found.append(f"{tag} {held}")
    return found


def test_the_judge_of_pages_knows_a_stranger_when_it_sees_one() -> None:
    assert len(strangers(HOSTILE)) >= 4


def test_a_comments_page_tells_its_whole_story(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    press(desk, "reject", f"{number}:1")
    desk.post(f"/desk/decisions/{last_decision(held, number)}/undo")
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", desk.get(f"/desk/comments/{number}").text))
    assert "the policy made it held The site lets every comment wait." in page
    assert "max made it rejected, which was held (taken back later)" in page
    assert "max took a decision back; the comment is held again" in page
    assert "Where every comment begins" in page


def test_every_text_a_comment_had_is_shown(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    with held.app_context(), writing() as session:
        session.get_one(Comment, number).text_n = 2
        session.add(
            CommentText(comment_id=number, n=2, text="Shorter.", moderator_id=1, written_at=datetime.now(UTC))
        )
    page = desk.get(f"/desk/comments/{number}").text
    assert "Every text it had" in page
    assert "timetable on the pier" in page
    assert "by max" in re.sub(r"\s+", " ", page)


def test_junk_in_the_address_of_the_queue_means_the_default(desk: Person, reader: Person) -> None:
    number = posted(reader)
    for query in ("view=nonsense&sort=%27--&after=1%3B", "view=&sort=&after=x", "view[]=held", "after=-1~-1"):
        page = desk.get(f"/desk/?{query}")
        assert page.status_code == 200
        assert f"entry-{number}" in page.text


def test_the_queue_is_paged_by_key(held: Flask, desk: Person) -> None:
    with held.app_context(), writing() as session:
        now = datetime.now(UTC)
        for n in range(1, 61):
            session.add(
                Comment(article_id=1, name=f"R{n}", status=Status.HELD, arrived_at=now, changed_at=now)
            )
        session.flush()
        session.add_all(CommentText(comment_id=n, n=1, text="Hm.", written_at=now) for n in range(1, 61))
    first = desk.get("/desk/").text
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further
    second = desk.get(html.unescape(further[1])).text
    found = [re.findall(r'id="entry-(\d+)"', page) for page in (first, second)]
    assert [len(each) for each in found] == [50, 10]
    assert sorted(int(number) for each in found for number in each) == list(range(1, 61))
    assert 'rel="next"' not in second


def test_how_many_wait_stands_in_the_navigation(desk: Person, reader: Person) -> None:
    for n in range(3):
        posted(reader, f"{FAIR} {n}")
    for path in ("/desk/", "/desk/articles", "/desk/account", "/desk/comments/1"):
        page = re.sub(r"<[^>]+>", "", desk.get(path).text)
        assert re.search(r"Held\s+3\b", page), path


def test_max_closes_an_article_and_opens_it_again(held: Flask, desk: Person, reader: Person) -> None:
    assert "Hold all" in desk.get("/desk/articles").text
    answer = desk.post("/desk/articles/the-ferry/mode", {"mode": "closed"})
    assert "“The ferry” is closed now." in desk.get(answer.location).text
    assert 'id="commentform"' not in reader.get("/articles/the-ferry").text
    desk.post("/desk/articles/the-ferry/mode", {"mode": "open"})
    assert 'id="commentform"' in reader.get("/articles/the-ferry").text
    assert desk.post("/desk/articles/the-ferry/mode", {"mode": "ajar"}).status_code == 400
    with held.app_context():
        assert db.session.get_one(Article, 1).mode is Mode.OPEN


def test_a_note_that_is_forged_or_anothers_is_not_shown(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    signed = press(desk, "approve", f"{number}:1").location
    assert "1 comment approved." in desk.get(signed).text
    root = signed_in(held, "root", Role.ADMIN)
    assert "1 comment approved." not in root.get(signed).text
    for forged in (signed[:-3], signed + "x", "/desk/?note=You+won", "/desk/?note="):
        page = desk.get(forged)
        assert page.status_code == 200
        assert 'class="message"' not in page.text


def test_get_changes_nothing(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    decision = last_decision(held, number)
    for path in (
        "/desk/decisions?action=approve&comment=1:1",
        f"/desk/decisions/{decision}/undo",
        "/desk/sign-out",
    ):
        assert desk.get(path).status_code == 405
    assert status_of(held, number) is Status.HELD
    assert desk.get("/desk/").status_code == 200


def test_a_decision_from_another_site_is_refused(held: Flask, desk: Person, reader: Person) -> None:
    number = posted(reader)
    sent = {"action": "approve", "comment": f"{number}:1"}
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {},
    ):
        assert desk.client.post("/desk/decisions", data=sent, headers=headers).status_code == 403
    assert status_of(held, number) is Status.HELD


def test_no_page_of_the_desk_may_be_kept_by_a_cache(desk: Person, reader: Person) -> None:
    number = posted(reader)
    for path in ("/desk/", "/desk/articles", "/desk/account", f"/desk/comments/{number}", "/desk/none"):
        answer = desk.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ada@example.org" not in answer.text
    assert press(desk, "approve", f"{number}:1").headers["Cache-Control"] == "no-store"


def test_a_bulk_has_one_name_for_all_its_decisions(held: Flask, desk: Person, reader: Person) -> None:
    numbers = [posted(reader, f"{FAIR} {n}") for n in range(2)]
    press(desk, "spam", *(f"{number}:1" for number in numbers))
    with held.app_context():
        batches = set(db.session.scalars(select(Decision.batch).where(Decision.moderator_id == 1)))
    assert len(batches) == 1
    assert batches.pop()


def test_a_bulk_is_undone_by_one_press_but_for_what_was_decided_since(
    held: Flask, desk: Person, reader: Person
) -> None:
    numbers = [posted(reader, f"{FAIR} {n}") for n in range(3)]
    page = desk.get(press(desk, "spam", *(f"{number}:1" for number in numbers)).location).text
    undo = re.search(r'action="(/desk/decisions/\d+/undo)"', page)
    assert undo
    assert "Undo all" in page
    press(signed_in(held, "root", Role.ADMIN), "approve", f"{numbers[1]}:2")
    after = desk.get(desk.post(undo[1], {"bulk": "yes"}).location).text
    assert "2 comments put back to where they were." in after
    assert "root made it approved" in after
    assert [status_of(held, number) for number in numbers] == [Status.HELD, Status.APPROVED, Status.HELD]
    assert desk.post("/desk/decisions/1/undo", {"bulk": "yes"}).status_code == 404


def test_a_long_list_of_articles_goes_on(held: Flask, desk: Person) -> None:
    for n in range(101):
        add_article(held, f"article-{n}")
    first = desk.get("/desk/articles").text
    older = re.search(r'href="(/desk/articles\?before=\d+)"', first)
    assert older
    second = desk.get(older[1]).text
    listed = re.findall(r'href="/articles/([\w-]+)"', first + second)
    assert len(listed) == len(set(listed)) == 102
    assert "Older articles" not in second


def test_a_second_press_of_the_same_button_is_told_that_it_is_done(
    held: Flask, desk: Person, reader: Person
) -> None:
    number = posted(reader)
    press(desk, "approve", f"{number}:1")
    second = press(desk, "approve", f"{number}:1")
    assert second.status_code == 409
    assert "max made it approved" in second.text
    assert version_of(held, number) == 2
