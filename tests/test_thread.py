"""Readers read: pages of a thread, permalinks, order, nesting, caching."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from models import Article, Comment, CommentText, writing
from moderation.vocabulary import Mode, Status
from tests.conftest import add_article
from tests.people import Person


def seed(app: Flask, shape: str, article: str = "the-ferry") -> None:
    """Store approved comments in the shape of a line such as `1 2<1 3<2 4`: number, and what it answers."""
    with app.app_context(), writing() as session:
        row = session.query(Article).filter_by(key=article).one()
        for word in shape.split():
            number, _, parent_id = word.partition("<")
            hidden = number.endswith("!")
            parent = session.get(Comment, int(parent_id)) if parent_id else None
            comment = Comment(
                id=int(number.rstrip("!")),
                article_id=row.id,
                parent_id=parent.id if parent else None,
                depth=parent.depth + 1 if parent else 1,
                name=f"Reader {number}",
                status=Status.HELD if hidden else Status.APPROVED,
                arrived_at=datetime.now(UTC),
                changed_at=datetime.now(UTC),
            )
            comment.path = (parent.path if parent else "") + f"{comment.id:010d}"
            comment.root_id = parent.root_id if parent else comment.id
            session.add(comment)
            session.flush()
            session.add(
                CommentText(comment_id=comment.id, n=1, text=f"Text {number}", written_at=datetime.now(UTC))
            )
            row.approved_count += not hidden
            row.revision += 1


def shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<li class="comment[^>]* id="comment-(\d+)"', page)]


def next_page(page: str) -> str | None:
    found = re.search(r'href="(/articles/[^"]*after=\d+)[^"]*" rel="next"', page)
    return found and found.group(1)


def walked(ada: Person) -> list[list[int]]:
    pages, url = [], "/articles/the-ferry"
    while url:
        page = ada.get(url).text
        pages.append(shown(page))
        url = next_page(page)
    return pages


def test_replies_stand_below_what_they_answer(ada: Person, article: Article, app: Flask) -> None:
    seed(app, "1 2 3<1 4<3 5<2 6")
    assert walked(ada) == [[1, 3, 4, 2, 5, 6]]


@pytest.mark.parametrize(
    ("order", "pages"),
    [("oldest", [[1, 4], [5, 2], [3, 6]]), ("newest", [[3, 6], [2, 1], [4, 5]])],
)
def test_pages_follow_each_other_without_a_gap(
    make_app: Callable[..., Flask], order: str, pages: list[list[int]]
) -> None:
    app = make_app(order=order, comments_per_page=2)
    add_article(app)
    seed(app, "1 2 3 4<1 5<4 6<3")
    assert walked(Person(app, "Ada", "")) == pages


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("number", range(1, 10))
def test_a_permalink_leads_to_the_page_that_shows_the_comment(
    make_app: Callable[..., Flask], order: str, number: int
) -> None:
    app = make_app(order=order, comments_per_page=3)
    add_article(app)
    seed(app, "1 2 3<1 4<3 5<3 6<1 7 8<2 9")
    ada = Person(app, "Ada", "")
    answer = ada.get(f"/comments/{number}")
    assert answer.status_code == 303
    assert answer.location.endswith(f"#comment-{number}")
    assert number in shown(ada.get(answer.location).text)


def test_a_permalink_to_what_is_not_public_leads_nowhere(ada: Person, article: Article, app: Flask) -> None:
    seed(app, "1 2!")
    assert ada.get("/comments/2").status_code == 404
    assert ada.get("/comments/99999999999999").status_code == 404


def test_a_reply_stays_when_what_it_answers_is_no_longer_public(
    ada: Person, article: Article, app: Flask
) -> None:
    seed(app, "1! 2<1 3<2")
    page = ada.get("/articles/the-ferry").text
    assert shown(page) == [2, 3]
    assert "no longer here" in page
    assert "Text 1" not in page


def test_a_page_that_begins_inside_a_thread_says_whom_it_answers(make_app: Callable[..., Flask]) -> None:
    app = make_app(comments_per_page=2)
    add_article(app)
    seed(app, "1 2<1 3<1")
    page = Person(app, "Ada", "").get("/articles/the-ferry?after=2").text
    assert shown(page) == [3]
    assert "In reply to" in page
    assert "Reader 1" in page


def test_an_unchanged_page_is_not_sent_again(ada: Person, article: Article, app: Flask) -> None:
    first = ada.get("/articles/the-ferry")
    tag = {"If-None-Match": first.headers["ETag"]}
    for known in (tag, {"If-None-Match": "W/" + first.headers["ETag"]}):
        again = ada.get("/articles/the-ferry", headers=known)
        assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"]
    seed(app, "1")
    assert ada.get("/articles/the-ferry", headers=tag).status_code == 200


def test_a_public_page_reads_no_cookie_and_varies_by_none(
    ada: Person, article: Article, clock: time_machine.Traveller
) -> None:
    plain = ada.get("/articles/the-ferry")
    ada.client.set_cookie("gatepost_reader", "whatever")
    assert ada.get("/articles/the-ferry").data == plain.data
    assert "Cookie" not in plain.headers.get("Vary", "")
    assert "Set-Cookie" not in plain.headers


def test_a_browser_that_takes_gzip_gets_the_same_page_packed(
    ada: Person, article: Article, app: Flask, clock: time_machine.Traveller
) -> None:
    seed(app, "1 2<1")
    plain = ada.get("/articles/the-ferry")
    for accepted in ("gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.8, *;q=0.1", "*"):
        packed = ada.get("/articles/the-ferry", headers={"Accept-Encoding": accepted})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data) / 2
        assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
        assert packed.headers["ETag"] != plain.headers["ETag"]
    known = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert ada.get("/articles/the-ferry", headers=known).status_code == 304
    assert ada.get("/articles/the-ferry", headers=known | {"Accept-Encoding": ""}).status_code == 200
    for refused in ("", "br", "not-gzip", "gzip;q=0", "gzip;q=0, *;q=0.5", "gzip;q=nan"):
        answer = ada.get("/articles/the-ferry", headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in answer.headers
        assert answer.data == plain.data


def test_a_packed_page_holds_a_token_of_its_own_and_none_where_the_article_is_closed(
    ada: Person, article: Article, app: Flask, clock: time_machine.Traveller
) -> None:
    def token() -> str:
        page = gzip.decompress(ada.get("/articles/the-ferry", headers={"Accept-Encoding": "gzip"}).data)
        return "".join(re.findall(r'name="gatepost_token" value="([^"]+)"', page.decode()))

    first = token()
    clock.shift(5)
    assert first != token() != ""
    with app.app_context(), writing() as session:
        session.get_one(Article, article.id).mode = Mode.CLOSED
    assert token() == ""


@pytest.mark.parametrize("asked", ["999", "-1", "x", "99999999999999999999", "%00", "1;drop"])
def test_a_page_after_nothing_is_not_found(ada: Person, article: Article, asked: str) -> None:
    assert ada.get(f"/articles/the-ferry?after={asked}").status_code in {400, 404}


def test_hostile_words_stay_words(ada: Person, article: Article, app: Flask) -> None:
    seed(app, "1")
    with app.app_context(), writing() as session:
        comment = session.get_one(Comment, 1)
        comment.name = "<script>alert(1)</script>"
        comment.website = "javascript:alert(1)"
        session.get_one(
            CommentText, (1, 1)
        ).text = "<img src=x onerror=alert(1)> {{7*7}} <b onclick=x>bold</b>"
        session.get_one(Article, comment.article_id).revision += 1
    page = ada.get("/articles/the-ferry").text
    assert "<script>alert" not in page
    assert "javascript:" not in page
    assert "<img src=x" not in page
    assert "<b>bold</b>" in page
    assert "{{7*7}}" in page


@pytest.mark.parametrize("path", ["/", "/articles/the-ferry", "/nope", "/static/base.css"])
def test_every_answer_keeps_to_itself(ada: Person, article: Article, path: str) -> None:
    headers = ada.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_assets_are_kept_for_long_under_an_address_that_changes(ada: Person, article: Article) -> None:
    link = re.search(r'href="(/static/base\.css\?v=[0-9a-f]{12})"', ada.get("/").text)
    assert link
    kept = ada.get(link.group(1)).headers["Cache-Control"]
    assert "max-age=31536000" in kept
    assert "immutable" in kept
    assert "no-cache" not in kept


@pytest.mark.parametrize(
    "found",
    [
        {"PATH_INFO": "/articles/\xff"},
        {"PATH_INFO": "/articles/a\x00b"},
        {"PATH_INFO": "/articles/the-ferry", "QUERY_STRING": "after=%c3%28"},
    ],
)
def test_bytes_that_are_no_text_are_refused(ada: Person, article: Article, found: dict[str, str]) -> None:
    answer = ada.get("/", environ_overrides=found)
    assert answer.status_code == 400
    assert "could not be read" in answer.text


def test_the_front_page_pages_by_key(ada: Person, app: Flask) -> None:
    for n in range(25):
        add_article(
            app, key=f"story-{n:02}", title=f"Story {n:02}", published_at=datetime(2026, 1, n + 1, tzinfo=UTC)
        )
    first = ada.get("/").text
    assert "Story 24" in first
    assert "Story 04" not in first
    older = re.search(r'href="(/\?before=\d+)"', first)
    assert older
    second = ada.get(older.group(1)).text
    assert "Story 04" in second
    assert "Story 00" in second
    assert "Story 05" not in second


def test_other_settings_make_other_pages(
    make_app: Callable[..., Flask], clock: time_machine.Traveller
) -> None:
    app = make_app()
    add_article(app)
    tag = Person(app, "Ada", "").get("/articles/the-ferry").headers["ETag"]
    changed = Person(make_app(site_name="The Kell Gazette"), "Ada", "").get(
        "/articles/the-ferry", headers={"If-None-Match": tag}
    )
    assert changed.status_code == 200
    assert "The Kell Gazette" in changed.text


def test_any_tag_at_all_is_no_tag_of_ours(ada: Person, article: Article) -> None:
    star = {"If-None-Match": "*"}
    assert ada.get("/articles/the-ferry", headers=star).status_code == 200
    assert ada.get("/articles/the-ferry?after=999", headers=star).status_code == 404
    assert ada.get("/articles/the-ferry?replytocom=999", headers=star).status_code == 403


@pytest.mark.parametrize("path", ["/articles//the-ferry", "//articles/the-ferry", "/desk"])
def test_the_host_header_is_never_repeated(ada: Person, article: Article, path: str) -> None:
    answer = ada.get("/", environ_overrides={"PATH_INFO": path, "HTTP_HOST": "evil.example.com"})
    assert "evil.example.com" not in answer.headers.get("Location", "") + answer.text


def test_an_article_says_where_it_was_published(ada: Person, app: Flask) -> None:
    add_article(app, url="https://news.example.org/ferry")
    assert 'href="https://news.example.org/ferry"' in ada.get("/articles/the-ferry").text
