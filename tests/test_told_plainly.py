"""Whatever is wrong with what root hands to a command is told in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

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
