"""`flask privacy …`: what is promised about readers' addresses, proven on this very code."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, TextIO

import click
from flask import current_app
from flask.cli import AppGroup

from moderation.cli.given import ReadFile
from moderation.errors import Misconfigured

if TYPE_CHECKING:
    from moderation.audit import Report, Words

privacy = AppGroup("privacy", help="Readers' addresses: prove that none gets out.")

FACTORY = "gatepost.factory"
"""Under this name the app keeps the function that makes one like it."""

_MOST_SHOWN = 100


@privacy.command()
@click.option("--json", "as_json", is_flag=True, help="Say it to a program.")
@click.option(
    "--comments",
    "file",
    type=ReadFile("r", encoding="utf-8"),
    help='JSON lines {"text", "author", "url"}: more comments to post, each with an address of its own.',
)
def audit(as_json: bool, file: TextIO | None) -> None:
    """Post made-up addresses in every way, then search every page, header, file and log for each of them.

    Works on an installation of its own in a temporary folder; yours is neither read nor changed. Exit status 1
    if an address came out anywhere. The one place where an address may be seen is the form that comes back to
    the very person who typed it, and only if no cache may keep it.
    """
    from moderation import audit as stage  # noqa: PLC0415  a whole play, which no server needs

    report = stage.audit(current_app.extensions[FACTORY], _crowd(file) if file else ())
    for line in [_as_json(report)] if as_json else _table(report):
        click.echo(line)
    if not report.is_clean:
        raise SystemExit(1)


def _crowd(file: TextIO) -> list[Words]:
    from moderation.audit import Words  # noqa: PLC0415

    try:
        rows = [json.loads(line) for line in file if line.strip()]
        crowd = [Words(row["text"], row.get("author") or "Reader", row.get("url") or "") for row in rows]
        for words in crowd:
            "".join(astuple(words)).encode()  # half a surrogate can be escaped in JSON, and not be posted
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Misconfigured(
            'Each line must be JSON with a "text", and maybe an "author" and a "url".'
        ) from None
    return crowd


def _as_json(report: Report) -> str:
    told = asdict(report) | {
        "is_clean": report.is_clean,
        "findings": [asdict(each) for each in report.findings],
    }
    return json.dumps(told, indent=2)


def _table(report: Report) -> list[str]:
    wide = max(len(row.kind) for row in report.rows)
    lines = [
        f"{report.canaries} canaries × {report.encodings} disguises, looked for in",
        "",
        f"{'place':<{wide}}  searched       kB  findings",
        *(
            f"{row.kind:<{wide}}  {row.places:>8}  {row.size / 1024:>7.0f}  {row.findings:>8}"
            for row in report.rows
        ),
        "",
        "Allowed: a refused form that comes back to the person who typed it, if no cache may keep it (no-store).",
    ]
    lines += [
        f"LEAK  {finding.kind}, {finding.where}: of who {finding.canary}, as {finding.encoding}"
        for finding in report.findings[:_MOST_SHOWN]
    ]
    if len(report.findings) > _MOST_SHOWN:
        lines.append(f"… and {len(report.findings) - _MOST_SHOWN} more")
    lines += [f"NOT PROVEN  {what}" for what in report.unproven]
    lines.append("No address came out." if report.is_clean else "The audit failed.")
    return lines
