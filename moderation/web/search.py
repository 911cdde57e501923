"""The search at the desk, over all comments whatever their status."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import search
from moderation.errors import GatepostError
from moderation.intake import whole
from moderation.parts import parts
from moderation.vocabulary import Role
from moderation.web.access import needs
from moderation.web.deskpage import answer_at_desk, desk_page

search_pages = Blueprint("search", __name__, url_prefix="/desk/search")
search_pages.register_error_handler(GatepostError, answer_at_desk)


@search_pages.get("")
@needs(Role.MODERATOR)
def show() -> AnyResponse:
    """What is found, the newest first."""
    asked = {name: request.args.get(name, "") for name in ("q", "status", "by")}
    wish = search.Wish.read(asked["q"], asked["status"], asked["by"])
    found = search.find(wish, whole(request.args.get("before")))
    entries = parts().review.waiting(found.ids)
    shown = {} if wish.has_address else asked
    return desk_page("desk/search.html", "Search", wish=wish, entries=entries, found=found, asked=shown)
