"""What "Leave a Reply" sends and what it shows: its fields, its tokens and its cookie."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from moderation import privacy
from moderation.errors import BadInput, Fault
from moderation.intake import LONGEST, Circumstances
from moderation.parts import Parts
from moderation.threads import PublicArticle, PublicComment
from moderation.web import limits, tokens
from moderation.web.pages import now

HONEYPOT = "subject"
CONSENT = "wp-comment-cookies-consent"
KEPT_FIELDS = (*LONGEST, CONSENT, "comment_parent")
_YEAR = 365 * 86_400
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class FormView:
    """The form "Leave a Reply" as the template draws it: what was typed, what needs mending, whom it answers."""

    action: str
    article_id: int
    token: str
    cancel_url: str
    required: bool
    values: Mapping[str, str]
    faults: tuple[Fault, ...] = field(default=())
    replying_to: PublicComment | None = None
    remember: bool = True


def form_view(
    at_work: Parts,
    article: PublicArticle,
    typed: Mapping[str, str],
    faults: tuple[Fault, ...] = (),
    parent: PublicComment | None = None,
    *,
    token: str = "",
) -> FormView:
    """The form of this article, with what was typed before; `token` stands in the place of one that is made now."""
    return FormView(
        action=f"/articles/{article.key}/comments",
        article_id=article.id,
        token=token or tokens.form_token(at_work.vault, article.id),
        cancel_url=f"/articles/{article.key}",
        required=at_work.settings.require_name_email,
        values={name: typed.get(name, "") for name in KEPT_FIELDS},
        faults=faults,
        replying_to=parent,
    )


def sent_fields() -> Mapping[str, Any]:
    """What was sent, as the form names it.

    Raises
    ------
    BadInput
        JSON that is none, or no object.
    """
    if request.mimetype != "application/json":
        return {name: _whole_letters(value) for name, value in request.form.items()}
    try:
        found = json.loads(request.get_data(as_text=True), object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise BadInput("This is not JSON.") from None
    if not isinstance(found, dict):
        raise BadInput("The JSON must be one object with the fields of the form.")
    return {name: _whole_letters(value) for name, value in found.items() if value is not None}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that names a key twice means two things to two readers, and is none."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _whole_letters(value: Any) -> Any:
    """Halves of surrogate pairs, which JSON can hold and no page can show, become question marks."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "replace").decode("utf-8")


def typed_on_the_form() -> dict[str, str]:
    """What the sent form holds, as far as it can be read at all."""
    try:
        return {name: request.form.get(name, "") for name in LONGEST}
    except HTTPException:  # larger than we read
        return {}


def typed_text(fields: Mapping[str, Any], name: str) -> str:
    """What was typed into a field; what is no text was not typed."""
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def circumstances(at_work: Parts, article_id: int, fields: Mapping[str, Any]) -> Circumstances:
    """What came with the words: network, the browser's token, the form's age, the field nobody sees."""
    token = reader_token(at_work) or ""
    if not token and fields.get(CONSENT):
        token = secrets.token_urlsafe(32)
    return Circumstances(
        network=limits.network(),
        reader_token=token or None,
        form_age=tokens.form_age(at_work.vault, typed_text(fields, "gatepost_token"), article_id, now()),
        honeypot=bool(fields.get(HONEYPOT)),
    )


def reader_token(at_work: Parts) -> str | None:
    """The token that the browser holds, if it asked to be remembered."""
    token = request.cookies.get(_cookie(at_work), "")
    return token if _TOKEN.fullmatch(token) else None


def own_address(at_work: Parts, asked: str) -> str:
    """Where the form wanted to go next, if that is on this site or on one that may post here; else nothing."""
    if (
        not asked
        or not asked.isascii()
        or not asked.isprintable()
        or any(each in asked for each in " \\\"'<>")
    ):
        return ""
    if privacy.has_address(asked):  # a form elsewhere may put one there: it would stand in history and logs
        return ""
    try:
        asked_for = urlsplit(asked)
    except ValueError:
        return ""
    if not asked_for.scheme and not asked_for.netloc and asked_for.path.startswith("/"):
        return "" if asked.startswith("//") else asked.partition("#")[0]
    origin = f"{asked_for.scheme}://{asked_for.netloc}"
    if origin == request.host_url.rstrip("/"):  # ours by its own name: the path says it all
        path = asked_for._replace(scheme="", netloc="", fragment="").geturl()
        return path if path.startswith("/") and not path.startswith("//") else ""
    ours = {at_work.settings.site_url, *at_work.settings.form_origins} - {""}
    return asked.partition("#")[0] if origin in ours else ""


def remember(response: AnyResponse, at_work: Parts, token: str) -> None:
    """Let the browser keep the reader's token."""
    response.set_cookie(
        _cookie(at_work),
        token,
        max_age=_YEAR,
        secure=at_work.settings.is_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _cookie(at_work: Parts) -> str:
    return "__Host-reader" if at_work.settings.is_secure else "gatepost_reader"
