"""flask queue: what waits, and the four actions, from a terminal. Every decision is somebody's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from moderation import moderators
from moderation.markup import plain
from moderation.parts import parts
from moderation.review import Target
from moderation.review.wishes import SORTS, VIEWS, Wish
from moderation.vocabulary import Action, Role

queue = AppGroup("queue", help="What waits, and deciding on it.")

by = click.option(
    "--as", "name", default="", help="Whose decision it is; the only admin's where there is one."
)
ids = click.argument("ids", nargs=-1, required=True, metavar="ID[:VERSION]…")


@queue.command("list")
@click.option(
    "--view",
    type=click.Choice(list(VIEWS)),
    default="held",
    show_default=True,
    help="held, check, again, spam, rejected, approved or all.",
)
@click.option("--sort", type=click.Choice(SORTS), help="oldest, newest, doubtful, fine or risk.")
@click.option("--search", default="", help="Only comments with these words.")
@click.option("--after", default="", help="Where the page before ended.")
def list_(view: str, sort: str | None, search: str, after: str) -> None:
    """Show a page of the queue, one comment a line."""
    if after and Wish.read(view, sort or "", search, after).after is None:
        raise click.UsageError("--after is what the page before ended with, behind its “More:”.")
    page = parts().review.queue(view, sort or "", search, after)
    for entry in page.entries:
        score = "    " if entry.score is None else f"{entry.score:.2f}"
        said = _printable(f"{entry.name}: {plain(entry.text, 80)}")
        click.echo(f"{entry.target:<9} {entry.status:<8}  {score}  {said}")
        for reason in entry.reasons:
            click.echo(f"{'':<26}{_printable(reason)}")
    if page.after:
        click.echo(f"More: --view {page.view} --sort {page.sort} --after {page.after}")


@queue.command()
@by
@ids
def approve(name: str, ids: Sequence[str]) -> None:
    """Make comments public."""
    _decide(Action.APPROVE, name, ids)


@queue.command()
@by
@ids
def hold(name: str, ids: Sequence[str]) -> None:
    """Let comments wait again."""
    _decide(Action.HOLD, name, ids)


@queue.command()
@by
@ids
def spam(name: str, ids: Sequence[str]) -> None:
    """Call comments spam."""
    _decide(Action.SPAM, name, ids)


@queue.command()
@by
@ids
def reject(name: str, ids: Sequence[str]) -> None:
    """Reject comments that are unwelcome, yet no spam."""
    _decide(Action.REJECT, name, ids)


def _decide(action: Action, name: str, ids: Sequence[str]) -> None:
    """Apply the action, say what came of each comment, and end with 1 if any was left alone."""
    targets = [_target(each) for each in ids]
    outcome = parts().review.decide(_moderator(name), action, targets, datetime.now(UTC))
    for comment_id in outcome.done:
        click.echo(f"{comment_id} {action.status}")
    for standing in outcome.stale:
        click.echo(
            f"{standing.comment_id} left alone: {standing.decided_by} made it {standing.status}", err=True
        )
    for comment_id in outcome.unknown:
        click.echo(f"{comment_id} left alone: there is no such comment", err=True)
    if outcome.stale or outcome.unknown:
        raise SystemExit(1)


def _moderator(name: str) -> int:
    accounts = [each for each in moderators.people() if each.disabled_at is None]
    if name:
        fitting = [each for each in accounts if moderators.name_key(each.name) == moderators.name_key(name)]
    else:
        fitting = [each for each in accounts if each.role is Role.ADMIN]
    if len(fitting) != 1:
        raise click.UsageError("Say whose decision it is: --as NAME, one of the accounts in use.")
    return fitting[0].id


def _target(asked: str) -> Target:
    """The comment as named: with the version that was seen, or as it is now."""
    if re.fullmatch(r"[0-9]{1,9}", asked):
        found = parts().review.waiting([int(asked)])
        return Target(int(asked), found[0].version if found else 0)
    return Target.read(asked)


def _printable(text: str) -> str:
    """The text without characters that would steer a terminal."""
    return "".join(each if each.isprintable() else " " for each in text)
