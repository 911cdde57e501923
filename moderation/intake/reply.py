"""The shape of what a reader sends: one rule for the form and for JSON, and a sentence for each fault."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)

from moderation import markup, privacy
from moderation.errors import Fault, FormFaults

LONGEST = {"comment": 65_525, "author": 245, "email": 100, "url": 200}
"""Characters each field may hold."""


def _cleaned(value: object) -> object:
    """Characters that no keyboard makes go: NUL and other controls, half letters, overrides of direction.

    An override makes letters read backwards, so that what nobody finds in the bytes (an address, say) stands on
    the page. Honest right-to-left text needs none.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return _NEVER_TYPED.sub("", lines).strip()


def _filled(value: str, info: ValidationInfo) -> str:
    optional = info.field_name != "comment" and not (info.context or {}).get("required", True)
    if not optional and not any(map(_can_be_seen, value)):
        raise ValueError("missing")
    return value


def _can_be_seen(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _FILLERS


_NEVER_TYPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202d\u202e]+")
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs by their category, yet nothing to see."""


def _address(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False).normalized if value else ""
    except EmailNotValidError:
        raise ValueError("address") from None


def _website(value: str) -> str:
    if not value:
        return ""
    if privacy.has_address(value) or value.lower().startswith("mailto:"):
        raise ValueError("public address")
    if (safe := markup.safe_url(value)) is None:
        raise ValueError("website")
    return safe


def _name(value: str) -> str:
    if privacy.has_address(value):
        raise ValueError("public address")
    return " ".join(value.split())


def _within(name: str) -> StringConstraints:
    return StringConstraints(max_length=LONGEST[name])


class Reply(BaseModel):
    """The rule for what a reader sends, by form or as JSON. Unknown fields are ignored, whatever they say."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, validate_default=True)

    comment: Annotated[str, _within("comment"), AfterValidator(_filled), BeforeValidator(_cleaned)] = ""
    author: Annotated[
        str, _within("author"), AfterValidator(_filled), AfterValidator(_name), BeforeValidator(_cleaned)
    ] = ""
    email: Annotated[
        str, _within("email"), AfterValidator(_filled), AfterValidator(_address), BeforeValidator(_cleaned)
    ] = ""
    url: Annotated[str, _within("url"), AfterValidator(_website), BeforeValidator(_cleaned)] = ""

    @classmethod
    def read(cls, fields: Mapping[str, Any], required: bool) -> Reply:
        """What was sent, checked.

        Raises
        ------
        FormFaults
            Naming each field to mend, in the order of the form. No sentence repeats what was typed.
        """
        try:
            reply = cls.model_validate(dict(fields), context={"required": required})
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False, include_context=True)
            raise FormFaults([_fault(detail) for detail in details]) from None
        public = {"author": reply.author, "url": unquote(reply.url)}
        if own := [name for name, typed in public.items() if privacy.holds_own(typed, reply.email)]:
            raise FormFaults([Fault(name, _SENTENCES[name, "public address"]) for name in own])
        return reply


_SENTENCES = {
    ("comment", "missing"): "Please write a comment.",
    ("author", "missing"): "Please give a name.",
    (
        "author",
        "public address",
    ): "This is an email address, and names are public. Please give another name.",
    ("email", "missing"): "Please give an email address. It will not be published.",
    ("email", "address"): "This is not a complete email address, such as name@example.org.",
    ("url", "website"): "This is not the address of a website, such as https://example.org.",
    ("url", "public address"): "This holds an email address, and websites are public. Please leave it out.",
}


def _fault(detail: Any) -> Fault:
    field = str(detail["loc"][0])
    if detail["type"] == "string_too_long":
        return Fault(field, f"This is too long: {LONGEST[field]:,} characters are the most.")
    cause = str(detail.get("ctx", {}).get("error", ""))
    return Fault(field, _SENTENCES.get((field, cause), "Please check this field."))


def whole(value: Any) -> int | None:
    """A number as a form or JSON gives it; None when it is none, or none that an id could be."""
    if value in ("", None):
        return 0
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    digits = str(value).strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else -1
    return number if 0 <= number < 2**31 else None
