"""Two signed tokens: the form's, which says when it was made, and the author's, which shows a waiting comment.

Neither is a secret of the server's memory: any process with the same root key can read them, and a rotated key
keeps reading what the former one signed.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.signer import HMACAlgorithm
from itsdangerous.url_safe import URLSafeSerializerMixin

from moderation.privacy import Vault


class _KeyedOnce(HMACAlgorithm):
    """The library's signatures; looking the algorithm up for each costs several times what signing does."""

    def __init__(self) -> None:
        self._keyed = lru_cache(maxsize=8)(lambda key: hmac.new(key, digestmod="sha1"))

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """The signature of a value."""
        fresh = self._keyed(key).copy()
        fresh.update(value)
        return fresh.digest()


class _Serializer(URLSafeTimedSerializer):
    """Writes what the library's own reads, without trying each time whether a number becomes shorter packed."""

    def __init__(self, keys: list[bytes], salt: str) -> None:
        super().__init__(keys, salt=salt)
        self._signer = TimestampSigner(keys, salt=salt, algorithm=_KeyedOnce())

    def make_signer(self, salt: str | bytes | None = None) -> TimestampSigner:  # noqa: ARG002  there is one
        """The one signer: it keeps nothing of what it signs."""
        return self._signer

    def dump_payload(self, obj: Any) -> bytes:
        """The number as JSON, in characters of a URL."""
        return base64_encode(super(URLSafeSerializerMixin, self).dump_payload(obj))


def form_token(vault: Vault, article_id: int) -> str:
    """A token for the form of this article, made now."""
    return _serializer(vault, "form").dumps(article_id)


def form_age(vault: Vault, token: str, article_id: int, now: datetime) -> float | None:
    """Seconds since the form was made; None for a token that is missing, not ours, or another article's."""
    made_at = _read(vault, "form", token, article_id)
    return None if made_at is None else max(0.0, (now - made_at).total_seconds())


def held_token(vault: Vault, comment_id: int) -> str:
    """A token that shows this waiting comment to whoever holds it."""
    return _serializer(vault, "held").dumps(comment_id)


def held_comment(vault: Vault, token: str, days: int) -> int | None:
    """The comment that the token shows; None when it is not ours or older than `days`."""
    try:
        found = _serializer(vault, "held").loads(token, max_age=days * 86_400)
    except BadData:
        return None
    return found if isinstance(found, int) else None


def _read(vault: Vault, purpose: str, token: str, expected: int) -> datetime | None:
    try:
        found, made_at = _serializer(vault, purpose).loads(token, return_timestamp=True)
    except BadData:
        return None
    return made_at if found == expected else None


@lru_cache(maxsize=8)
def _serializer(vault: Vault, purpose: str) -> _Serializer:
    return _Serializer(vault.token_keys(purpose), purpose)
