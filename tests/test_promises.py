"""What is promised to readers and operators, one sentence a promise; docs/security.md names these tests."""

from __future__ import annotations

import ast
import gzip
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import html5lib
import pytest
from flask import Flask
from sqlalchemy import inspect, select, text

from models import Article, Event, Session, db
from moderation import markup
from moderation.vocabulary import Role
from moderation.web.guard import MOST_FIELDS
from tests.conftest import PASSWORD, add_article, signed_in
from tests.hostile import ELSEWHERE, HOSTILE, SQL, WEBSITES
from tests.people import Person, number_in
from tests.roles import knocks

ALLOWED = {
    **dict.fromkeys(
        ("b", "strong", "i", "em", "q", "code", "pre", "s", "del", "p", "br", "ul", "ol", "li", "blockquote"),
        frozenset(),
    ),
    "a": frozenset({"href", "title", "rel"}),
}
SOURCES = Path(__file__).parents[1]


def elements(page: str) -> Iterator[Any]:
    for element in html5lib.parseFragment(page, namespaceHTMLElements=False).iter():
        if isinstance(element.tag, str) and element.tag != "DOCUMENT_FRAGMENT":
            yield element


def dump(app: Flask) -> dict[str, list[Any]]:
    """All that is stored, but for who was seen when."""
    with app.app_context(), db.engine.connect() as connection:
        tables = set(inspect(connection).get_table_names()) - {"session", "event", "trail_link", "figure"}
        return {
            name: sorted(map(str, connection.execute(text(f'SELECT * FROM "{name}"')))) for name in tables
        }


def test_p13_no_hostile_string_becomes_more_than_the_small_html_that_is_allowed() -> None:
    assert len(HOSTILE) >= 500
    for hostile in HOSTILE:
        for element in elements(markup.render(hostile)):
            assert element.tag in ALLOWED, hostile
            assert set(element.attrib) <= ALLOWED[element.tag], hostile
            assert element.attrib.get("href", "https:").startswith(("https:", "http:")), hostile


def test_p13_a_hostile_name_and_website_stay_words_on_every_page(
    app: Flask, article: Article, ada: Person, max_: Person
) -> None:
    for n, website in enumerate(WEBSITES):
        ada.comment(f"Remark {n} about the harbour.", url=website, author=f"<svg onload=boom()>{n}")
        ada.comment(f"Another remark {n}.", author=HOSTILE[7 * n][:200])
    for page in (ada.get("/articles/the-ferry").text, max_.get("/desk/?view=all").text):
        for element in elements(page):
            assert not any(name.startswith("on") for name in element.attrib)
            assert element.tag not in {"svg", "img"} or "onload" not in element.attrib
            href = element.attrib.get("href", "/")
            assert re.match(r"(/|#|\?|https?://)", href), href
        assert "<svg onload" not in page


@pytest.mark.parametrize(
    "junk", [b"\xff\xfe", b"a=%ff", b"{", b"[[[[", b"--x\r\n", b"\x00" * 100, b"&" * 5000]
)
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"]
)
def test_p14_whatever_is_sent_as_a_comment_is_answered_below_500(
    app: Flask, article: Article, eve: Person, junk: bytes, kind: str
) -> None:
    answer = eve.client.post(
        "/articles/the-ferry/comments",
        data=junk,
        content_type=kind,
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text


def test_p14_a_key_that_comes_twice_in_json_is_refused(app: Flask, article: Article, eve: Person) -> None:
    twice = b'{"comment": "a", "comment": "b", "author": "Eve", "email": "eve@example.com"}'
    answer = eve.client.post("/articles/the-ferry/comments", data=twice, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"[" * 200_000, {}),
        (b'{"comment":' * 20_000 + b"1" + b"}" * 20_000, {}),
        (gzip.compress(b"x" * 50_000_000), {"Content-Encoding": "gzip"}),
        (b'{"comment": "' + b"x" * 1_100_000 + b'"}', {}),
        (b'{"comment": 1' + b"0" * 100_000 + b"}", {}),
    ],
)
def test_p15_what_is_meant_to_be_costly_is_refused_unread(
    app: Flask, article: Article, eve: Person, body: bytes, headers: dict[str, str]
) -> None:
    answer = eve.client.post(
        "/articles/the-ferry/comments", data=body, content_type="application/json", headers=headers
    )
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("hostile", SQL)
def test_p16_what_looks_like_sql_is_only_a_word(
    app: Flask, article: Article, ada: Person, max_: Person, hostile: str
) -> None:
    ada.comment("It sails at seven.")
    before = dump(app)
    for path in ("/desk/", "/desk/search", "/desk/audit", "/", "/articles/the-ferry"):
        for name in ("q", "sort", "view", "after", "before", "order", "who", "what", "replytocom", "status"):
            answer = max_.get(path, query_string={name: hostile}, headers={"User-Agent": hostile})
            assert answer.status_code < 500, (path, name)
    assert dump(app) == before


