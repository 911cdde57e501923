"""`flask spam …`: train the classifier, score comments from standard input, say why."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from moderation import spam as classifier
from moderation.cli.given import given
from moderation.spam.corpus import Labelled
from moderation.spam.innocent import innocent
from moderation.vocabulary import Action, Contribution, Explanation, Score, Thresholds

spam = AppGroup("spam", help="The classifier: train it, score comments, ask it why.")

_SHIPPED = Path(classifier.__file__).with_name("base.npz")
_BAR = 24
_without_written = click.option(
    "--without-written", is_flag=True, help="Leave out the comments that were invented for training."
)


@spam.command("train", with_appcontext=False)
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=_SHIPPED, help="Where to write it."
)
@_without_written
def train(directory: Path, out: Path, without_written: bool) -> None:
    """Learn from the *.csv.gz files of DIRECTORY and the written ones; write the artefact, and its card beside it."""
    from moderation.spam import artefact, corpus, fitting, training  # noqa: PLC0415  scikit-learn is only loaded to train

    try:
        rows = _rows(directory, without_written)
        with click.progressbar(length=1000, label=f"{len(rows)} comments", item_show_func=str) as bar:
            trained = training.train(rows, fitting.Settings(), lambda stage, done: _advance(bar, stage, done))
    except (corpus.BadCorpus, ValueError) as error:
        raise click.ClickException(f"{error}. Nothing was written.") from error
    content = artefact.to_bytes(trained.learned)
    _replace(out, content)
    _replace(out.with_suffix(".json"), (json.dumps(trained.card, indent=1) + "\n").encode())
    click.echo(f"{trained.card['version']}: {len(content)} bytes in {out}")
    for name, value in trained.card["figures"].items():
        if not isinstance(value, dict):
            click.echo(f"  {name.replace('_', ' ')}: {value}")


@spam.command("evaluate", with_appcontext=False)
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Also write a page that quotes readers."
)
@_without_written
def evaluate(directory: Path, report: Path | None, without_written: bool) -> None:
    """Leave each source of DIRECTORY out in turn and print what is then said of it, as JSON."""
    from moderation.spam import corpus, fitting, training  # noqa: PLC0415
    from moderation.spam.report import page  # noqa: PLC0415

    try:
        rows = _rows(directory, without_written)
        trained = training.train(rows, fitting.Settings(), _tell, also_without_largest=True)
    except (corpus.BadCorpus, ValueError) as error:
        raise click.ClickException(str(error)) from error
    told = {
        name: trained.card[name]
        for name in ("version", "prior", "thresholds", "figures", "intervals", "tables")
    }
    click.echo(json.dumps(told, indent=1))
    if report is not None:
        curve = list(training.learning_curve(rows, fitting.Settings(), (0.1, 0.25, 0.5, 1.0), _tell))
        _replace(report, page(rows, trained, curve).encode("utf-8", "replace"))


@spam.command("compare", with_appcontext=False)
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_without_written
def compare(directory: Path, without_written: bool) -> None:
    """Judge other ways to learn by the same rows and the same protocol; prints a table in Markdown."""
    from moderation.spam import comparison, corpus, fitting  # noqa: PLC0415

    try:
        rows = _rows(directory, without_written)
    except corpus.BadCorpus as error:
        raise click.ClickException(str(error)) from error
    names = [name.replace("_", " ").replace("0.1 percent", "0.1 %") for name in comparison.COMPARED]
    click.echo(
        f"| learner | {' | '.join(names)} | AP behind (95 %) | recall at 1 % behind (95 %) | seconds |"
    )
    click.echo(f"|---{'|--:' * (len(names) + 3)}|")
    try:
        for each in comparison.compare(rows, fitting.Settings(), lambda name: click.echo(name, err=True)):
            told = [f"{each.figures[name]:.4f}" for name in comparison.COMPARED]
            told += [f"{middle:+.3f} ({low:+.3f} to {high:+.3f})" for low, middle, high in each.behind]
            click.echo(f"| {each.name} | {' | '.join(told)} | {each.seconds:.0f} |")
    except fitting.TooLittle as error:
        raise click.ClickException(str(error)) from error


@spam.command("robustness", with_appcontext=False)
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", default=600, show_default=True, help="How many spam comments to disguise.")
@_without_written
def robustness(directory: Path, count: int, without_written: bool) -> None:
    """Disguise spam of sources left out in every way there is; say how many unusual honest comments are held."""
    from moderation.spam import corpus, fitting  # noqa: PLC0415
    from moderation.spam import robustness as measuring  # noqa: PLC0415

    try:
        rows = _rows(directory, without_written)
    except corpus.BadCorpus as error:
        raise click.ClickException(str(error)) from error
    try:
        left_out = measuring.LeftOut(rows, fitting.Settings(), lambda stage: click.echo(stage, err=True))
    except fitting.TooLittle as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        "| disguise | texts changed | held as typed | held in disguise | lost |\n|---|--:|--:|--:|--:|"
    )
    for each in measuring.standings(rows, left_out, count, seed=1):
        lost = f"{each.plain - each.disguised:+.1%}{' (too much)' if each.is_too_much else ''}"
        click.echo(f"| {each.disguise} | {each.count} | {each.plain:.1%} | {each.disguised:.1%} | {lost} |")
    click.echo("\n| unusual, yet honest | texts | held |\n|---|--:|--:|")
    for kind, texts in innocent().items():
        held = sum(
            verdict(classifier.base().score(classifier.Candidate(text)), classifier.base().thresholds)
            is not Action.APPROVE
            for text in texts
        )
        click.echo(f"| {kind} | {len(texts)} | {held} |")


@spam.command("score", with_appcontext=False)
def score() -> None:
    """Score JSON lines {"text", "author", "url", "article"} from standard input, one answer a line."""
    judge = classifier.base()
    went_wrong = False
    for line in _lines(given()):
        answer = _answer(judge, line)
        went_wrong = went_wrong or "error" in answer
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()  # whoever waits for this answer may be the one who writes the next line
    if went_wrong:
        raise SystemExit(1)


@spam.command("explain", with_appcontext=False)
@click.option("--text", help="The comment. Without it, one JSON line is read from standard input.")
@click.option("--author", help="The commenter's name.")
@click.option("--url", help="The commenter's website.")
@click.option("--most", default=15, show_default=True, help="How many contributions to draw one by one.")
@click.option("--comment", type=int, help="A comment of this installation, by its number, instead of a text.")
def explain(text: str | None, author: str | None, url: str | None, most: int, comment: int | None) -> None:
    """Draw what weighed in a comment's score, and how it adds up.

    Of a stored comment, every score is said again by the version that it names, and compared with what is stored.
    """
    if comment is not None:
        from moderation.cli.again import say_again  # noqa: PLC0415  which knows the installation

        say_again(comment, most)
        return
    judge = classifier.base()
    if text is not None:
        candidate = classifier.Candidate(text, author, url)
    else:
        try:
            candidate = _candidate(next(_lines(given()), ""))
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    for line in drawing(judge.explain(candidate), judge.thresholds, most):
        click.echo(line)


def verdict(score: Score, thresholds: Thresholds) -> Action:
    """What a score alone would say: approve, hold or spam."""
    if score.probability >= thresholds.spam:
        return Action.SPAM
    return Action.HOLD if score.probability >= thresholds.hold else Action.APPROVE


def _rows(directory: Path, without_written: bool) -> list[Labelled]:
    from moderation.spam import corpus  # noqa: PLC0415

    rows = corpus.read_directory(directory)
    return rows if without_written else [*rows, *corpus.written()]


def _advance(bar: Any, stage: str, done: float) -> None:
    bar.update(max(0, int(1000 * done) - bar.pos), stage)


def _tell(stage: str, done: float) -> None:
    click.echo(f"{done:4.0%} {stage}", err=True)


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        os.replace(name, path)  # noqa: PTH105  the promise is the system call's
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _lines(stream: Iterable[bytes]) -> Iterator[str]:
    for line in stream:
        if line.strip():
            yield line.removeprefix(BOM_UTF8).decode("utf-8", "replace")


def _answer(judge: classifier.Classifier, line: str) -> dict[str, Any]:
    try:
        candidate = _candidate(line)
    except ValueError as error:
        return {"error": str(error)}
    found = judge.score(candidate)
    says = verdict(found, judge.thresholds)
    reasons = [] if says is Action.APPROVE else [classifier.in_words(judge.explain(candidate), is_held=True)]
    return {"score": round(found.probability, 6), "verdict": says.value, "reasons": reasons}


def _candidate(line: str) -> classifier.Candidate:
    """A candidate from one JSON line; raises ValueError with a sentence for people."""
    try:
        given = json.loads(line, parse_int=float)  # whole numbers have a longest; these have none
    except (ValueError, RecursionError) as error:
        raise ValueError(f"This line is not JSON: {error}") from error
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        raise ValueError('A line is an object with a "text" that is a string.')
    beside = {name: given.get(name) for name in ("author", "url", "article")}
    for name, value in beside.items():
        if value is not None and not isinstance(value, str):
            raise ValueError(f'"{name}" must be a string, null or left out.')
    return classifier.Candidate(given["text"], **beside)


def drawing(explanation: Explanation, thresholds: Thresholds, most: int) -> Iterator[str]:
    """Bars for what weighed most, one a line, and how it adds up."""
    score = explanation.score
    shown, rest = explanation.contributions[:most], explanation.contributions[most:]
    lines = [Contribution("(where it starts)", explanation.bias), *shown]
    if rest:
        lines.append(Contribution(f"({len(rest)} smaller ones)", sum(each.log_odds for each in rest)))
    longest = max((abs(each.log_odds) for each in lines), default=1.0) or 1.0
    for each in lines:
        length = round(_BAR * abs(each.log_odds) / longest)
        left, right = ("█" * length, "") if each.log_odds < 0 else ("", "█" * length)
        yield f"{left:>{_BAR}}│{right:<{_BAR}} {each.log_odds:+8.3f}  {each.name}"
    yield f"{'':{_BAR}} {'':{_BAR}} {score.log_odds:+8.3f}  in all; {score.shift:+.3f} for the site's prior"
    says = verdict(score, thresholds)
    why = classifier.in_words(explanation, is_held=says is not Action.APPROVE)
    yield f"P(spam) {score.probability:.4f}: {says.value}. {why}"
