"""`flask privacy rotate-keys`: a new root key, and everything sealed moved to it, while the house is open."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from moderation import privacy as keeping
from moderation import rights
from moderation.cli.rights import privacy
from moderation.errors import Misconfigured
from moderation.parts import Parts, parts
from moderation.privacy import Vault

__all__ = ["privacy"]


@privacy.command("rotate-keys")
@click.option(
    "--resume", is_flag=True, help="Make no new key: only move on what is sealed under a former one."
)
@click.option(
    "--retire", is_flag=True, help="Take the former keys out of the file, if nothing needs them any more."
)
@click.option("--batch", type=click.IntRange(1, 10_000), default=200, help="Rows moved in one transaction.")
@with_appcontext
def rotate_keys(resume: bool, retire: bool, batch: int) -> None:
    """Make a new root key and seal all addresses and second factors anew under it, while Gatepost serves.

    Running servers take the new key at their next request. May be stopped at any time: --resume goes on. Copy the
    key file afterwards: copies of before do not open what is sealed from now on.
    """
    at_work = parts()
    if retire:
        _retire(at_work)
        return
    if not resume:
        in_use = at_work.vault
        _refuse_unless_moved(in_use)
        keeping.add_key(_file(at_work), in_use.key_id)
        click.echo(
            f"Key {at_work.vault.key_id} is in use. Please copy {at_work.key_file} to where its copies are."
        )
    count = rights.left(at_work.vault)
    with click.progressbar(length=count, label="Sealing anew") as bar:
        done = rights.rotate(at_work.vault, datetime.now(UTC), batch=batch, told=bar.update)
    broken = done.broken + rights.shut(at_work.vault)
    click.echo(f"{done.moved} sealed anew, {broken} do not open with the keys of this installation.")
    if until := rights.recognised_until(at_work.vault):
        click.echo(
            f"The former key still recognises browsers and networks of before, the last until {until:%Y-%m-%d}."
            " `--retire` takes it out of the file; these browsers are then new readers."
        )


def _retire(at_work: Parts) -> None:
    in_use = at_work.vault
    if not in_use.former_key_ids:
        click.echo("There is no former key.")
        return
    _refuse_unless_moved(in_use)
    keeping.drop_former_keys(_file(at_work), in_use.key_id)
    click.echo(f"Key {in_use.key_id} is the only one now.")


def _refuse_unless_moved(vault: Vault) -> None:
    if count := rights.left(vault):
        raise Misconfigured(
            f"{count} rows are still sealed under a former key. Please run it with --resume first."
        )


def _file(at_work: Parts) -> Path:
    if at_work.settings.root_key.get_secret_value():
        raise Misconfigured(
            "The root key is a setting here: put a new key above the old one there (`openssl rand -base64 32`),"
            " restart, and run it with --resume."
        )
    return at_work.key_file
