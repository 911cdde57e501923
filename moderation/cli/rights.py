"""`flask privacy export|erase|purge|scrub`: what a person may ask for, and what is forgotten by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from flask.cli import with_appcontext

from models import Event, writing
from moderation import learning, rights
from moderation.cli.given import given, given_line
from moderation.cli.privacy import privacy
from moderation.errors import Misconfigured
from moderation.parts import parts
from moderation.rights import Asked, Receipt

__all__ = ["privacy"]

_MOST_NAMED = 100
"""Comments that a line of the trail names by number."""

_COMMENTS = click.option(
    "--comment",
    "comments",
    type=click.IntRange(1, 2**31 - 1),
    multiple=True,
    help="A comment by its number, instead of an address.",
)


@privacy.command("export")
@_COMMENTS
@with_appcontext
def export(comments: tuple[int, ...]) -> None:
    """Print all that is kept of a person, as JSON: by the address on standard input, or by comment.

    The address is compared by its fingerprint; none is opened. Send the answer only to whoever has shown that the
    address is theirs, and look it over first: reports, notes and reasons are words of others.
    """
    now, ids = datetime.now(UTC), _theirs(comments)
    told = rights.export(ids, now)
    with writing() as session:
        session.add(
            Event(
                happened_at=now,
                kind="data exported",
                detail={"comments": ids[:_MOST_NAMED], "count": len(ids)},
            )
        )
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


@privacy.command("erase")
@_COMMENTS
@click.option("--dry-run", is_flag=True, help="Only say which comments would be erased.")
@click.option(
    "--later", is_flag=True, help="Leave the cleaning of the database's file to `flask privacy scrub`."
)
@click.option("--no-learn", is_flag=True, help="Leave learning anew to the running server.")
@with_appcontext
def erase(comments: tuple[int, ...], dry_run: bool, later: bool, no_learn: bool) -> None:
    """Erase a person's comments for good: by the address on standard input, or by comment. Prints a receipt.

    Reaches every table, the search index, what was learned, and the free pages of the database's file. It cannot be
    undone. Copies of the database that lie beside it are named: they hold what they held.
    """
    now, ids = datetime.now(UTC), _theirs(comments)
    if dry_run:
        click.echo(f"{_counted(ids)} would be erased{_numbers(ids)}.")
        return
    receipt = rights.erase(ids, now, "asked by comment" if comments else "asked by address")
    for line in _receipt(receipt, now):
        click.echo(line)
    if not no_learn:
        _learn_anew(now, was_withdrawn=bool(receipt.withdrawn))
    if rights.is_due():
        _clean(later)
    for copy in rights.copies_beside():
        click.echo(f"Not reached: {copy}, a copy of the database. Please delete it, or erase there as well.")


@privacy.command("purge")
@click.option("--dry-run", is_flag=True, help="Only count what is due.")
@with_appcontext
def purge(dry_run: bool) -> None:
    """Forget what has had its days, class by class, as the settings say. The running server does so every minute."""
    now, settings = datetime.now(UTC), parts().settings
    while not dry_run and rights.date_addresses(now, settings):
        pass
    for each in rights.classes(settings):
        count = each.due(now) if dry_run else _until_nothing_is_left(each, now)
        click.echo(f"{each.name} ({_how_long(each.days)}): {count} {'due' if dry_run else 'forgotten'}")


@privacy.command("scrub")
@with_appcontext
def scrub() -> None:
    """Clean the database's files of what was erased: rewrite the file and the search index, empty the log.

    Readers are served meanwhile; comments and decisions wait, and are told to try again if it takes long.
    """
    _clean(later=False)


def _how_long(days: int | None) -> str:
    if days is None:
        return "kept until their day"
    return f"kept {days} days" if days else "kept with the comment"


def _theirs(comments: tuple[int, ...]) -> list[int]:
    return rights.comments_of(parts().vault, Asked(address="" if comments else _address(), comments=comments))


def _address() -> str:
    """One address from standard input: a command line can be seen by others on the machine."""
    typed = given_line(400).strip()
    is_alone = given().isatty() or not given().read().strip()
    if "@" not in typed or any(each.isspace() for each in typed) or not is_alone:
        raise Misconfigured("Please give one email address on standard input, or --comment.")
    return typed


def _receipt(receipt: Receipt, now: datetime) -> list[str]:
    lines = [f"{_counted(receipt.comments)} erased{_numbers(receipt.comments)}, {now:%Y-%m-%d %H:%M} UTC."]
    if not receipt.comments:
        return [*lines, "Nothing of this person is kept."]
    wide = max(len(line.table) for line in receipt.lines)
    lines += [f"  {line.table:<{wide}}  {line.rows:>6}  {line.what}" for line in receipt.lines]
    lines.append("Pages rendered in a running server's memory are dropped within a minute.")
    return lines + [f"{name} had learned from them: its arrays are deleted." for name in receipt.withdrawn]


def _learn_anew(now: datetime, *, was_withdrawn: bool) -> None:
    """Also what an erasing that was killed has left to do."""
    if version := learning.replace_withdrawn(now, parts().scorer.given):
        click.echo(f"{version} was learned anew from what is left, and is in use.")
    elif was_withdrawn:
        click.echo("No version in use had to be learned anew.")


def _clean(later: bool) -> None:
    if later:
        click.echo("The database's file is not clean yet: please run `flask privacy scrub` when it is quiet.")
        return
    done = rights.scrub()
    click.echo(f"{done.sentence} ({done.before / 1e6:.1f} MB before, {done.after / 1e6:.1f} MB after)")
    if not done.is_whole:
        raise SystemExit(1)


def _until_nothing_is_left(each: rights.Class, now: datetime) -> int:
    total = 0
    while count := each.forget(now):
        total += count
    return total


def _counted(ids: Sequence[int]) -> str:
    count = len(ids)
    return f"{count} comment{'' if count == 1 else 's'}"


def _numbers(ids: Sequence[int]) -> str:
    shown = ids[:50]
    return f" ({', '.join(map(str, shown))})" if shown else ""
