"""`flask privacy …`: what is promised about readers' addresses, proven on this very code."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from moderation.audit import Report
from moderation.audit import audit as play

privacy = AppGroup("privacy", help="Readers' addresses: prove that none gets out.")

FACTORY = "gatepost.factory"
"""Under this name the app keeps the function that makes one like it."""

_MOST_SHOWN = 100


@privacy.command()
def audit() -> None:
    """Post made-up addresses in every way, then search every page, header, file and log for each of them.

    Works on an installation of its own in a temporary folder; yours is neither read nor changed. Exit status 1
    if an address came out anywhere. The one place where an address may be seen is the form that comes back to
    the very person who typed it, and only if no cache may keep it.
    """
    report = play(current_app.extensions[FACTORY])
    for line in _table(report):
        click.echo(line)
    if not report.is_clean:
        raise SystemExit(1)


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
