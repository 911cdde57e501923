"""The audit finds nothing in this product, and everything that is planted."""

from __future__ import annotations

import base64
import codecs
import hashlib
import html
import importlib
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from zlib import crc32

import pytest
import structlog
from flask import Flask, Response, abort, current_app, redirect, request
from sqlalchemy import select

from models import Contact, db
from moderation.app import create_app
from moderation.audit import Canary, Finding, Report, Row, Words, audit, needles_of
from moderation.audit.canaries import encodings
from moderation.audit.report import Sieve
from moderation.audit.stage import Stage
from moderation.parts import parts
from moderation.settings import Settings

ADA = Canary("is ada", "Ada.Lovelacequux@mail.example.org")
OTHER = Canary("is somebody else", "Mallory.Spamquuux@mail.example.net")


@pytest.fixture(scope="module")
def clean() -> Report:
    return audit(create_app)


def test_p25_no_address_comes_out_of_this_product(clean: Report) -> None:
    assert clean.findings == ()
    assert clean.unproven == ()
    assert clean.is_clean
    assert clean.canaries >= 40
    assert clean.encodings >= 40


def test_the_audit_looked_where_it_says(clean: Report) -> None:
    searched = {row.kind: row for row in clean.rows}
    visitors = ("anybody", "a remembered reader", "a moderator", "a senior", "an admin")
    for kind in [*(f"public pages to {name}" for name in visitors), "database, raw", "logs at debug level"]:
        assert searched[kind].size > 10_000
    for name in visitors[2:]:
        assert searched[f"the desk to {name}"].size > 5 * searched["the desk to anybody"].size
    assert searched["database, raw"].places == 3  # the database, its write-ahead log, and their shared index
    assert searched["public pages to the author of a waiting comment"].places >= 2
    assert searched["answers to the sender"].places >= 40
    assert searched["headers, cookies, redirects"].places > 250


def test_p26_headers_errors_logs_and_commands_hold_none_either(clean: Report) -> None:
    searched = {row.kind: row for row in clean.rows}
    for kind in (
        "headers, cookies, redirects",
        "error pages and odd requests",
        "logs at debug level",
        "commands",
    ):
        assert searched[kind].size > 1_000
        assert searched[kind].findings == 0


def test_p29_neither_values_nor_artefacts_nor_a_copy_hold_one(clean: Report) -> None:
    searched = {row.kind: row for row in clean.rows}
    for kind in ("database, value by value", "classifiers, unpacked", "database, a copy", "database, raw"):
        assert searched[kind].size > 100_000
        assert searched[kind].findings == 0