def test_p17_looking_changes_nothing_whoever_looks(
    app: Flask, article: Article, ada: Person, root: Person
) -> None:
    ada.comment("It sails at seven.")
    before = dump(app)
    for knock in knocks(app):
        if knock.method == "GET":
            for person in (ada, root):
                person.get(knock.path)
                person.client.head(knock.path)
    assert dump(app) == before


def test_p18_a_session_dies_on_the_server_at_sign_out(app: Flask, max_: Person) -> None:
    with app.app_context():
        stolen = max_.client.get_cookie("gatepost_session") or next(iter(max_.client._cookies.values()))
    assert max_.post("/desk/sign-out").status_code == 303
    max_.client.set_cookie(stolen.key, stolen.value)
    assert max_.get("/desk/").status_code in {303, 401}
    with app.app_context():
        assert all(row.ended_at for row in db.session.scalars(select(Session)))


def test_p18_a_token_that_eve_brought_along_is_not_the_one_max_gets(app: Flask, max_: Person) -> None:
    cookie = next(iter(max_.client._cookies.values()))
    fixed = Person(app, "max", "")
    fixed.client.set_cookie(cookie.key, "x" * 43)
    fixed.post("/desk/sign-in", {"name": "max", "password": PASSWORD})
    given = fixed.client.get_cookie(cookie.key)
    assert given is not None
    assert given.value != "x" * 43
    assert len(given.value) >= 22  # 128 bits and more, six a character


def test_p19_a_wrong_password_and_an_unknown_name_get_the_same_bytes(app: Flask, max_: Person) -> None:
    answers = []
    for name in ("max", "nix"):
        answer = Person(app, "eve", "").post("/desk/sign-in", {"name": name, "password": "wrong"})
        answers.append((answer.status_code, answer.text.replace(f'value="{name}"', "…")))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "dodge",
    [
        {"path": "/articles/the-ferry/comments?x=1"},
        {"headers": {"X-Forwarded-For": "192.0.2.{n}"}},
        {"headers": {"Forwarded": "for=192.0.2.{n}"}},
        {"headers": {"X-Real-IP": "192.0.2.{n}"}},
        {"headers": {"X-Client-IP": "192.0.2.{n}", "True-Client-IP": "192.0.2.{n}"}},
        {"headers": {"User-Agent": "browser {n}"}},
        {"path": "/wp-comments-post.php"},
    ],
)
def test_p20_no_spelling_and_no_header_gives_more_comments_than_the_limit(
    make_app: Callable[..., Flask], dodge: dict[str, Any]
) -> None:
    app = make_app(limit_posts="3 per hour")
    article = add_article(app)
    codes = []
    for n in range(6):
        eve = Person(app, "Eve", "eve@example.com")
        typed = {
            "comment": f"Remark {n}.",
            "author": "Eve",
            "email": eve.email,
            "comment_post_ID": str(article.id),
        }
        headers = {name: value.format(n=n) for name, value in dodge.get("headers", {}).items()}
        codes.append(
            eve.post(dodge.get("path", "/articles/the-ferry/comments"), typed, headers=headers).status_code
        )
    assert codes == [303] * 3 + [429] * 3


@pytest.mark.parametrize(
    "path",
    [
        "/Articles/the-ferry/comments",
        "/articles/the-ferry/comments/",
        "/articles/the-ferry/comments.json",
        "//articles/the-ferry/comments",
    ],
)
def test_p20_no_other_spelling_of_the_route_takes_a_comment(
    app: Flask, article: Article, eve: Person, path: str
) -> None:
    answer = eve.post(path, {"comment": "Hello.", "author": "Eve", "email": eve.email})
    assert answer.status_code in {308, 404, 405}


