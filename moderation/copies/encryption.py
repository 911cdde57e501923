"""Backups that the machine which makes them cannot read: age (X25519, ChaCha20-Poly1305), to a public key."""

from __future__ import annotations

from pathlib import Path

import pyrage

from moderation.errors import Misconfigured

_AGE = b"age-encryption.org/v1\n"


def new_identity() -> tuple[str, str]:
    """A secret key to keep away from the machine, and the public one to make backups to."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipient(typed: str) -> pyrage.x25519.Recipient:
    """The public key (`age1…`) that somebody typed.

    Raises
    ------
    Misconfigured
        It is none.
    """
    try:
        return pyrage.x25519.Recipient.from_str(typed.strip())
    except pyrage.RecipientError:
        raise Misconfigured("This is no public key for backups; one looks like age1… .") from None


def encrypt(plain: Path, encrypted: Path, to: pyrage.x25519.Recipient) -> None:
    """Write a file anew so that only who has the secret key can read it."""
    pyrage.encrypt_file(str(plain), str(encrypted), [to])


def is_encrypted(path: Path) -> bool:
    """Whether a file says of itself that it is."""
    with path.open("rb") as file:
        return file.read(len(_AGE)) == _AGE


def decrypt(encrypted: Path, plain: Path, identity: str) -> None:
    """Write an encrypted file so that everybody can read it.

    Parameters
    ----------
    identity
        The text of the file with the secret key; "" where none was given.

    Raises
    ------
    Misconfigured
        The secret key is missing, none, or another one; or the file is damaged.
    """
    own = _identity(identity)
    try:
        pyrage.decrypt_file(str(encrypted), str(plain), [own])
    except (pyrage.DecryptError, OSError):  # the latter for a changed byte
        raise Misconfigured("The secret key does not open this backup, or the backup is damaged.") from None


def _identity(typed: str) -> pyrage.x25519.Identity:
    lines = [line.strip() for line in typed.splitlines() if line.strip() and not line.strip().startswith("#")]
    if not lines:
        raise Misconfigured("The backup is encrypted. Please give its secret key with --key-file.")
    try:
        return pyrage.x25519.Identity.from_str(lines[0])
    except pyrage.IdentityError:
        raise Misconfigured("This is no secret key for backups; one looks like AGE-SECRET-KEY-1… .") from None
