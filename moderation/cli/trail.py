"""flask trail: show that nothing in the trail was changed."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from moderation import trail as story

trail = AppGroup("trail", help="The trail: show that it was not changed.")


@trail.command()
@click.option(
    "--noted", default="", metavar="N:DIGEST", help="A link that was noted before, as printed then."
)
def verify(noted: str) -> None:
    """Go through the chain over decisions and events, and say what does not hold.

    Exit status 1 if anything was changed, removed or slipped in. Note the last line elsewhere now and then: with it
    a chain that was made anew as a whole is found out too.
    """
    found = story.verify(story.Noted.read(noted) if noted else None)
    for broken in found.broken:
        click.echo(f"BROKEN  {f'link {broken.n}: ' if broken.n else ''}{broken.sentence}")
    click.echo(
        f"{found.links} links; of {found.removed} of them retention removed the entry; "
        f"{found.waiting} entries wait to be bound."
    )
    click.echo("The trail does not hold." if found.broken else "The trail holds.")
    click.echo(found.head)
    if found.broken:
        raise SystemExit(1)