class Leaky:
    """Makes the app as always, and lets an address out in every way that we could think of."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def __call__(self, settings: Settings) -> Flask:
        app = create_app(settings)
        app.before_request(self.listen)
        app.after_request(self.leak)
        app.add_url_rule("/new/<thing>", "new", lambda **_: abort(404))
        app.add_url_rule("/people", "people", lambda: redirect(f"/?who={self.hashed('sha256')}"))
        return app

    def listen(self) -> None:
        typed = str(
            (request.get_json(silent=True) if request.is_json else request.form or {}).get("email", "")
        )
        if request.method == "POST" and typed.count("@") == 1 and typed[-1] != ",":
            self.addresses.append(typed)
            structlog.get_logger("test").info("posted", who=base64.b64encode(f"<{typed}>".encode()).decode())
            folder = Path(parts().settings.instance)
            (folder / "sent.txt").write_bytes(hashlib.md5(typed.lower().encode()).digest())
            with (folder / "copy.sqlite3").open("a") as copy:
                copy.write(typed[::-1])
            if len(self.addresses) == 2:
                with closing(sqlite3.connect(folder / "gatepost.sqlite3")) as database, database:
                    database.execute("INSERT INTO figure VALUES ('who', ?, '2026-03-14')", (f'"{typed}"',))
                    database.execute("UPDATE article SET title = ? WHERE key = 'audit-closed'", (typed,))

    def leak(self, response: Response) -> Response:
        if not self.addresses:
            return response
        address, path = self.addresses[0], request.path
        if path == "/" and request.method == "GET":
            response.headers["Server-Timing"] = f"db;desc={address.upper()}"
        elif path.startswith("/comments/") and request.method == "GET":
            response.set_cookie("reader", quote(quote(address, safe=""), safe=""))
        elif path.startswith("/articles/") and response.status_code == 200 and request.method == "GET":
            response.data += f"<!-- {codecs.encode(address, 'rot13')} -->".encode()
        elif path.startswith("/desk/comments/") and response.status_code == 200:
            response.data += f'<i title="{html.escape(address).replace("@", "&#64;")}">'.encode()
        elif response.status_code == 404:
            response.data += hashlib.sha1(address.lower().encode()).hexdigest().encode()
        elif response.status_code == 422:
            response.headers["Cache-Control"] = "public"
        elif path == "/privacy":
            response.data += f" {crc32(address.encode()):08x} ".encode()
        elif path == "/reported":
            response.data += parts().vault.fingerprint_address(address).hex().encode()
        elif path == "/house-rules":
            response.headers["ETag"] = base64.b32encode(address.lower().encode()).decode()
        elif path == "/yours" and response.status_code == 200:
            response.set_cookie("mark", base64.b64encode(self.seal(address)).decode())
        elif request.path == "/healthz":
            response.data += "".join(f"\\u{ord(letter):04x}" for letter in address).encode()
        return response

    def seal(self, address: str) -> bytes:
        found = Contact.address_fingerprint == parts().vault.fingerprint_address(address)
        sealed = db.session.scalar(select(Contact.sealed_address).where(found))
        return (sealed or b"?")[1:]

    def hashed(self, algorithm: str) -> str:
        address = self.addresses[0] if self.addresses else ""
        return base64.urlsafe_b64encode(hashlib.new(algorithm, address.encode()).digest()).decode()


@pytest.fixture(scope="module")
def leaking() -> Report:
    return audit(Leaky())


@pytest.mark.parametrize(
    ("kind", "where", "encoding"),
    [
        ("headers, cookies, redirects", "public pages to anybody: GET /", "clear"),
        ("headers, cookies, redirects", "public pages to anybody: GET /comments/", "URL, twice"),
        ("headers, cookies, redirects", "public pages to anybody: GET /people", "sha256, base64"),
        ("public pages to anybody", "GET /people", "sha256, base64"),
        ("public pages to anybody", "GET /articles/audit-open →", "rot13"),
        ("public pages to the author of a waiting comment", "GET /articles/audit-open?held=", "rot13"),
        ("public pages to anybody", "GET /healthz", "JSON, every letter"),
        ("public pages to anybody", "GET /articles/audit-unpublished", "sha1, hexadecimal"),
        ("error pages and odd requests", "GET /ADDRESS", "sha1, hexadecimal"),
        ("the desk to a moderator", "GET /desk/comments/", "HTML, decimal"),
        ("the desk to an admin", "GET /desk/comments/", "HTML, decimal"),
        ("answers to the sender", "/articles/audit-open/comments: gives no name → 422", "clear"),
        ("database, raw", "copy.sqlite3", "reversed"),
        ("other files", "sent.txt", "md5, bytes"),
        ("logs at debug level", "log", "base64, offset 1"),
        ("public pages to anybody", "GET /privacy", "crc32, hexadecimal"),
        ("public pages to anybody", "GET /reported", "keyed fingerprint, hexadecimal"),
        ("headers, cookies, redirects", "public pages to anybody: GET /house-rules", "base32"),
        ("headers, cookies, redirects", "public pages to anybody: GET /yours", "seal, base64"),
        ("database, value by value", "figure", "clear"),
        ("database, a copy", "backup", "clear"),
        ("commands", "flask article list", "clear"),
    ],
)
def test_each_planted_leak_is_found(leaking: Report, kind: str, where: str, encoding: str) -> None:
    found = [each for each in leaking.findings if each.kind == kind and each.encoding.startswith(encoding)]
    assert any(each.where.startswith(where) for each in found), found[:3]
    assert not leaking.is_clean


def test_a_route_that_the_audit_cannot_fill_in_is_no_success(leaking: Report) -> None:
    assert "/new/<thing>: no value for thing" in leaking.unproven


def test_a_story_that_went_another_way_proves_nothing(app: Flask, tmp_path: Path) -> None:
    set_up = Stage(app, tmp_path, io.StringIO())
    set_up.expect("ada signs in", 303, 303)
    assert set_up.unproven == []
    set_up.expect("ada posts", 303, 500)
    assert set_up.unproven == ["ada posts: 500 instead of 303"]


# The sieve


@pytest.mark.parametrize("encoding", encodings())
def test_every_disguise_is_found_in_the_middle_of_other_bytes(encoding: str) -> None:
    needles = [needle for needle in needles_of(ADA) if needle.encoding == encoding]
    sieve = Sieve([*needles_of(ADA), *needles_of(OTHER)])
    for needle in needles:
        content = b"\xff" * 65_531 + needle.content + b"\x00 ada@example.org"
        caught = sieve.caught(content)
        assert needle in caught
        assert {found.canary for found in caught} == {ADA}


@pytest.mark.parametrize("before", ["", "x", "ab", "abc"])
def test_base64_is_found_at_every_offset(before: str) -> None:
    for encoded in (base64.b64encode, base64.urlsafe_b64encode):
        caught = Sieve(needles_of(ADA)).caught(encoded(f"{before}{ADA.text.lower()};name".encode()))
        assert any(needle.encoding.startswith("base64") for needle in caught)


def test_words_that_are_no_canary_are_not_found() -> None:
    sieve = Sieve([*needles_of(ADA), *needles_of(OTHER)])
    assert sieve.caught(b"ada@example.org \x00 Lovelace mail Spam " * 5_000) == ()
    assert sieve.caught(b"") == ()


def test_two_canaries_have_nothing_in_common_but_what_all_addresses_have() -> None:
    first, second = Canary.address("a"), Canary.address("b")
    assert not {needle.content for needle in needles_of(first)} & {
        needle.content for needle in needles_of(second)
    }
    assert all(len(needle.content) >= 8 for needle in needles_of(first))


# The command


COMMAND = importlib.import_module("moderation.audit")
ROW = Row("public pages to anybody", 12, 4096, 0)


def test_a_clean_audit_says_so(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(COMMAND, "audit", lambda *_: Report((ROW,), (), 40, 50))
    result = app.test_cli_runner().invoke(args=["privacy", "audit"])
    assert result.exit_code == 0
    assert "40 canaries × 50 disguises" in result.output
    assert "No address came out." in result.output


def test_a_leak_is_told_without_the_address_and_ends_with_status_1(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaks = tuple(Finding("logs", f"line {n}", "has to wait", "md5, hexadecimal") for n in range(120))
    monkeypatch.setattr(COMMAND, "audit", lambda *_: Report((ROW,), leaks, 40, 50))
    result = app.test_cli_runner().invoke(args=["privacy", "audit"])
    assert result.exit_code == 1
    assert "LEAK  logs, line 0: of who has to wait, as md5, hexadecimal" in result.output
    assert "… and 20 more" in result.output
    assert "The audit failed." in result.output


def test_what_was_not_proven_ends_with_status_1(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report((ROW,), (), 40, 50, unproven=("/new/<thing>: no value for thing",))
    monkeypatch.setattr(COMMAND, "audit", lambda *_: report)
    result = app.test_cli_runner().invoke(args=["privacy", "audit"])
    assert result.exit_code == 1
    assert "NOT PROVEN  /new/<thing>" in result.output


def test_the_operators_own_installation_is_neither_read_nor_changed(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Settings] = []

    def factory(settings: Settings) -> Flask:
        seen.append(settings)
        raise InterruptedError

    monkeypatch.setenv("GATEPOST_DATABASE_URL", "sqlite:////nowhere/at-all.sqlite3")
    monkeypatch.setenv("GATEPOST_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("GATEPOST_HOLD_EVERYTHING", "yes")
    with pytest.raises(InterruptedError):
        audit(factory)
    assert seen[0].database_url == seen[0].redis_url == ""
    assert not seen[0].hold_everything
    assert seen[0].instance != parts_folder(app)
    assert not seen[0].instance.exists()


def parts_folder(app: Flask) -> Path:
    with app.app_context():
        return Path(current_app.extensions["gatepost"].settings.instance)


def test_a_program_gets_the_audit_as_json(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    leak = Finding("other files", "sent.txt", "is ada", "clear")
    monkeypatch.setattr(COMMAND, "audit", lambda *_: Report((ROW,), (leak,), 40, 50))
    result = app.test_cli_runner().invoke(args=["privacy", "audit", "--json"])
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert told["findings"] == [
        {"kind": "other files", "where": "sent.txt", "canary": "is ada", "encoding": "clear"}
    ]
    assert told["is_clean"] is False


def test_comments_of_a_file_are_posted_as_well(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []
    monkeypatch.setattr(COMMAND, "audit", lambda _, crowd: heard.extend(crowd) or Report((ROW,), (), 1, 1))
    (tmp_path / "words").write_text('{"text": "It sails."}\n')
    arguments = ["privacy", "audit", "--comments", str(tmp_path / "words")]
    assert app.test_cli_runner().invoke(args=arguments).exit_code == 0
    assert heard == [Words("It sails.", "Reader")]
    (tmp_path / "words").write_text("[]\n")
    assert app.test_cli_runner().invoke(args=arguments).exit_code == 1
