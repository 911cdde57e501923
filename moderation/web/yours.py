"""A reader's own side: what is kept of anybody, and what is kept of them, to be read, taken along or erased.

Whoever comes is known by the secret in their browser, or by the link that showed them their waiting comment. Nobody
is asked for an address: whoever knows somebody's address must learn nothing by it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import rights
from moderation.errors import FormFaults, NotFound
from moderation.intake import whole
from moderation.parts import Parts, parts
from moderation.rights import Asked
from moderation.web import limits, tokens
from moderation.web.forms import reader_token
from moderation.web.pages import now

yours = Blueprint("yours", __name__)

_MOST_AT_ONCE = 200
_MOST_SHOWN = 1_000
"""Comments on the page; once these are erased it shows the next."""


@yours.get("/privacy")
def privacy() -> AnyResponse:
    """What is kept, why, how long, and who sees it: from the settings in force."""
    page = render_template(
        "reader/privacy.html",
        kept=rights.kept(parts().settings),
        held_days=parts().settings.held_days,
        page_title="Your privacy",
    )
    response = make_response(page)
    response.set_etag(hashlib.sha256(page.encode()).hexdigest()[:24])
    response.headers["Cache-Control"] = "no-cache"
    return response


@yours.get("/yours")
def show() -> AnyResponse:
    """The comments of whoever comes, and what is kept with them."""
    return _page(request.args.get("by", ""))


@yours.get("/yours.json")
def take_along() -> AnyResponse:
    """The same for programs, to be taken along."""
    by, moment = request.args.get("by", ""), now()
    told = rights.export(_theirs(parts(), by), moment, is_to_author=True)
    response = _private(json.dumps(told, indent=2, ensure_ascii=False))
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="your-comments.json"'
    return response


@yours.post("/yours/erase")
@limits.own
def erase() -> AnyResponse:
    """Ask whether they are sure, and then erase for good."""
    by, moment = request.form.get("by", ""), now()
    chosen = [number for each in request.form.getlist("comment") if (number := whole(each))]
    if not chosen:
        return _page(by, "Please tick at least one comment. Nothing was erased.", FormFaults.status)
    theirs = set(_theirs(parts(), by))
    ids = sorted(theirs.intersection(chosen[:_MOST_AT_ONCE]))
    if not ids:
        raise NotFound("There is no such comment of yours.")
    if request.form.get("sure") != "yes":
        held = rights.held_with(ids)
        page = render_template(
            "reader/yours_sure.html", held=held, by=by, page_title="Erase for good?", noindex=True
        )
        return _private(page)
    rights.erase(ids, moment, "asked by the author")
    return _sealed(make_response(redirect("/yours/erased", code=303)))


@yours.get("/yours/erased")
def erased() -> AnyResponse:
    """It is done."""
    return _private(render_template("reader/yours_erased.html", page_title="Erased", noindex=True))


def _page(by: str, fault: str = "", status: int = 200) -> Response:
    held = rights.held_with(_theirs(parts(), by))
    if by and not held:
        raise NotFound("This link has expired, or what it led to was erased.")
    told = {"held": held, "by": by, "fault": fault, "page_title": "Your comments", "noindex": True}
    return _sealed(make_response(render_template("reader/yours.html", **told), status))


def _theirs(at_work: Parts, by: str) -> list[int]:
    """The comments of whoever comes: of the link, else of the browser."""
    if by:
        found = tokens.held_comment(at_work.vault, by, at_work.settings.held_days)
        return rights.comments_of(at_work.vault, Asked(comments=(found,))) if found else []
    token = reader_token(at_work)
    return rights.comments_of(at_work.vault, Asked(token=token), _MOST_SHOWN) if token else []


def _private(page: Any) -> Response:
    return _sealed(make_response(page))


def _sealed(response: Response) -> Response:
    """For this browser alone: kept by no cache, told to no other page, found by no search engine."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