def test_p21_foreign_names_of_the_host_change_nothing(app: Flask, article: Article, eve: Person) -> None:
    foreign = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "/desk/",
        "X-Rewrite-URL": "/desk/",
        "Origin": "https://evil.example",
        "Referer": "https://evil.example/",
    }
    for path in ("/", "/articles/the-ferry", "/nowhere", "/desk/"):
        answer = eve.get(path, headers=foreign)
        assert "evil.example" not in f"{answer.headers}{answer.text}"
        assert not any(name.startswith("Access-Control") for name, _ in answer.headers)


def test_p21_a_site_that_knows_its_name_answers_to_no_other(make_app: Callable[..., Flask]) -> None:
    app = make_app(site_url="https://comments.example.org")
    add_article(app)
    client = app.test_client()
    assert client.get("/", headers={"Host": "comments.example.org"}).status_code == 200
    assert client.get("/", headers={"Host": "localhost:8000"}).status_code == 200
    for foreign in (
        "evil.example",
        "comments.example.org.evil.example",
        "",
        "[",
        "comments.example.org@evil.example",
    ):
        assert client.get("/", headers={"Host": foreign}).status_code == 400, foreign
    assert client.get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


def test_p22_every_page_carries_the_headers_of_the_best_grade(
    make_app: Callable[..., Flask], ada: Person
) -> None:
    app = make_app(site_url="https://localhost")
    add_article(app)
    root = Person(app, "root", "")
    with app.app_context():
        signed_in_root = signed_in(app, "root", Role.ADMIN)
    for knock in knocks(app):
        if knock.method != "GET":
            continue
        for person in (root, signed_in_root):
            headers = person.get(knock.path, base_url="https://localhost").headers
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self';")
            assert "unsafe" not in policy
            assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
            assert (
                headers["Cross-Origin-Opener-Policy"]
                == headers["Cross-Origin-Resource-Policy"]
                == "same-origin"
            )
            assert int(re.findall(r"max-age=(\d+)", headers["Strict-Transport-Security"])[0]) >= 15_768_000
            for cookie in headers.getlist("Set-Cookie"):
                assert cookie.startswith("__Host-")
                assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=", "Path=/"))


def test_p22_no_template_holds_script_or_style_of_its_own() -> None:
    for path in (SOURCES / "templates").rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page), path
        assert len(re.findall(r"\|\s*safe\b", page)) <= (path.name == "_macros.html"), (
            path
        )  # attributes of ours


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_p23_no_redirect_leaves_the_site(
    app: Flask, article: Article, ada: Person, max_: Person, elsewhere: str
) -> None:
    fresh = Person(app, "max", "")
    answers = [
        ada.comment(f"Remark on {len(elsewhere)} {elsewhere!r}.", redirect_to=elsewhere),
        fresh.post("/desk/sign-in", {"name": "max", "password": PASSWORD, "next": elsewhere}),
        fresh.post(
            "/desk/sign-in?next=" + re.sub(r"[^!-~]", "", elsewhere), {"name": "max", "password": PASSWORD}
        ),
        ada.get("/desk/", query_string={"next": elsewhere}),
    ]
    for answer in answers:
        assert answer.status_code < 500
        assert re.match(r"^(/(?![/\\])|$)", answer.location or ""), answer.location
        assert "a=b" not in answer.headers.get("Set-Cookie", "")


def test_p23_a_redirect_to_the_right_spelling_of_a_path_repeats_no_name_of_the_host(
    app: Flask, ada: Person
) -> None:
    for spelled, right in (
        ("/articles//the-ferry", "/articles/the-ferry"),
        ("/articles//the-ferry?a=b", "/articles/the-ferry?a=b"),
    ):
        answer = ada.get(spelled, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.location) == (308, right)
        assert "evil" not in answer.text


