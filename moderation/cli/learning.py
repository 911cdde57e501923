"""`flask spam learn|versions|promote|rollback`: the site's own classifier, from a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

import click
from flask.cli import with_appcontext

from models import ClassifierVersion, Event
from moderation import learning, moderators
from moderation.cli.given import ReadFile
from moderation.cli.spam import spam
from moderation.errors import Refused
from moderation.learning import importing
from moderation.parts import parts
from moderation.spam import gate

__all__ = ["spam"]


@spam.command("learn")
@with_appcontext
def learn() -> None:
    """Learn from this installation's decisions; what was learned is used if it is better beyond chance."""
    _learn()


def _learn() -> None:
    by, given, now = learning.granted(), parts().scorer.given, datetime.now(UTC)
    with click.progressbar(length=1000, label="Learning", item_show_func=str) as bar:
        replaced = learning.replace_withdrawn(now, given, partial(_advance, bar))
        attempt = learning.learn(now, given, by, partial(_advance, bar))
    if replaced:
        click.echo(f"{replaced} steps in for a version that had learned from a comment that was erased.")
    judgement = attempt.judgement
    click.echo(
        f"{attempt.version}, learned from {attempt.learned_from} labels, judged by {judgement.judged}."
    )
    for name in gate.MEASURES:
        click.echo(_beside(name, judgement))
    if attempt.is_promoted:
        click.echo("It is in use now.")
    for reason in judgement.reasons:
        click.echo(f"Refused: {reason}")


@spam.command("import-labels")
@click.argument("file", type=ReadFile("rb"), required=False)
@click.option("--all-or-nothing", is_flag=True, help="Store nothing if any row is bad.")
@click.option("--no-learn", is_flag=True, help="Only store; learn later.")
@click.option(
    "--take-back",
    type=click.IntRange(1, 2**31 - 1),
    metavar="IMPORT",
    help="Forget an earlier import, by its number.",
)
@with_appcontext
def import_labels(file: BinaryIO | None, all_or_nothing: bool, no_learn: bool, take_back: int | None) -> None:
    """Learn from verdicts a site already has: JSON lines {"text", "author", "url", "label", "date"}.

    A label is "ham" or "spam"; author, url, date and "article" may be left out. Bad rows are counted and named by
    line, the others go in. No word of them is kept, only hashed features.
    """
    if take_back is not None:
        click.echo(f"{importing.take_back(take_back, datetime.now(UTC))} labels forgotten.")
        return
    if file is None:
        raise click.UsageError("Which FILE holds the verdicts? - is standard input.")
    judge = learning.base_in_use()
    with click.progressbar(length=0, label="Reading", show_pos=True) as bar:
        report = importing.import_labels(
            importing.lines_of(file),
            judge,
            datetime.now(UTC),
            all_or_nothing=all_or_nothing,
            progress=lambda lines: bar.update(lines - bar.pos),
        )
    _tell_import(report)
    if not no_learn:
        try:
            _learn()
        except Refused as error:
            click.echo(f"Nothing was learned yet. {error}")


@spam.command("versions")
@with_appcontext
def versions() -> None:
    """Tell of every version what it was learned from, how it was judged, and what was done with it."""
    story, people = learning.versions.story(), {each.id: each.name for each in moderators.people()}
    for row in learning.versions.every():
        counts = row.metrics.get("labels", {})
        told = f"{counts.get('ham', 0)} ham, {counts.get('spam', 0)} spam" if counts else "shipped"
        status = learning.versions.status_of(row)
        click.echo(f"{row.version:<16} {row.created_at:%Y-%m-%d %H:%M}  {told:<24} {status}".rstrip())
        for line in (*_judged(row), *_story(row.version, story, people)):
            click.echo(f"  {line}")


@spam.command("promote")
@click.argument("version")
@with_appcontext
def promote(version: str) -> None:
    """Put VERSION, which was in use before, to use again."""
    learning.promote(version, datetime.now(UTC))
    click.echo(f"{version} is in use now.")


@spam.command("rollback")
@with_appcontext
def rollback() -> None:
    """Go back to the version before the one in use."""
    version = learning.roll_back(datetime.now(UTC))
    click.echo(f"{version} is in use now." if version else "The base works alone now.")


def _tell_import(report: importing.Report) -> None:
    """What went in, and what did not; ends with 1 where nothing went in."""
    for line, fault in report.named:
        click.echo(f"Line {line}: {fault}.", err=True)
    if (more := report.faults.total() - len(report.named)) > 0:
        click.echo(f"… and {more} more.", err=True)
    for fault, count in report.faults.most_common():
        click.echo(f"{count} left out: {fault}.")
    if report.number is None:
        raise click.ClickException("Nothing was imported.")
    click.echo(f"Import {report.number}: {report.ham} ham and {report.spam} spam went in.")


def _advance(bar: Any, stage: str, done: float) -> None:
    bar.update(max(0, int(1000 * done) - bar.pos), stage)


def _judged(row: ClassifierVersion) -> Iterator[str]:
    """Which labels a version of the site's own was learned from, its figures, and why it was refused."""
    told, labels = row.metrics.get("judgement"), row.metrics.get("labels", {})
    if not told:
        return
    judgement = gate.Judgement(**told)
    against = row.metrics.get("instead_of", "")
    yield f"labels {labels['sha256'][:16]}, judged by {judgement.judged} decisions against {against}"
    if "replaces" in row.metrics:
        yield f"stands in for {row.metrics['replaces']}, whose figures these are"
    yield from (_beside(name, judgement).strip() for name in gate.MEASURES)
    yield from (f"Refused: {reason}" for reason in judgement.reasons)


def _story(version: str, story: Sequence[Event], people: Mapping[int, str]) -> Iterator[str]:
    """What was done with a version, the oldest first."""
    for event in reversed(story):
        if event.detail.get("version") == version:
            name = people.get(event.moderator_id or 0, "")
            by = f" by {name}" if name else ""
            yield f"{event.happened_at:%Y-%m-%d %H:%M} {learning.versions.deed(event)}{by}"


def _beside(name: str, judgement: gate.Judgement) -> str:
    champion, challenger = judgement.champion[name], judgement.challenger[name]
    gain = judgement.better_by[name]
    if champion is None or challenger is None or gain is None:
        return f"  {name}: cannot be told, one of the classes is missing"
    low, mean, high = gain
    return f"  {name}: {champion:.4f} → {challenger:.4f}, better by {mean:+.4f} ({low:+.4f} to {high:+.4f})"
