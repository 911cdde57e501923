"""Passwords: which are good enough, and how they are kept (argon2id, the parameters of the OWASP cheat sheet).

Good enough is what is long, and is not among what anybody would try first: rules of ours, and the
lists of common passwords, names and words that come with zxcvbn. Nothing is asked of any service.

What was typed is read as Unicode's NFKC form, so that the same keys on another keyboard give the same password.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 256

NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$X1gf5ITsQnWLUFCwTSpbvQ$TxIvaC5UfH/tmCrznzQZL2wh8KLMnkXmy5B3GcYOYKs"
"""The hash of a password nobody knows: checked where there is no account, so that it takes as long."""

_hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)


def fault(password: str, name: str) -> str | None:
    """What is wrong with a new password for the account of that name, as a sentence; None when it will do.

    >>> fault("correct-horse-battery", "max")
    >>> fault("maxmaxmaxmax", "max")
    'This is one of the first passwords that anybody would try. Please choose another.'
    """
    typed = _read(password)
    if len(typed) < SHORTEST:
        return f"A password needs at least {SHORTEST} characters."
    if len(typed) > LONGEST:
        return f"A password may have {LONGEST} characters at most."
    own = _letters(_read(name).casefold())
    if _is_obvious(typed.casefold(), own) or _is_common(typed, own):
        return "This is one of the first passwords that anybody would try. Please choose another."
    return None


def hashed(password: str) -> str:
    """The password as it is kept."""
    return _hasher.hash(_bytes(password))


def matches(kept: str, password: str) -> bool:
    """Whether the password is the one that is kept; takes the same time for any of up to `LONGEST` characters."""
    try:
        return _hasher.verify(kept, _bytes(password)) and len(password) <= LONGEST
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def _read(password: str) -> str:
    return unicodedata.normalize("NFKC", password[: LONGEST + 1])


def _bytes(password: str) -> bytes:
    return _read(password).encode("utf-8", "surrogatepass")


def _is_obvious(password: str, name: str) -> bool:
    letters, undone = _letters(password), _letters(password.translate(_SIGNS_FOR_LETTERS))
    trimmed = _letters(password.rstrip(_ENDINGS).translate(_SIGNS_FOR_LETTERS))
    stems = {letters.strip(_DIGITS), undone, trimmed} - {""}
    return (
        letters.isdigit()
        or bool(_REPEATED.fullmatch(password))
        or not {letters, undone}.isdisjoint(_OBVIOUS)
        or not stems.isdisjoint({*_STEMS, name, f"{name}{name}"})
        or any(password in row or password[::-1] in row for row in _ROWS)
    )


def _is_common(password: str, name: str) -> bool:
    """Whether it is one common password, name or word, or two of them, with up to eight digits or signs around.

    The account's own name and the words of this place are as common as any.
    """
    typed = password.casefold()
    cores = {_letters(each).strip(_DIGITS) for each in (typed, typed.translate(_SIGNS_FOR_LETTERS))}

    def is_known(word: str) -> bool:
        return word in _common() or word in _STEMS or word == name

    return is_known(typed) or any(
        is_known(core) or any(is_known(core[:at]) and is_known(core[at:]) for at in range(3, len(core) - 2))
        for core in cores
        if len(typed) - len(core) <= _MOST_AROUND
    )


@cache
def _common() -> frozenset[str]:
    """The lists of zxcvbn (Wheeler 2016). Its model is not asked: some texts of 48 characters cost it seconds."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415  it takes a while to load, and is rarely needed

    return frozenset(word for words in FREQUENCY_LISTS.values() for word in words)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


_MOST_AROUND = 8
_DIGITS = "0123456789"
_ENDINGS = f"{_DIGITS}!?.,-_ "
_SIGNS_FOR_LETTERS = str.maketrans("01345@$", "oieasas")
_REPEATED = re.compile(r"(.{1,6}?)\1+.?", re.DOTALL)
_ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "йцукенгшщзхъфывапролджэ",
)
_STEMS = frozenset(
    {
        "password",
        "passwort",
        "motdepasse",
        "contraseña",
        "пароль",
        "administrator",
        "admin",
        "moderator",
        "gatepost",
        "welcome",
        "changeme",
        "changethis",
        "letmein",
        "iloveyou",
        "secret",
        "topsecret",
        "opensesame",
        "football",
        "baseball",
        "basketball",
        "sunshine",
        "princess",
        "superman",
        "trustno",
        "qwerty",
        "qwertz",
        "azerty",
        "qwertyuiop",
        "default",
        "temporary",
        "testtesttest",
        "hellohello",
        "whatever",
        "monkey",
        "dragon",
        "starwars",
    }
)
_OBVIOUS = frozenset(
    {
        "correcthorsebatterystaple",
        "passwordpassword",
        "passwordadmin",
        "adminpassword",
        "mypassword",
        "mypassword123",
        "password1password1",
        "letmeinletmein",
        "iloveyouiloveyou",
        "welcometogatepost",
        "gatepostadmin",
        "admingatepost",
        "gatepostmoderator",
        "abc123abc123",
        "abcd12345678",
        "a1b2c3d4e5f6",
        "1a2b3c4d5e6f",
        "asdfghjkl123",
        "zaq12wsxcde3",
        "q1w2e3r4t5y6",
    }
)
