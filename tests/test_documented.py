"""Settings and commands are documented, word for word as the code has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from moderation.cli import COMMANDS
from moderation.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default_and_meaning(name: str) -> None:
    row = setting_row(name, Settings.model_fields[name])

    assert row in lines_of("settings.md"), f"docs/settings.md lacks this row:\n{row}"


def test_no_setting_is_documented_that_is_not_there() -> None:
    documented = {line.split("`")[1] for line in lines_of("settings.md") if line.startswith("| `GATEPOST_")}

    assert documented == {f"GATEPOST_{name.upper()}" for name in Settings.model_fields}


def test_every_command_is_documented_as_it_explains_itself() -> None:
    documented = lines_of("commands.md")

    missing = [line for command in COMMANDS for line in command_lines(command) if line not in documented]

    assert not missing, "docs/commands.md lacks these lines:\n" + "\n".join(missing)


def test_no_command_is_documented_that_is_not_there() -> None:
    headings = {line for command in COMMANDS for line in command_lines(command) if line.startswith("### ")}

    assert {line for line in lines_of("commands.md") if line.startswith("### ")} == headings


def lines_of(name: str) -> list[str]:
    return (DOCS / name).read_text(encoding="utf-8").splitlines()


def setting_row(name: str, field: FieldInfo) -> str:
    return f"| `GATEPOST_{name.upper()}` | {shown(field.default)} | {field.description} |"


def shown(default: object) -> str:
    """A default as one would write it into the environment."""
    if isinstance(default, SecretStr) or default in ("", None, ()):
        return "empty"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def command_lines(command: click.Command, path: str = "flask") -> Iterator[str]:
    """A heading with the usage, what the command says of itself, and its options."""
    path = f"{path} {command.name}"
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from command_lines(each, path)
        return
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    yield (
        " ".join(["###", f"`{path}", *(each.make_metavar(click.Context(command)) for each in arguments)])
        + "`"
    )
    yield from paragraphs(command)
    for option in command.params:
        if isinstance(option, click.Option) and option.name != "help":
            yield f"- `{'`, `'.join([*option.opts, *option.secondary_opts])}`: {option.help or ''}".rstrip(
                " :"
            )


def paragraphs(command: click.Command) -> Iterator[str]:
    for paragraph in (command.help or "").split("\n\n"):
        if paragraph.strip():
            yield " ".join(paragraph.split())
