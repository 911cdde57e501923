"""Rotating and erasing are killed in the middle, as `kill -9` does it; a second run finishes what is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from models import Article, Comment, Contact, db
from moderation import rights
from moderation.parts import parts
from moderation.privacy import Sealed
from moderation.rights import Asked
from moderation.vocabulary import Status
from tests.people import Person, posted

ADDRESS = "ada@example.org"
ROOT = Path(__file__).parents[1]
KILLED_AT_THE_SECOND = """
import os, signal, sys, {module} as at_work
from moderation.app import create_app
real, calls = at_work.{function}, []
def killed(*given, **named):
    calls.append(given)
    if len(calls) > {spared}:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)
at_work.{function} = killed
at_work.BATCH = 2
create_app().test_cli_runner().invoke(args=sys.argv[1:], input="ada@example.org")
"""


@pytest.fixture
def said(app: Flask, article: Article, ada: Person) -> list[int]:
    """ada's comments."""
    return [posted(ada, f"Remark number {n} on the ferry, which sails at seven.") for n in range(7)]


def kill(app: Flask, module: str, function: str, spared: int, *command: str) -> None:
    """Run a command in a process of its own that is killed in a transaction, after so many calls of a function."""
    script = KILLED_AT_THE_SECOND.format(module=module, function=function, spared=spared)
    with app.app_context():
        settings = parts().settings
        url = db.engine.url.render_as_string(hide_password=False)
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")}
    surroundings |= {"GATEPOST_INSTANCE": str(settings.instance), "GATEPOST_DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-c", script, *command], cwd=ROOT, env=surroundings, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_a_rotation_that_was_killed_with_kill_9_is_resumed(
    app: Flask, runner: FlaskCliRunner, said: list[int]
) -> None:
    kill(app, "moderation.rights.rotating", "_moved", 5, "privacy", "rotate-keys", "--batch", "2")

    with app.app_context():
        by_key = select(Contact.key_id, func.count()).group_by(Contact.key_id)
        assert sorted(count for _, count in db.session.execute(by_key)) == [3, 4]
        assert rights.comments_of(parts().vault, Asked(address=ADDRESS)) == said
    assert "3 sealed anew, 0 do not open" in runner.invoke(args=["privacy", "rotate-keys", "--resume"]).output
    assert "only one now" in runner.invoke(args=["privacy", "rotate-keys", "--retire"]).output
    with app.app_context():
        vault = parts().vault
        for row in db.session.scalars(select(Contact)):
            sealed = Sealed(row.key_id or "", row.sealed_address or b"")
            assert vault.open(sealed, f"comment:{row.comment_id}") == ADDRESS


def test_an_erasing_that_was_killed_with_kill_9_goes_on_when_asked_again(
    app: Flask, runner: FlaskCliRunner, said: list[int]
) -> None:
    kill(app, "moderation.rights.erasing", "mark", 2, "privacy", "erase")
    with app.app_context():
        assert rights.comments_of(parts().vault, Asked(address=ADDRESS)) == said[4:]
        assert set(db.session.scalars(select(Comment.status).where(Comment.id.in_(said[:4])))) == {
            Status.ERASED
        }
    kill(app, "moderation.cli.rights", "_clean", 0, "privacy", "erase")

    done = runner.invoke(args=["privacy", "erase"], input=ADDRESS).output

    assert "Nothing of this person is kept" in done
    assert "was rewritten" in done or "were vacuumed" in done
    with app.app_context():
        assert not rights.is_due()
