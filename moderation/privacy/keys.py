"""The root keys: from where they come, and which ones are refused.

A key file holds one key a line, each at least 32 random bytes in base64 (or hex). The first is in use; the
others still open what they sealed. A key is named after itself, so a name can be neither mistyped nor taken
twice. Lines that begin with # are for people.
"""

from __future__ import annotations

import binascii
import errno
import fcntl
import hmac
import os
import re
import secrets
import stat
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path

from moderation.errors import Misconfigured

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class RootKey:
    """One root key: `name` is short, public and derived from `secret`."""

    name: str
    secret: bytes = field(repr=False)


class RootKeys:
    """The root keys of an installation, the one in use first. Printing them shows their names alone."""

    def __init__(self, keys: tuple[RootKey, ...]) -> None:
        self._keys = keys

    def __repr__(self) -> str:
        return f"RootKeys({', '.join(key.name for key in self._keys)})"

    @property
    def newest_first(self) -> tuple[RootKey, ...]:
        """All of them; the first is the one in use."""
        return self._keys

    @classmethod
    def load(cls, path: Path) -> RootKeys:
        """Read the keys from a file that its owner alone can read.

        Raises
        ------
        Misconfigured
            In one sentence: the file is missing, a link or no plain file, belongs to somebody else, may be
            read by others, is malformed, or holds a weak key.
        """
        return cls.from_text(_read_privately(path), where=f"The key file {path}")

    @classmethod
    def from_text(cls, text: str, where: str = "The root key") -> RootKeys:
        """Read the keys from the text of a key file, as a setting gives it.

        Raises
        ------
        Misconfigured
            Malformed or weak; the sentence begins with `where` and never repeats the text.
        """
        lines = [line.strip() for line in text.splitlines()]
        keys = tuple(_key(line, where) for line in lines if line and not line.startswith("#"))
        if not keys:
            raise Misconfigured(f"{where} holds no key. {_ADVICE}")
        if len({key.name for key in keys}) < len(keys):
            raise Misconfigured(f"{where} holds the same key twice. Please remove one of the two lines.")
        return cls(keys)

    @staticmethod
    def create(path: Path) -> RootKeys:
        """Make a new key and write it to a new file: mode 0600 from the first byte, on the disk on return.

        Raises
        ------
        Misconfigured
            A file stands there already (it is left alone), or the folder cannot be written to.
        """
        _write_privately(path, f"{_HEADING}{_new_key()}\n")
        return RootKeys.load(path)


def add_key(path: Path, in_use: str) -> RootKeys:
    """Put a new key on top of the file, so that it is the one in use; the former ones stay below it.

    The file is replaced whole: whoever reads it meanwhile gets the old one or the new one.

    Parameters
    ----------
    in_use
        Name of the key that the caller works with.

    Raises
    ------
    Misconfigured
        Another key is in use by now, or the file cannot be read or replaced; it was left as it is.
    """
    with _locked(path):
        text = _read_while_in_use(path, in_use)
        return _replaced(path, f"{_HEADING}{_new_key()}\n{_without_heading(text)}")


def drop_former_keys(path: Path, in_use: str) -> RootKeys:
    """Leave the key in use alone in the file. What is still sealed under another one never opens again.

    Parameters
    ----------
    in_use
        Name of the key that the caller works with, under which everything is sealed.

    Raises
    ------
    Misconfigured
        Another key is in use by now, or the file cannot be read or replaced; it was left as it is.
    """
    with _locked(path):
        text = _read_while_in_use(path, in_use)
        lines = [
            line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")
        ]
        return _replaced(path, f"{_HEADING}{lines[0]}\n")


_ADVICE = (
    "It needs at least 32 random bytes in base64; `openssl rand -base64 32` prints such a key,"
    " and `flask init` makes the file."
)
_HEADING = """\
# The root key of this Gatepost. Whoever has it and the database can read the readers' addresses;
# without it nobody can, you included. Keep a copy, and keep it apart from the copies of the database.
"""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_LARGEST_FILE = 65_536


