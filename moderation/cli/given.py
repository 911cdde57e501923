"""What is handed to a command: standard input, which may be closed, and files, of which one may be it."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from typing import IO, Any, BinaryIO

import click

from moderation.errors import Misconfigured


def given() -> BinaryIO:
    """Standard input, as bytes: what is text in it does not hang on the locale.

    Raises
    ------
    Misconfigured
        It is closed.
    """
    stream: BinaryIO | None = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise Misconfigured("Standard input is closed.")
    return stream


def given_line(longest: int = -1) -> str:
    """The first line of standard input: UTF-8 whatever the locale, without a mark of byte order and without its end.

    Parameters
    ----------
    longest
        How many bytes of it are read; -1: all.

    Raises
    ------
    Misconfigured
        Standard input is closed.
    UnicodeDecodeError
        It is not UTF-8.
    """
    return given().readline(longest).removeprefix(BOM_UTF8).decode("utf-8").rstrip("\r\n")


class ReadFile(click.File):
    """A file that is read; - is standard input."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IO[Any]:
        """The file, opened."""
        if value == "-" and sys.stdin is None:
            self.fail("standard input is closed.", param, ctx)
        return super().convert(value, param, ctx)
