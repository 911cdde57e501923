"""The command line: one file a command group. Whatever goes wrong is told in one sentence, with exit status 1."""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from models import why_not
from moderation.cli.article import article
from moderation.cli.copies import backup, move, restore
from moderation.cli.demo import demo
from moderation.cli.doctor import doctor
from moderation.cli.installation import init, serve
from moderation.cli.learning import spam
from moderation.cli.moderator import moderator
from moderation.cli.privacy import FACTORY
from moderation.cli.queue import queue
from moderation.cli.rotating import privacy
from moderation.cli.sbom import sbom
from moderation.cli.tables import on_current_tables
from moderation.cli.trail import trail
from moderation.errors import FormFaults, GatepostError, Misconfigured
from moderation.settings import Settings


def register(app: Flask, factory: Callable[[Settings], Flask]) -> None:
    """Add every command and group to the app; `factory` makes one like it, where a command needs its own."""
    app.extensions[FACTORY] = factory
    for command in COMMANDS:
        app.cli.add_command(command)


def _plain(command: click.Command, group: str = "") -> click.Command:
    """The command, told what to say when something goes wrong; a group's commands likewise."""
    name = f"{group} {command.name}".strip()
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _plain(each, name)
    elif command.callback:
        is_for_any = name in _FOR_ANY_TABLES
        command.callback = _told(command.callback if is_for_any else on_current_tables(command.callback))
    return command


_FOR_ANY_TABLES = {
    *("init", "serve", "backup", "restore", "doctor", "sbom", "privacy audit"),
    *("spam train", "spam evaluate", "spam compare", "spam robustness", "spam score", "spam explain"),
}
"""Commands that need no tables, or look themselves at those that are there."""


def _told(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def plainly(*arguments: Any, **options: Any) -> Any:
        os.umask(0o077)  # any of them may be the first to make a file that holds what readers wrote
        try:
            return callback(*arguments, **options)
        except FormFaults as error:
            raise click.ClickException(" ".join(fault.sentence for fault in error.faults)) from None
        except (GatepostError, Misconfigured) as error:
            raise click.ClickException(str(error)) from None
        except UnicodeDecodeError:
            raise click.ClickException("What was given is not UTF-8 text.") from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our words has had enough: click ends quietly
                raise
            _speak_no_more()
            about = f": {error.filename}" if error.filename else ""
            raise click.ClickException(f"That could not be done: {error.strerror or error}{about}.") from None
        except SQLAlchemyError as error:
            why = why_not(error, type(getattr(error, "orig", None) or error).__name__)
            raise click.ClickException(
                f"The database could not do that ({why}). `flask doctor` looks it over."
            ) from None

    return plainly


def _speak_no_more() -> None:
    """Drop what could not be said, if that is what went wrong: Python would try, and fail, once more at its end."""
    if sys.stdout is None:  # it was closed before
        return
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  open until the end


COMMANDS = tuple(
    _plain(command)
    for command in (
        init,
        serve,
        demo,
        article,
        moderator,
        queue,
        spam,
        trail,
        privacy,
        backup,
        restore,
        move,
        doctor,
        sbom,
    )
)
"""All of them, in the order of a first day."""