def _new_key() -> str:
    """Random bytes; once in thousands of millions they look made up, and are drawn again."""
    drawn = (urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii") for _ in count())
    return next(filter(_looks_random, drawn))


def _key(line: str, where: str) -> RootKey:
    if not _BASE64.fullmatch(line):
        raise Misconfigured(f"{where} is malformed: each line is one key in base64. {_ADVICE}")
    if len(_decoded(line)) < KEY_BYTES or not _looks_random(line):
        raise Misconfigured(f"{where} holds a weak key. {_ADVICE}")
    secret = _decoded(line)
    return RootKey(hmac.digest(secret, b"gatepost key name", "sha256")[:6].hex(), secret)


def _decoded(line: str) -> bytes:
    """The bytes of a key; none where it is cut off in the middle of a byte."""
    if _HEX.fullmatch(line):
        return bytes.fromhex(line) if len(line) % 2 == 0 else b""
    bare = line.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error:
        return b""


def _looks_random(line: str) -> bool:
    """Whether nothing about a key tells that a person made it up. No proof: chance cannot be proven."""
    secret = _decoded(line)
    steps = {(after - before) % 256 for before, after in pairwise(secret)}
    return (
        len(set(secret)) >= KEY_BYTES // 2
        and len(steps) >= KEY_BYTES // 2
        and len(zlib.compress(secret, 9)) > len(secret)
        and not secret.isascii()
        and (bool(_HEX.fullmatch(line)) or not (line.islower() or line.isupper()))
    )


def _read_privately(path: Path) -> str:
    try:
        # O_NONBLOCK: a pipe in the file's place must not stop the start for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Misconfigured(f"There is no key file {path}. `flask init` makes one.") from None
    except OSError as error:
        why = (
            "is a link, not a plain file"
            if error.errno == errno.ELOOP
            else f"cannot be read: {error.strerror}"
        )
        raise Misconfigured(f"The key file {path} {why}.") from None
    try:
        _check_owner_and_mode(path, os.fstat(descriptor))
        content = os.read(descriptor, _LARGEST_FILE + 1)
    finally:
        os.close(descriptor)
    if len(content) > _LARGEST_FILE or not content.isascii():
        raise Misconfigured(f"The key file {path} is malformed: it is no text that Gatepost wrote. {_ADVICE}")
    return content.decode("ascii")


def _check_owner_and_mode(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise Misconfigured(f"The key file {path} is not a plain file.")
    if facts.st_uid not in {0, os.geteuid()}:
        raise Misconfigured(f"The key file {path} belongs to another user. Please make it your own.")
    if facts.st_mode & 0o077:
        raise Misconfigured(f"The key file {path} is open to other users. Please run `chmod 600 {path}`.")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Whoever else changes the key file waits.

    The lock is a file of its own, for the key file is replaced; it stays, for whoever took it away would let two in.
    """
    beside = path.with_name(f"{path.name}.lock")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Misconfigured(
            f"The key file {path} cannot be changed: {beside} cannot be opened: {error.strerror}."
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read_while_in_use(path: Path, in_use: str) -> str:
    """The text of the key file, if the key of that name is still the first in it."""
    text = _read_privately(path)
    first = RootKeys.from_text(text, where=f"The key file {path}").newest_first[0].name
    if first != in_use:
        raise Misconfigured(
            f"Key {first} was put to use meanwhile, by another `flask privacy rotate-keys`. Nothing was changed"
            " in the key file; once that one is done, --resume moves on what is left."
        )
    return text


def _without_heading(text: str) -> str:
    return text.removeprefix(_HEADING)


def _replaced(path: Path, text: str) -> RootKeys:
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    _write_privately(beside, text)
    RootKeys.load(beside)
    beside.replace(path)
    _sync_folder(path.parent)
    return RootKeys.load(path)


def _write_privately(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Misconfigured(f"There is a key file {path} already; it was left as it is.") from None
    except OSError as error:
        raise Misconfigured(f"The key file {path} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("ascii"))
        file.flush()
        os.fsync(descriptor)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable: a file may be on the disk and its name not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
