"""The hard shell: what is no text, no page, no method and no field of ours is told so, in few words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from models import Article, Comment, db
from moderation.parts import parts
from moderation.privacy import RootKeys, Vault
from moderation.privacy.keys import RootKey
from moderation.vocabulary import Status
from moderation.web import tokens
from tests.conftest import NOON, add_article
from tests.people import FAIR, Person
from tests.roles import knocks


def test_every_answer_says_its_type_and_its_encoding(app: Flask, article: Article, root: Person) -> None:
    for knock in knocks(app):
        answer = root.client.open(knock.path, method=knock.method)
        if answer.data:
            kind = answer.headers["Content-Type"]
            assert re.fullmatch(r"(text|application|image)/[a-z+.-]+(; charset=utf-8)?", kind), knock
            assert "charset" in kind or not kind.startswith("text/"), knock


def test_no_method_but_those_of_the_pages_is_answered(article: Article, ada: Person) -> None:
    for method in ("TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND", "QUERY"):
        for path in ("/", "/articles/the-ferry", "/desk/", "/healthz"):
            answer = ada.client.open(path, method=method, headers={"Sec-Fetch-Site": "same-origin"})
            assert 400 <= answer.status_code < 500, (method, path)
            assert "the ferry" not in answer.text.lower()


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/static/",
        "/static/../guard.py",
        "/static/%2e%2e/guard.py",
        "/static/..%2fguard.py",
        "/static/%2e%2e%2f%2e%2e%2fsettings.py",
        "/static///etc/passwd/",
        "/static/..\\guard.py",
        "/root.key",
        "/gatepost.sqlite3",
        "/instance/root.key",
        "/wsgi.py",
    ],
)
def test_no_path_leads_out_of_the_packaged_files(app: Flask, ada: Person, path: str) -> None:
    answer = ada.client.get(path, follow_redirects=True)
    assert answer.status_code in {400, 404}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello"),
        (b"Content-Length: +5\r\n", b"hello"),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked, gzip\r\n", b"hello"),
        (b"Transfer-Encoding: xchunked\r\n", b"5\r\nhello\r\n0\r\n\r\n"),
        (b"Content-Length : 5\r\n", b"hello"),
        (b"Bad\x00Name: 5\r\n", b""),
    ],
)
def test_two_lengths_or_an_unknown_encoding_are_refused_by_the_server(headers: bytes, body: bytes) -> None:
    read = HTTPRequestParser(Adjustments())
    read.received(b"POST / HTTP/1.1\r\nHost: a.example\r\n" + headers + b"\r\n" + body)
    assert read.error is not None


def test_a_line_break_in_the_query_is_junk_also_where_the_path_is_put_right(ada: Person) -> None:
    for path in ("/articles//the-ferry", "/", "/desk//"):
        answer = ada.client.get(path, environ_overrides={"QUERY_STRING": "a=\r\nSet-Cookie: b=c"})
        assert answer.status_code == 400
        assert "Set-Cookie" not in answer.headers


def test_a_file_in_a_form_is_no_comment(article: Article, ada: Person) -> None:
    sent = {"author": "Ada", "email": ada.email, "comment": (__import__("io").BytesIO(b"GIF89a"), "x.gif")}
    answer = ada.post("/articles/the-ferry/comments", {**sent, **ada.form()})
    assert answer.status_code == 422


def test_a_password_is_typed_masked_and_may_be_pasted(app: Flask, root: Person) -> None:
    eve = Person(app, "eve", "")
    for page in (eve.get("/desk/sign-in").text, root.get("/desk/account").text):
        fields = re.findall(r"<input[^>]*password[^>]*>", page)
        assert fields
        for field in fields:
            assert 'type="password"' in field
            assert re.search(r'autocomplete="(current|new)-password"', field)
            assert "onpaste" not in field


def test_a_token_of_one_purpose_serves_no_other(clock, context: Flask, article: Article, ada: Person) -> None:
    ada.comment(FAIR)
    vault = parts().vault
    assert tokens.held_comment(vault, tokens.held_token(vault, 1), 7) == 1
    assert tokens.held_comment(vault, tokens.form_token(vault, 1), 7) is None
    assert tokens.form_age(vault, tokens.held_token(vault, 1), 1, NOON) is None


def test_tokens_are_the_librarys_own_and_those_of_a_former_key_are_read() -> None:
    newer, older = RootKey("new", b"n" * 32), RootKey("old", b"o" * 32)
    before, after = Vault(RootKeys((older,))), Vault(RootKeys((newer, older)))
    library = URLSafeTimedSerializer(after.token_keys("held"), salt="held")
    assert tokens.held_comment(after, tokens.held_token(before, 17), 7) == 17
    assert tokens.held_comment(after, str(library.dumps(17)), 7) == 17
    assert library.loads(tokens.held_token(after, 17)) == 17
    assert tokens.held_comment(before, tokens.held_token(after, 17), 7) is None


HOPES = {
    "status": "approved",
    "id": "7",
    "is_ours": "1",
    "moderator_id": "1",
    "version": "9",
    "risk": "-9",
    "arrived_at": "1999-01-01",
    "article_id": "2",
    "path": "x",
    "depth": "0",
    "role": "admin",
    "check_chance": "0",
}


@pytest.mark.parametrize("as_json", [False, True])
def test_fields_nobody_asked_for_change_nothing(
    clock, make_app: Callable[..., Flask], *, as_json: bool
) -> None:
    app = make_app(hold_everything=True)
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    typed = {"comment": FAIR, "author": "Ada", "email": ada.email, **ada.form(), **HOPES}
    if as_json:
        ada.post("/articles/the-ferry/comments", json.dumps(typed), content_type="application/json")
    else:
        ada.post("/articles/the-ferry/comments", typed)
    with app.app_context():
        row = db.session.scalars(select(Comment)).one()
        assert (row.status, row.id, row.version, row.is_ours, row.depth) == (Status.HELD, 1, 1, False, 1)
        assert (row.article_id, row.arrived_at) == (1, NOON)


def test_a_field_that_comes_twice_counts_once(app: Flask, article: Article, ada: Person) -> None:
    ada.post(
        "/articles/the-ferry/comments?author=Eve&comment=no",
        {**ada.form(), "comment": [FAIR, "Other words."], "author": ["Ada", "Eve"], "email": ada.email},
    )
    with app.app_context():
        assert db.session.scalars(select(Comment.name)).all() == ["Ada"]
    page = ada.get("/articles/the-ferry").text
    assert "Other words." not in page


def test_json_in_another_encoding_than_utf_8_is_none(app: Flask, article: Article, ada: Person) -> None:
    typed = json.dumps({"comment": FAIR, "author": "Ada", "email": ada.email})
    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig"):
        answer = ada.post(
            "/articles/the-ferry/comments", typed.encode(encoding), content_type="application/json"
        )
        assert answer.status_code == 400, encoding


def test_origins_are_compared_whole(make_app: Callable[..., Flask]) -> None:
    app = make_app(form_origins=("https://www.example.org",))
    add_article(app)
    ada = Person(app, "Ada", "ada@example.org")
    typed = {"comment": FAIR, "author": "Ada", "email": ada.email}
    url = "/articles/the-ferry/comments"
    for origin, status in (
        ("https://www.example.org", 303),
        ("https://www.example.org.evil.example", 403),
        ("http://www.example.org", 403),
        ("https://[", 403),
        ("https://localhost.evil.example", 403),
    ):
        assert ada.client.post(url, data=typed, headers={"Origin": origin}).status_code == status, origin
    assert ada.get("/articles/the-ferry\x07").status_code == 400
    assert ada.post(url, b"<x/>", content_type="text/xml").status_code == 400
