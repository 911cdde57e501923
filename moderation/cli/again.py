"""`flask spam explain --comment ID`: does every stored score of a comment still come out the same."""

from __future__ import annotations

import click
from flask.cli import ScriptInfo

from moderation.cli.spam import drawing
from moderation.cli.tables import refuse_unless_current
from moderation.learning.recompute import Again, again
from moderation.parts import parts


def say_again(comment_id: int, most: int) -> None:
    """Say every score of the comment again, and draw the newest."""
    app = click.get_current_context().ensure_object(ScriptInfo).load_app()
    with app.app_context():
        refuse_unless_current()
        found = again(comment_id, parts().scorer.given)
        if not found:
            click.echo("It was never scored.")
        for each in found:
            click.echo(
                f"{each.scored_at:%Y-%m-%d %H:%M} {each.version} said {each.log_odds:+.6f}: {_told(each)}"
            )
        if found and (explanation := found[-1].explanation) is not None:
            for layer in explanation.layers:
                click.echo(f"  {layer.log_odds:+8.3f}  {layer.name}")
            for line in drawing(explanation, parts().scorer.thresholds, most):
                click.echo(line)


def _told(each: Again) -> str:
    if each.explanation is None:
        return f"it cannot be said again. {each.why}"
    if each.is_same:
        return "still the same number."
    return (
        f"{each.explanation.score.log_odds:+.6f} now. The article's title, or thresholds set outside the desk,"
        " are not what they were."
    )