def test_p28_an_address_is_shown_to_an_admin_alone_and_each_look_is_on_record(
    app: Flask, article: Article, ada: Person, max_: Person, root: Person
) -> None:
    number = number_in(ada.comment("It sails at seven."))
    asked = {"reason": "The owner of the address wrote to us about it."}
    url = f"/desk/comments/{number}/address"
    assert max_.post(url, asked).status_code == 403
    assert ada.email not in max_.get(f"/desk/comments/{number}").text
    assert ada.email not in root.get(f"/desk/comments/{number}").text
    shown = root.post(url, asked)
    assert ada.email in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    with app.app_context():
        looks = db.session.scalars(select(Event).where(Event.kind == "address revealed")).all()
        assert [look.detail["comment"] for look in looks] == [number]


@pytest.mark.sqlite
def test_p29_the_files_of_the_house_hold_no_address_and_only_their_owner_reads_them(
    app: Flask, article: Article, ada: Person, tmp_path: Path
) -> None:
    ada.comment("It sails at seven. Mine is ada@example.org.")
    of_house, of_copy = (sqlite3.connect(tmp_path / name) for name in ("gatepost.sqlite3", "copy"))
    with closing(of_house) as source, closing(of_copy) as copy:
        source.backup(copy)
    for path in tmp_path.iterdir():
        assert b"ada@example.org" not in path.read_bytes().lower()
    assert (tmp_path / "root.key").stat().st_mode & 0o077 == 0


def imported() -> set[str]:
    found: set[str] = set()
    for path in [*SOURCES.glob("moderation/**/*.py"), *SOURCES.glob("models/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
    return found


def test_p30_nothing_here_sends_mail_or_calls_out() -> None:
    roots = {name.partition(".")[0] for name in imported()}
    assert not roots & {
        "smtplib",
        "aiosmtplib",
        "requests",
        "httpx",
        "aiohttp",
        "urllib3",
        "ftplib",
        "telnetlib",
    }
    assert "urllib.request" not in imported()
    assert "http.client" not in imported()


def test_p31_exports_are_for_admins_kept_by_no_cache_and_no_formula(
    app: Flask, article: Article, ada: Person, max_: Person, root: Person
) -> None:
    ada.comment("=HYPERLINK(1)", author="=cmd|' /C calc'!A0")
    for url in ("/desk/audit.csv", "/desk/audit.json"):
        assert Person(app, "eve", "").get(url).status_code in {303, 401}
        assert max_.get(url).status_code == 403
        answer = root.get(url)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r'"[=+@]', root.get("/desk/audit.csv").text)


def test_p34_the_rules_of_the_linter_that_look_for_holes_are_on() -> None:
    told = (SOURCES / "pyproject.toml").read_text(encoding="utf-8")
    assert '"S"' in told.split("select = ", 1)[1].split("]", 1)[0]
    assert "branch = true" in told


def test_p20_a_known_proxy_is_believed_as_far_back_as_it_stands_and_nobody_else(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(limit_posts="1 per hour", trusted_proxies=("127.0.0.1/32",))
    add_article(app)
    codes = []
    for n, sender in enumerate(
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", "198.51.100.9", "198.51.100.9", "no address")
    ):
        typed = {
            "comment": f"Remark {n}.",
            "author": "Eve",
            "email": "eve@example.com",
        }
        answer = app.test_client().post(
            "/articles/the-ferry/comments",
            data=typed,
            headers={"X-Forwarded-For": f"203.0.113.9, 192.0.{n % 2}.1"},
            environ_base={"REMOTE_ADDR": sender},
        )
        codes.append(answer.status_code)
    assert codes == [303, 303, 429, 303, 429, 303]


def test_p14_too_many_parameters_or_fields_are_refused(app: Flask, article: Article, eve: Person) -> None:
    assert eve.get("/?" + "&".join(f"a{n}=1" for n in range(MOST_FIELDS + 1))).status_code == 413
    assert (
        eve.post(
            "/articles/the-ferry/comments", dict.fromkeys(map(str, range(MOST_FIELDS + 1)), "x")
        ).status_code
        == 413
    )
    assert eve.get("/%01").status_code == 400


def test_p17_a_page_that_does_not_say_where_it_is_changes_nothing_at_the_desk(
    app: Flask, article: Article, max_: Person
) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Referer": "http://[broken"}, {"Origin": "null"}, {}):
        answer = max_.client.post(
            "/desk/decisions", data={"action": "approve", "comment": "1:1"}, headers=headers
        )
        assert answer.status_code == 403, headers
