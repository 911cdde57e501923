"""Whatever is wrong with what root hands to a command is told in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests.people import Person

ROOT = Path(__file__).parents[1]


def sentence(runner: FlaskCliRunner, *command: str, **given: object) -> str:
    """What the command says as it ends, and not by a traceback."""
    result = runner.invoke(args=command, **given)
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code != 0
    return result.output


def test_an_article_that_is_not_utf_8_is_told(runner: FlaskCliRunner, tmp_path: Path) -> None:
    (tmp_path / "body.html").write_bytes("<p>Café</p>".encode("latin-1"))
    said = sentence(runner, "article", "add", "a-cafe", "Le café", "--body-file", str(tmp_path / "body.html"))
    assert "not UTF-8" in said


@pytest.mark.parametrize(
    "command",
    [
        ("moderator", "add", "max"),
        ("moderator", "add", "max", "--password-stdin"),
        ("privacy", "export"),
        ("privacy", "erase"),
        ("privacy", "audit", "--comments", "-"),
        ("spam", "score"),
        ("spam", "explain"),
        ("spam", "import-labels", "-"),
        ("article", "add", "the-boat", "The boat", "--body-file", "-"),
    ],
)
def test_a_standard_input_that_is_closed_is_told(
    runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    isolation = runner.isolation

    def without_input(**options: object) -> object:
        return _Closed(isolation(**options))

    monkeypatch.setattr(runner, "isolation", without_input)
    assert "tandard input is closed" in sentence(runner, *command)


class _Closed:
    """What click sets up for a command, but for the input."""

    def __init__(self, isolation: object) -> None:
        self.isolation = isolation

    def __enter__(self) -> object:
        streams = self.isolation.__enter__()
        sys.stdin = None  # as Python has it after `<&-`
        return streams

    def __exit__(self, *raised: object) -> object:
        return self.isolation.__exit__(*raised)


@pytest.mark.parametrize("host", ["nowhere.invalid", "no host"])
def test_a_host_that_has_no_address_is_told(make_app, host: str) -> None:
    assert f"{host}:8000 cannot be listened on" in sentence(make_app(host=host).test_cli_runner(), "serve")


def test_a_number_that_no_database_holds_is_told(runner: FlaskCliRunner) -> None:
    assert "is not in the range" in sentence(runner, "spam", "import-labels", "--take-back", "9" * 20)


@pytest.mark.parametrize("line", ["[" * 100_000, json.dumps({"text": "\ud800"})])
def test_comments_that_are_no_text_are_told_before_the_audit(
    runner: FlaskCliRunner, tmp_path: Path, line: str
) -> None:
    (tmp_path / "comments").write_text(line)
    assert "Each line must be JSON" in sentence(
        runner, "privacy", "audit", "--comments", str(tmp_path / "comments")
    )


def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    environment = {**os.environ, "FLASK_APP": str(ROOT / "wsgi.py"), "GATEPOST_INSTANCE": str(tmp_path)}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "doctor"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=ROOT,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "Error: That could not be done: No space left on device.\n"


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--view", "x", "'held', 'check'"),
        ("--sort", "x", "'oldest', 'newest'"),
        ("--after", "junk", "--after"),
    ],
)
def test_a_page_of_the_queue_that_is_not_there_is_told(
    runner: FlaskCliRunner, option: str, value: str, says: str
) -> None:
    assert says in sentence(runner, "queue", "list", option, value)


@pytest.mark.parametrize("command", ["export", "erase"])
def test_of_two_addresses_none_is_taken(runner: FlaskCliRunner, command: str) -> None:
    both = "ada@example.org\n\nmallory@example.org\n"
    assert "one email address" in sentence(runner, "privacy", command, input=both)
    one = runner.invoke(args=["privacy", "export"], input=b"\xef\xbb\xbfada@example.org\r\n\r\n")
    assert one.exit_code == 0, one.output


def test_a_password_is_utf_8_without_what_nobody_can_type(
    app: Flask, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ("moderator", "add", "zoe", "--password-stdin")
    assert "not UTF-8" in sentence(runner, *add, input="sieben Türme am Meer\n".encode("latin-1"))
    assert "control character" in sentence(runner, *add, input=b"seven lanterns\tby the sea\n")
    monkeypatch.setattr(runner, "charset", "latin-1")
    marked = runner.invoke(args=add, input="\ufeffsieben Türme am Meer\r\n".encode())
    assert marked.exit_code == 0, marked.output
    typed = {"name": "zoe", "password": "sieben Türme am Meer"}
    assert Person(app, "zoe", "").post("/desk/sign-in", typed).status_code == 303


def test_an_edit_that_changes_nothing_is_asked_what_it_should(runner: FlaskCliRunner, article) -> None:
    assert "--title, --body-file or --url" in sentence(runner, "article", "edit", "the-ferry")


@pytest.mark.parametrize("title", ["The ferry\nand the boat", "The \x1b[31mferry", "The \x9b31mferry"])
def test_a_title_that_would_steer_a_terminal_is_none(runner: FlaskCliRunner, article, title: str) -> None:
    assert "A title is one line" in sentence(runner, "article", "add", "the-boat", title)
    assert "A title is one line" in sentence(runner, "article", "edit", "the-ferry", "--title", title)


def test_without_a_terminal_a_password_is_not_asked_for(tmp_path: Path) -> None:
    """A process of its own, which has none: what is typed there could be seen, and comes by another option."""
    flask = [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py")]
    own = {**os.environ, "GATEPOST_INSTANCE": str(tmp_path)}
    own.pop("GATEPOST_DATABASE_URL", None)
    subprocess.run([*flask, "init"], env=own, check=True, capture_output=True)
    told = subprocess.run(
        [*flask, "moderator", "add", "max"],
        env=own,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert told.returncode == 1
    assert told.stderr == "Error: There is no terminal to ask at. Please give it with --password-stdin.\n"
