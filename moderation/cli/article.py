"""`flask article …`: the pages that readers comment on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TextIO

import click
from flask.cli import AppGroup

from moderation import articles
from moderation.cli.given import ReadFile
from moderation.vocabulary import Mode

article = AppGroup("article", help="Add, list and change the articles that readers comment on.")

_key = click.argument("key")
_body = click.option(
    "--body-file", type=ReadFile(encoding="utf-8"), help="HTML of the article; - for standard input."
)
_url = click.option("--url", help="Where the article itself is published, if elsewhere.")
_modes = click.Choice([mode.value for mode in Mode])


@article.command()
@_key
@click.argument("title")
@_body
@_url
@click.option(
    "--mode", type=_modes, default=Mode.OPEN.value, show_default=True, help="Whether it takes comments."
)
def add(key: str, title: str, body_file: TextIO | None, url: str | None, mode: str) -> None:
    """Publish a new article at /articles/KEY."""
    body = body_file.read() if body_file else ""
    articles.add(key, title, datetime.now(UTC), body=body, url=url or "", mode=Mode(mode))
    click.echo(f"Published at /articles/{key}.")


@article.command("list")
def list_() -> None:
    """List all articles, newest first."""
    for each in articles.everything():
        state = each.mode.value if each.published else f"{each.mode.value}, unpublished"
        counts = f"{each.approved_count} approved, {each.held_count} held"
        click.echo(f"{each.published_at:%Y-%m-%d}  {each.key}  [{state}]  {counts}  {each.title}")


@article.command()
@_key
@click.option("--title", help="A new title.")
@_body
@_url
def edit(key: str, title: str | None, body_file: TextIO | None, url: str | None) -> None:
    """Change what is given of an article."""
    if title is None and body_file is None and url is None:
        raise click.UsageError("Please say what to change: --title, --body-file or --url.")
    articles.edit(key, title=title, body=body_file.read() if body_file else None, url=url)
    click.echo(f"Changed {key}.")


@article.command()
@_key
@click.argument("mode", type=_modes)
def mode(key: str, mode: str) -> None:
    """Open an article for comments, let them all wait (holding), or close it."""
    articles.set_mode(key, Mode(mode), datetime.now(UTC))
    click.echo(f"{key} is {mode}.")


@article.command()
@_key
def unpublish(key: str) -> None:
    """Take an article and its comments off the public pages; nothing is deleted."""
    articles.unpublish(key)
    click.echo(f"{key} is no longer public.")


@article.command()
@_key
def publish(key: str) -> None:
    """Put an unpublished article back."""
    articles.unpublish(key, published=True)
    click.echo(f"{key} is public.")
