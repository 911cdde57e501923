"""The house rules: everybody's page, and where the desk writes them."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, make_response, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from moderation import house_rules, markup
from moderation.errors import Fault, FormFaults, GatepostError, Refused
from moderation.intake import whole
from moderation.parts import parts
from moderation.vocabulary import Role
from moderation.web.access import myself, needs
from moderation.web.deskpage import answer_at_desk, desk_page, seen_version, written_over
from moderation.web.notes import go_on
from moderation.web.pages import build, now

house_rules_pages = Blueprint("house_rules", __name__)


@house_rules_pages.get("/house-rules")
def show() -> AnyResponse:
    """What is asked of those who comment."""
    found = house_rules.in_force()
    body = Markup(markup.render(found.text))  # noqa: S704 cleaned there
    response = make_response(render_template("reader/house_rules.html", page_title="House rules", body=body))
    told = f"{found.version} {build()} {parts().settings.digest}"
    response.set_etag(hashlib.sha256(told.encode()).hexdigest()[:24])
    response.headers["Cache-Control"] = "no-cache"
    return response.make_conditional(request)


@house_rules_pages.get("/desk/house-rules")
@needs(Role.MODERATOR)
def edit() -> AnyResponse:
    """The house rules, to be written."""
    return _page(house_rules.in_force().text)


@house_rules_pages.post("/desk/house-rules")
@needs(Role.SENIOR)
def save() -> AnyResponse:
    """Set the house rules."""
    text, seen = request.form.get("text", ""), seen_version(request.form)
    try:
        house_rules.save(text, myself().moderator_id, now(), seen)
    except FormFaults as error:
        return _page(text, error.faults, error.status)
    except Refused:
        return _page(text, [Fault("text", _MEANWHILE)], 409)
    return go_on("/desk/house-rules", "The house rules are set.")


@house_rules_pages.post("/desk/house-rules/back")
@needs(Role.SENIOR)
def take_back() -> AnyResponse:
    """Go back to the house rules before these."""
    try:
        house_rules.take_back(whole(request.form.get("version")) or 0, myself().moderator_id, now())
    except GatepostError as error:
        return answer_at_desk(error)
    return go_on("/desk/house-rules", "The house rules are what they were before.")


_MEANWHILE = written_over("house rules", "set", "at /house-rules")


def _page(text: str, faults: Any = (), status: int = 200) -> AnyResponse:
    found, longest = house_rules.in_force(), house_rules.LONGEST
    return desk_page(
        "desk/house_rules.html", "House rules", status, text=text, rules=found, faults=faults, longest=longest
    )
