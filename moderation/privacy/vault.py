"""The vault: the one place where addresses are sealed and opened, and where fingerprints are made.

From each root key HKDF (RFC 5869) derives a key for every purpose, so no two purposes share one. An address
is sealed with AES-256-GCM (NIST SP 800-38D) under a fresh random nonce; a comment's name and the key's name
are bound to it, so that it opens in its own row alone. Fingerprints are HMAC-SHA-256: they match within one
installation and say nothing outside of it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from moderation.addresses import normal_address
from moderation.errors import SealBroken
from moderation.privacy.keys import RootKey, RootKeys

SEALED_BLOCK = 128
"""Addresses are padded to a multiple of this many bytes, so that nearly all seals are of one size."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed address: the name of the root key that opens it, and the bytes to store."""

    key_id: str
    data: bytes = field(repr=False)


class Vault:
    """Seals, opens and fingerprints under an installation's root keys. Threads may share one.

    Parameters
    ----------
    keys
        The first one seals and fingerprints; all of them open.
    """

    def __init__(self, keys: RootKeys) -> None:
        self._keys = keys.newest_first
        self._seals = {key.name: AESGCM(_derived(key, "seal")) for key in self._keys}
        self._secret_seals = {key.name: AESGCM(_derived(key, "seal second factor")) for key in self._keys}
        self._fingerprints = _hashes_of(self._keys[0])
        self._former = [_hashes_of(key) for key in self._keys[1:]]

    def __repr__(self) -> str:
        return f"Vault({', '.join(self._seals)})"

    @property
    def key_id(self) -> str:
        """Name of the root key in use; what is sealed under another one waits for rotation."""
        return self._keys[0].name

    @property
    def former_key_ids(self) -> tuple[str, ...]:
        """Names of the root keys that only open what was sealed before."""
        return tuple(key.name for key in self._keys[1:])

    def seal(self, address: str, context: str) -> Sealed:
        """Seal an address for one row.

        Parameters
        ----------
        address
            As typed; any text.
        context
            The row it belongs to, such as `comment:17`; the same words are needed to open it.
        """
        return self._sealed(self._seals, address, context)

    def open(self, sealed: Sealed, context: str) -> str:
        """The address that was sealed, exactly as typed.

        Raises
        ------
        SealBroken
            Its key is not among the root keys, it was sealed for another row, or a bit of it has changed.
        """
        return self._opened(self._seals, sealed, context)

    def seal_secret(self, secret: str, context: str) -> Sealed:
        """Seal the secret of a second factor for one row; under a key that opens no address."""
        return self._sealed(self._secret_seals, secret, context)

    def open_secret(self, sealed: Sealed, context: str) -> str:
        """The secret of a second factor.

        Raises
        ------
        SealBroken
        """
        return self._opened(self._secret_seals, sealed, context)

    def fingerprint_address(self, address: str) -> bytes:
        """32 bytes that are equal for all spellings of one address (see `normal_address`)."""
        return self._fingerprint("address", normal_address(address))

    def fingerprint_network(self, network: str) -> bytes:
        """32 bytes for a network as `network_of` names it."""
        return self._fingerprint("network", network)

    def fingerprint_token(self, token: str) -> bytes:
        """32 bytes for the secret token in a known reader's browser."""
        return self._fingerprint("token", token)

    def every_fingerprint(self, kind: str, *parts: str) -> tuple[bytes, ...]:
        """What the fingerprint is under each root key, the one in use first: rows of before a rotation are found too.

        Parameters
        ----------
        kind
            address, network, token or mark.
        """
        said = (normal_address(parts[0]),) if kind == "address" else parts
        keys = (self._fingerprints, *self._former)
        return tuple(_hashed(each[kind], said) for each in keys)

    def mark(self, *parts: str) -> bytes:
        """32 bytes that are equal exactly for equal parts: by this mark the same comment is known again.

        Every part goes in with its length: ("ab", "c") and ("a", "bc") differ.
        """
        return self._fingerprint("mark", *parts)

    def token_keys(self, purpose: str) -> list[bytes]:
        """Keys to sign tokens with, one for each root key, oldest first, as itsdangerous takes them."""
        return [_derived(key, f"token {purpose}") for key in reversed(self._keys)]

    def _sealed(self, seals: Mapping[str, AESGCM], text: str, context: str) -> Sealed:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = seals[self.key_id].encrypt(nonce, _padded(_bytes(text)), _bound(self.key_id, context))
        return Sealed(self.key_id, _FORMAT + nonce + sealed)

    def _opened(self, seals: Mapping[str, AESGCM], sealed: Sealed, context: str) -> str:
        seal, data = seals.get(sealed.key_id), sealed.data
        if seal is None or data[:1] != _FORMAT or len(data) < _SMALLEST:
            raise SealBroken
        nonce, rest = data[1 : 1 + _NONCE_BYTES], data[1 + _NONCE_BYTES :]
        try:
            padded = seal.decrypt(nonce, rest, _bound(sealed.key_id, context))
        except InvalidTag:
            raise SealBroken from None
        return padded.rstrip(b"\0")[:-1].decode("utf-8", "surrogatepass")

    def _fingerprint(self, kind: str, *parts: str) -> bytes:
        return _hashed(self._fingerprints[kind], parts)


_KINDS = ("address", "network", "token", "mark")
_FORMAT = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SMALLEST = len(_FORMAT) + _NONCE_BYTES + SEALED_BLOCK + _TAG_BYTES


def _derived(key: RootKey, purpose: str) -> bytes:
    info = b"gatepost " + _bytes(purpose)
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key.secret)


def _hashes_of(key: RootKey) -> dict[str, hmac.HMAC]:
    """For each kind of fingerprint a keyed hash that has read nothing yet: copies of it read."""
    return {kind: hmac.new(_derived(key, f"fingerprint {kind}"), digestmod="sha256") for kind in _KINDS}


def _hashed(keyed: hmac.HMAC, parts: Sequence[str]) -> bytes:
    fresh = keyed.copy()  # six times quicker than looking the algorithm up by its name each time
    fresh.update(_framed(*parts))
    return fresh.digest()


def _bound(key_id: str, context: str) -> bytes:
    return _FORMAT + _framed(key_id, context)


def _framed(*parts: str) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in map(_bytes, parts))


def _padded(content: bytes) -> bytes:
    """The content, a byte that ends it, and zeros up to a whole block (ISO/IEC 7816-4)."""
    ended = content + b"\x80"
    return ended + bytes(-len(ended) % SEALED_BLOCK)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # a lone surrogate must not stop a request
