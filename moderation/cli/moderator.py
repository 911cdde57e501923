"""flask moderator: the accounts of the desk. Passwords come from standard input, never from the command line."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from getpass import GetPassWarning

import click
from flask.cli import AppGroup

from moderation import moderators
from moderation.cli.given import given, given_line
from moderation.errors import Misconfigured, NotFound
from moderation.moderators import factors, invitations
from moderation.parts import parts
from moderation.vocabulary import Role

moderator = AppGroup("moderator", help="Accounts of the desk.")

password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it."
)


def role_option(meaning: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The option that names a role."""
    roles = click.Choice([each.value for each in Role])
    return click.option("--role", type=roles, default=Role.MODERATOR.value, show_default=True, help=meaning)


@moderator.command()
@click.argument("name")
@role_option(
    "A moderator decides; a senior also acts in bulk and on readers; an admin looks after everything."
)
@password_stdin
def add(name: str, role: str, password_stdin: bool) -> None:
    """Make an account, or bring a disabled one back."""
    moderators.add(name, Role(role), _password(password_stdin), _now())
    click.echo(f"{name} can sign in at /desk/ as {role}.")


@moderator.command("list")
def list_() -> None:
    """Show all accounts."""
    for account in moderators.people():
        closed = f"  disabled {account.disabled_at:%Y-%m-%d}" if account.disabled_at else ""
        click.echo(f"{account.role:<9}  {account.created_at:%Y-%m-%d}  {account.name}{closed}")


@moderator.command()
@click.argument("name")
def disable(name: str) -> None:
    """Close an account, and end its sessions at once."""
    moderators.disable(name, _now())
    click.echo(f"{name} is signed out everywhere and cannot sign in any more.")


@moderator.command()
@click.argument("name")
@password_stdin
def password(name: str, password_stdin: bool) -> None:
    """Give an account another password, and end its sessions."""
    moderators.set_password(name, _password(password_stdin), _now())
    click.echo(f"The password of {name} is changed; its sessions have ended.")


@moderator.command()
@click.argument("name")
@role_option("The role of the account that the link makes.")
@click.option(
    "--hours", type=click.IntRange(1, invitations.LONGEST_HOURS), default=72, help="How long it is good."
)
def invite(name: str, role: str, hours: int) -> None:
    """Print a link with which somebody makes this account by choosing a password."""
    token = invitations.invite(name, Role(role), None, _now(), timedelta(hours=hours))
    settings = parts().settings
    site = settings.site_url or f"http://{settings.host}:{settings.port}"
    click.echo(f"{site}/desk/sign-in/invitation?token={token}")


@moderator.command("second-step-off")
@click.argument("name")
def second_step_off(name: str) -> None:
    """Take all second factors of an account off, for somebody who lost them."""
    found = [
        each for each in moderators.people() if moderators.name_key(each.name) == moderators.name_key(name)
    ]
    if not found:
        raise NotFound("There is no account of this name.")
    count = factors.remove_all(found[0].id, None, _now())
    click.echo(f"{count} taken off; a password alone lets {name} in now.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        typed = given_line()
        if any(unicodedata.category(each) == "Cc" for each in typed):
            raise Misconfigured("The password holds a control character, which nobody could type again.")
        return typed
    given()  # asking needs one that is open
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)  # it would go on, and show what is typed
            return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    except GetPassWarning:
        raise Misconfigured("There is no terminal to ask at. Please give it with --password-stdin.") from None


def _now() -> datetime:
    return datetime.now(UTC)
