"""Ada reads an article and leaves a reply."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from models import Article, Comment, CommentText, Contact, Decision, DecisionReason, Link, Scoring, db
from moderation.vocabulary import Mode, Status
from moderation.web.limits import limiter
from tests.conftest import NOON, add_article
from tests.people import Person, number_in

KIND = "The timetable on the pier still shows last winter's times, so I missed the boat twice this week."
PITCH = "Best online casino bonus!!! Cheap viagra pills, visit http://win.example.net now, earn $5000 a week"


def stored(app: Flask, number: int) -> Comment:
    with app.app_context():
        comment = db.session.get(Comment, number)
        assert comment is not None
        return comment


def reasons(app: Flask, number: int) -> list[str]:
    with app.app_context():
        query = select(DecisionReason.code).join(Decision).where(Decision.comment_id == number)
        return list(db.session.scalars(query.order_by(DecisionReason.position)))


def test_a_good_comment_appears_at_once(ada: Person, article: Article) -> None:
    answer = ada.comment(KIND)
    assert answer.status_code == 303
    page = ada.get(answer.location)
    assert "missed the boat" in page.text
    assert "awaiting moderation" not in page.text
    assert "1 comment" in page.text


def test_a_pitch_is_held_back_and_ada_never_sees_it(
    mallory: Person, ada: Person, article: Article, app: Flask
) -> None:
    answer = mallory.comment(PITCH, url="http://win.example.net")
    assert answer.status_code == 303
    assert stored(app, number_in(answer)).status in {Status.HELD, Status.SPAM}
    assert "casino" not in ada.get("/articles/the-ferry").text


def test_the_author_alone_sees_a_held_comment(make_app: Callable[..., Flask]) -> None:
    app = make_app(hold_everything=True)
    add_article(app)
    ada, eve = Person(app, "Ada", "ada@example.org"), Person(app, "Eve", "eve@example.com")
    answer = ada.comment(KIND)
    own = ada.get(answer.location)
    assert "Your comment is awaiting moderation" in own.text
    assert own.headers["Cache-Control"] == "no-store"
    assert own.headers["X-Robots-Tag"] == "noindex"
    assert own.headers["Referrer-Policy"] == "no-referrer"
    assert "missed the boat" not in eve.get("/articles/the-ferry").text


def test_the_link_to_a_held_comment_expires(
    make_app: Callable[..., Flask], clock: time_machine.Traveller
) -> None:
    app = make_app(hold_everything=True, held_days=2)
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    link = ada.comment(KIND).location
    clock.move_to(NOON + timedelta(days=1))
    assert ada.get(link).status_code == 200
    clock.move_to(NOON + timedelta(days=3))
    assert ada.get(link).status_code == 404


def test_a_forged_link_shows_nothing(ada: Person, article: Article) -> None:
    assert ada.get("/articles/the-ferry?held=MQ.aaaaaa.bbbb").status_code == 404


def test_nothing_readable_of_the_address_is_stored(ada: Person, article: Article, app: Flask) -> None:
    number = number_in(ada.comment(KIND))
    with app.app_context():
        contact = db.session.get(Contact, number)
        assert contact is not None
        assert contact.sealed_address is not None
        assert b"ada" not in contact.sealed_address
        sealed = app.extensions["gatepost"].vault
        assert len(contact.address_fingerprint or b"") == 32
        from moderation.privacy import Sealed

        opened = sealed.open(Sealed(contact.key_id or "", contact.sealed_address), f"comment:{number}")
        assert opened == "ada@example.org"


def test_an_arrival_is_scored_judged_and_counted_in_one_go(ada: Person, article: Article, app: Flask) -> None:
    number = number_in(ada.comment(f"{KIND} More on https://pier.example.org/times"))
    with app.app_context():
        comment = db.session.get_one(Comment, number)
        assert db.session.scalar(select(Scoring.log_odds).where(Scoring.comment_id == number)) == comment.risk
        assert db.session.scalar(select(Link.domain).where(Link.comment_id == number)) == "example.org"
        decision = db.session.scalars(select(Decision).where(Decision.comment_id == number)).one()
        assert (decision.moderator_id, decision.to_status, decision.version) == (None, comment.status, 1)
        row = db.session.get_one(Article, article.id)
        assert row.approved_count + row.held_count + row.spam_count == 1


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("comment", "  \u200b ", "Please write a comment."),
        ("comment", "\u3164\u2800\u115f", "Please write a comment."),
        ("author", "\u3164", "Please give a name."),
        ("author", "", "Please give a name."),
        ("author", "ada@example.org", "names are public"),
        ("email", "", "Please give an email address."),
        ("email", "ada at home", "not a complete email address"),
        ("email", "a" * 101, "100 characters are the most"),
        ("author", "a" * 246, "245 characters are the most"),
        ("comment", "a" * 65_526, "65,525 characters are the most"),
        ("url", "javascript:alert(1)", "not the address of a website"),
        ("url", "https://ada@example.org", "websites are public"),
        ("url", "h" * 201, "200 characters are the most"),
    ],
)
def test_a_fault_is_named_and_everything_typed_is_kept(
    ada: Person, article: Article, app: Flask, field: str, typed: str, sentence: str
) -> None:
    answer = ada.comment(
        **{"text": "Seven is <too> early & late", "url": "https://a.example.org", field: typed}
    )
    if field == "comment":
        answer = ada.comment(typed, url="https://a.example.org")
    assert answer.status_code == 422
    assert answer.headers["Cache-Control"] == "no-store"
    assert sentence in answer.text
    assert f'href="#{field}"' in answer.text
    assert (
        f'aria-describedby="{"email-notes email-hint " if field == "email" else ""}{field}-fault"'
        in answer.text
    )
    if field != "comment":
        assert "Seven is &lt;too&gt; early &amp; late" in answer.text
    if field != "url":
        assert "https://a.example.org" in answer.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Comment)) == 0


def test_name_and_email_may_be_optional(make_app: Callable[..., Flask]) -> None:
    app = make_app(require_name_email=False)
    add_article(app)
    answer = Person(app, "", "").comment(KIND)
    assert answer.status_code == 303
    with app.app_context():
        assert db.session.get_one(Contact, number_in(answer)).sealed_address is None


def test_the_longest_comment_of_the_largest_letters_is_taken(ada: Person, article: Article) -> None:
    assert ada.comment("😀" * 65_525).status_code == 303


def test_more_than_any_comment_could_be_is_refused(ada: Person, article: Article) -> None:
    assert ada.comment("a" * (1024 * 1024)).status_code == 413


def test_pressing_twice_stores_one_comment(ada: Person, article: Article, app: Flask) -> None:
    first, second = ada.comment(KIND), ada.comment(KIND)
    assert number_in(first) == number_in(second)


def test_six_presses_at_once_store_one_comment(ada: Person, article: Article, app: Flask) -> None:
    fields = {"comment": KIND, "author": "Ada", "email": "ada@example.org"}

    def press(_: int) -> int:
        return number_in(Person(app, "Ada", "").post("/articles/the-ferry/comments", fields))

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(press, range(6)))) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Comment)) == 1


def test_the_same_words_later_are_a_duplicate_whatever_the_address(
    ada: Person, article: Article, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOON)
    ada.comment(KIND)
    clock.move_to(NOON + timedelta(minutes=11))
    answer = ada.comment(KIND, email="somebody.else@example.com")
    assert answer.status_code == 409
    assert "You said that already" in answer.text
    assert "missed the boat" in answer.text


def test_a_reply_stands_below_what_it_answers(ada: Person, article: Article, app: Flask) -> None:
    first = number_in(ada.comment(KIND))
    second = number_in(ada.comment("They changed it on Monday, I think.", comment_parent=first))
    if stored(app, second).status is not Status.APPROVED:
        pytest.fail("the fixture's words must be plainly fine")
    page = ada.get("/articles/the-ferry").text
    assert page.index(f'id="comment-{first}"') < page.index(f'id="comment-{second}"')
    assert stored(app, second).path.startswith(stored(app, first).path)


def test_the_form_answers_a_comment_without_script(ada: Person, article: Article) -> None:
    first = number_in(ada.comment(KIND))
    page = ada.get(f"/articles/the-ferry?replytocom={first}").text
    assert "Leave a Reply to <bdi>Ada</bdi>" in page
    assert f'name="comment_parent" id="comment_parent" value="{first}"' in page
    assert 'name="robots" content="noindex"' in page


@pytest.mark.parametrize("parent", ["999", "-1", "junk", "1e3", "99999999999999999999"])
def test_a_parent_that_is_not_there_cannot_be_answered(ada: Person, article: Article, parent: str) -> None:
    answer = ada.comment(KIND, comment_parent=parent)
    assert answer.status_code == 403
    assert "missed the boat" in answer.text


def test_a_parent_of_another_article_cannot_be_answered(ada: Person, article: Article, app: Flask) -> None:
    add_article(app, key="the-bread", title="The bread")
    elsewhere = number_in(ada.comment(KIND, article="the-bread"))
    assert ada.comment("And here?", comment_parent=elsewhere).status_code == 403


def test_a_closed_article_takes_nothing_and_gives_the_words_back(ada: Person, app: Flask) -> None:
    add_article(app, mode=Mode.CLOSED)
    answer = ada.comment(KIND)
    assert answer.status_code == 403
    assert "Comments are closed" in answer.text
    assert "missed the boat" in answer.text


def test_an_article_closes_by_itself(make_app: Callable[..., Flask], clock: time_machine.Traveller) -> None:
    app = make_app(close_after_days=14)
    add_article(app, published_at=NOON)
    ada = Person(app, "Ada", "ada@example.org")
    clock.move_to(NOON + timedelta(days=15))
    assert "Comments are closed" in ada.get("/articles/the-ferry").text
    assert ada.comment(KIND).status_code == 403


def test_an_unpublished_article_is_nowhere(ada: Person, app: Flask) -> None:
    add_article(app, published=False)
    assert ada.get("/articles/the-ferry").status_code == 404
    assert ada.comment(KIND).status_code == 404
    assert "The ferry" not in ada.get("/").text


def test_an_article_that_holds_lets_every_comment_wait(ada: Person, app: Flask) -> None:
    add_article(app, mode=Mode.HOLDING)
    number = number_in(ada.comment(KIND))
    assert stored(app, number).status is Status.HELD
    assert "article-holds" in reasons(app, number)


def test_the_compatible_route_takes_the_same_form(ada: Person, article: Article, app: Flask) -> None:
    fields = {
        **ada.form(),
        "comment": KIND,
        "author": "Ada",
        "email": "ada@example.org",
        "submit": "Post Comment",
    }
    answer = ada.post("/wp-comments-post.php", fields)
    assert answer.status_code == 303
    assert stored(app, number_in(answer)).article_id == article.id


@pytest.mark.parametrize("number", ["", "0", "999", "x", "1 or 1=1"])
def test_the_compatible_route_knows_no_other_article(ada: Person, article: Article, number: str) -> None:
    fields = {"comment": KIND, "author": "Ada", "email": "ada@example.org", "comment_post_ID": number}
    assert ada.post("/wp-comments-post.php", fields).status_code == 404


def test_a_plain_form_from_elsewhere_is_held_not_refused(ada: Person, article: Article, app: Flask) -> None:
    fields = {"comment": KIND, "author": "Ada", "email": "ada@example.org"}
    answer = ada.client.post("/articles/the-ferry/comments", data=fields)
    assert answer.status_code == 303
    assert reasons(app, number_in(answer)) == ["form-token-missing"]


def test_another_sites_page_may_not_post(ada: Person, article: Article) -> None:
    fields = {"comment": KIND, "author": "Ada", "email": "ada@example.org"}
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example.com"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    ):
        assert (
            ada.client.post("/articles/the-ferry/comments", data=fields, headers=headers).status_code == 403
        )


def test_a_named_origin_may_post(make_app: Callable[..., Flask]) -> None:
    app = make_app(form_origins=("https://news.example.org",))
    add_article(app)
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://news.example.org"}
    answer = Person(app, "Ada", "ada@example.org").client.post(
        "/articles/the-ferry/comments",
        data={"comment": KIND, "author": "Ada", "email": "ada@example.org"},
        headers=headers,
    )
    assert answer.status_code == 303


def test_the_honeypot_and_a_hasty_form_wait_for_a_person(make_app: Callable[..., Flask]) -> None:
    app = make_app(form_min_seconds=5)
    add_article(app)
    number = number_in(Person(app, "Ada", "ada@example.org").comment(KIND, subject="filled"))
    assert reasons(app, number) == ["honeypot", "form-token-fresh"]


def test_who_mends_a_fault_at_once_is_not_hasty_the_form_is_as_old_as_it_was(
    make_app: Callable[..., Flask], clock: time_machine.Traveller
) -> None:
    app = make_app(form_min_seconds=5)
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    clock.move_to(NOON)
    form = ada.form()
    typed = {**form, "comment": KIND, "author": "Ada", "email": "ada@"}
    clock.move_to(NOON + timedelta(minutes=1))
    page = ada.post("/articles/the-ferry/comments", typed)
    assert page.status_code == 422
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)"[^>]* value="([^"]*)"', page.text))
    assert again["gatepost_token"] == form["gatepost_token"]
    answer = ada.post("/articles/the-ferry/comments", {**typed, **again, "email": ada.email})
    assert reasons(app, number_in(answer)) == []
    made_up = ada.post("/articles/the-ferry/comments", {**typed, "gatepost_token": "NA.made.up"})
    assert "made.up" not in made_up.text


def test_an_old_form_waits(ada: Person, article: Article, app: Flask, clock: time_machine.Traveller) -> None:
    clock.move_to(NOON)
    form = ada.form()
    clock.move_to(NOON + timedelta(hours=30))
    fields = {**form, "comment": KIND, "author": "Ada", "email": "ada@example.org"}
    answer = ada.post("/articles/the-ferry/comments", fields)
    assert reasons(app, number_in(answer)) == ["form-token-old"]


def test_too_many_posts_from_one_network_are_told_when_to_come_back(make_app: Callable[..., Flask]) -> None:
    app = make_app(limit_posts="3 per minute")
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")

    def send(n: int) -> int:
        fields = {"comment": f"{KIND} {n}", "author": "Ada", "email": "ada@example.org"}
        return Person(app, "Ada", "").post("/articles/the-ferry/comments", fields).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(send, range(12)))
    assert answers == [303] * 3 + [429] * 9
    answer = ada.comment("Once more, by another route.", article="the-ferry")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert "Once more, by another route." in answer.text


def test_a_comment_within_its_limits_is_not_sent_through_all_that_a_limit_may_be(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(limit_posts="1 per minute")
    add_article(app)
    asked = []
    by_library = type(limiter)._check_request_limit
    monkeypatch.setattr(
        type(limiter), "_check_request_limit", lambda *a, **k: (asked.append(1), by_library(*a, **k))
    )
    ada = Person(app, "Ada", "ada@example.org")
    assert ada.comment(f"{KIND} 1", article="the-ferry").status_code == 303
    assert asked == []
    assert ada.comment(f"{KIND} 2", article="the-ferry").status_code == 429
    assert asked == [1]


def test_of_two_limits_the_stricter_one_counts_and_what_is_refused_counts_for_neither(
    make_app: Callable[..., Flask], clock: time_machine.Traveller
) -> None:
    app = make_app(limit_posts="2 per minute; 3 per hour")
    add_article(app)

    def send(n: int) -> int:
        fields = {"comment": f"{KIND} {n}", "author": "Ada", "email": "ada@example.org"}
        return Person(app, "Ada", "").post("/articles/the-ferry/comments", fields).status_code

    assert [send(n) for n in range(4)] == [303, 303, 429, 429]
    clock.shift(timedelta(minutes=2))
    assert [send(n) for n in range(4, 6)] == [303, 429]
    clock.shift(timedelta(hours=1))
    assert send(6) == 303


def test_an_address_typed_into_the_text_is_hidden_and_the_reader_is_told(
    ada: Person, article: Article, app: Flask
) -> None:
    answer = ada.comment(f"{KIND} Write to me: Ada.Test@Example.org please.")
    assert "told=hidden" in answer.location
    page = ada.get(answer.location).text
    assert "is hidden" in page
    assert "ada.test@example.org" not in page.lower()
    with app.app_context():
        kept = db.session.scalars(select(CommentText.text)).one()
        assert "ada.test@example.org" not in kept.lower()


def test_only_the_box_lets_the_browser_be_remembered(ada: Person, article: Article) -> None:
    assert "Set-Cookie" not in ada.comment(KIND).headers
    cookie = ada.comment("A second one.", **{"wp-comment-cookies-consent": "yes"}).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "ada" not in cookie.lower()


def test_a_known_reader_is_spared_what_only_guesses(make_app: Callable[..., Flask]) -> None:
    app = make_app(hold_first_time=True)
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    first = number_in(ada.comment(KIND, **{"wp-comment-cookies-consent": "yes"}))
    assert reasons(app, first) == ["first-comment"]
    assert stored(app, number_in(ada.comment("Not known yet, so this waits too."))).status is Status.HELD
    with app.app_context():
        db.session.get_one(Comment, first).status = Status.APPROVED
        db.session.commit()
    assert stored(app, number_in(ada.comment("Now the gatepost knows me."))).status is Status.APPROVED
    same_address = Person(app, "Ada", "ada@example.org")
    assert stored(app, number_in(same_address.comment("An address proves nothing."))).status is Status.HELD


def test_words_that_hold_and_words_that_spam(make_app: Callable[..., Flask]) -> None:
    app = make_app(words_that_hold=("lighthouse",), words_that_spam=("Zeppelin",))
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    assert reasons(app, number_in(ada.comment("The LIGHTHOUSE, again."))) == ["word-holds"]
    assert stored(app, number_in(ada.comment("A zeppelin over the pier."))).status is Status.SPAM
    assert (
        stored(app, number_in(ada.comment("Three lighthouses and the zeppelins."))).status is Status.APPROVED
    )


def test_json_takes_the_same_rules(ada: Person, article: Article, app: Flask) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    fields = {"comment": KIND, "author": "Ada", "email": "ada@example.org", "status": "approved", "id": 77}
    answer = ada.post("/articles/the-ferry/comments", json.dumps(fields), headers=headers)
    assert answer.status_code == 303
    assert stored(app, number_in(answer)).status is Status.HELD
    answer = ada.post("/articles/the-ferry/comments", json.dumps({"comment": 7}), headers=headers)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert [fault["field"] for fault in answer.get_json()["faults"]] == ["comment", "author", "email"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"comment": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"comment=%ff%fe&author=a", "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"<a/>", "text/xml", 400),
        (b"a&" * 5000, "application/x-www-form-urlencoded", 413),
        (b"comment=%00", "application/x-www-form-urlencoded", 422),
    ],
)
def test_junk_is_answered_in_the_products_clothes(
    ada: Person, article: Article, body: bytes, kind: str, status: int
) -> None:
    answer = ada.post("/articles/the-ferry/comments", body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert "<h1" in answer.text


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/thanks?x=1", "/thanks?x=1"),
        ("https://evil.example.com/", "/articles/the-ferry"),
        ("//evil.example.com/", "/articles/the-ferry"),
        ("/\\evil.example.com", "/articles/the-ferry"),
        ("javascript:alert(1)", "/articles/the-ferry"),
        ("/a\r\nX: y", "/articles/the-ferry"),
    ],
)
def test_no_redirect_leaves_the_site(ada: Person, article: Article, asked: str, goes: str) -> None:
    assert ada.comment(KIND, redirect_to=asked).location.partition("#")[0] == goes


def test_a_method_that_is_not_taken_is_told(ada: Person, article: Article) -> None:
    answer = ada.client.put("/articles/the-ferry/comments", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_page_that_hides_where_it_is_may_still_post(ada: Person, article: Article) -> None:
    fields = {"comment": KIND, "author": "Ada", "email": "ada@example.org"}
    answer = ada.client.post("/articles/the-ferry/comments", data=fields, headers={"Origin": "null"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "fields",
    [
        {"comment": "\ud800", "author": ""},
        {"comment": KIND, "author": "Ada", "email": "ada@example.org", "gatepost_token": "\ud800"},
        {"comment": None, "author": None, "email": None, "url": None},
        {"comment": {"a": [1]}, "author": True, "email": 1e300, "comment_parent": {}},
    ],
)
def test_no_json_breaks_a_page(ada: Person, article: Article, fields: dict[str, object]) -> None:
    answer = ada.post("/articles/the-ferry/comments", json=fields)
    assert answer.status_code in {303, 403, 422}
    assert "None" not in answer.text


def test_junk_beyond_the_limit_is_still_told_apart(make_app: Callable[..., Flask]) -> None:
    app = make_app(limit_posts="1 per minute")
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    ada.comment(KIND)
    for body in (b"{", b"[]", b'{"comment": "\\ud800"}'):
        answer = ada.post("/articles/the-ferry/comments", body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 429
        assert answer.headers["Retry-After"]


def test_a_busy_database_hands_the_words_back(
    ada: Person, article: Article, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.intake import Intake

    def busy(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(Intake, "_stored", busy)
    answer = ada.comment(KIND, url="https://ada.example.org")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    for typed in ("missed the boat", "ada@example.org", "https://ada.example.org"):
        assert typed in answer.text


def test_an_unexpected_fault_hands_the_words_back_and_tells_nothing(
    ada: Person, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.intake import Intake

    def broken(*_: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(Intake, "_stored", broken)
    answer = ada.comment(KIND)
    assert answer.status_code == 500
    assert "missed the boat" in answer.text
    assert "secret words" not in answer.text


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/articles/gone/comments", {"Sec-Fetch-Site": "same-origin"}, 404),
        ("/wp-comments-post.php", {"Sec-Fetch-Site": "same-origin"}, 404),
        ("/articles/the-ferry/comments", {"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_words_sent_to_the_wrong_place_can_still_be_copied(
    ada: Person, article: Article, path: str, headers: dict[str, str], status: int
) -> None:
    fields = {"comment": KIND, "author": "Ada Typed", "email": "ada@example.org"}
    answer = ada.client.post(path, data=fields, headers=headers)
    assert answer.status_code == status
    assert "missed the boat" in answer.text
    assert "Ada Typed" in answer.text


def test_a_second_press_leaves_the_browser_its_first_token(ada: Person, article: Article) -> None:
    box = {"wp-comment-cookies-consent": "yes"}
    form = {**ada.form(), "comment": KIND, "author": "Ada", "email": "ada@example.org", **box}
    first = ada.client.post("/articles/the-ferry/comments", data=form)
    ada.client.delete_cookie("gatepost_reader")
    second = ada.client.post("/articles/the-ferry/comments", data=form)
    assert "Set-Cookie" in first.headers
    assert "Set-Cookie" not in second.headers


@pytest.mark.parametrize("token", ["a", "", "x" * 44, "../../etc"])
def test_a_made_up_token_is_replaced(ada: Person, article: Article, token: str) -> None:
    ada.client.set_cookie("gatepost_reader", token)
    cookie = ada.comment(KIND, **{"wp-comment-cookies-consent": "yes"}).headers["Set-Cookie"]
    assert f"gatepost_reader={token};" not in cookie


def test_the_address_is_hidden_with_one_sentence(ada: Person, article: Article) -> None:
    page = ada.get(ada.comment(f"{KIND} Write to ada.test@example.org please.").location).text
    assert page.count("is hidden") == 1


def test_an_own_address_by_its_full_name_is_followed_by_path(ada: Person, article: Article) -> None:
    answer = ada.comment(KIND, redirect_to="http://localhost/thanks?x=1")
    assert answer.location.partition("#")[0] == "/thanks?x=1"


def test_ones_own_address_in_pieces_is_hidden_in_the_text_and_refused_as_a_name(
    app: Flask, article: Article, ada: Person
) -> None:
    answer = ada.comment("Write to ada at example dot org, or to ada @example.org please.")
    assert answer.status_code == 303
    page = ada.get(answer.location).text
    assert "example" not in re.sub(r"<head>.*?</head>", "", page, flags=re.DOTALL)
    for typed in ({"author": "ada (at) example.org"}, {"url": "https://example.org/ada<b>@</b>example.org"}):
        answer = ada.comment("The boat was late.", **typed)
        assert answer.status_code == 422
        assert "Please" in answer.text


def test_no_address_can_be_written_backwards(ada: Person, article: Article) -> None:
    page = ada.get(ada.comment(f"{KIND} \u202egro.elpmaxe@ada\u202c", author="\u202eadA").location).text
    assert "\u202e" not in page
    assert "\u202d" not in page
