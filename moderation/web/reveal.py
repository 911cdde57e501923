"""One address, shown once to an admin who says why."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import revealing
from moderation.errors import FormFaults, GatepostError
from moderation.parts import parts
from moderation.vocabulary import Role
from moderation.web.access import myself, needs
from moderation.web.deskpage import answer_at_desk, desk_page
from moderation.web.pages import now

reveal = Blueprint("reveal", __name__, url_prefix="/desk/comments/<int:comment_id>/address")
reveal.register_error_handler(GatepostError, answer_at_desk)


@reveal.get("")
@needs(Role.ADMIN)
def ask(comment_id: int) -> AnyResponse:
    """Ask for the reason.

    Raises
    ------
    NotFound
    """
    return _page(comment_id)


@reveal.post("")
@needs(Role.ADMIN)
def show(comment_id: int) -> AnyResponse:
    """Show the address.

    Raises
    ------
    NotFound, AddressGone
    """
    reason = request.form.get("reason", "")
    try:
        address = revealing.reveal(parts().vault, comment_id, reason, myself().moderator_id, now())
    except FormFaults as faults:
        return _page(comment_id, reason, faults)
    return _page(comment_id, address=address)


def _page(
    comment_id: int, reason: str = "", faults: FormFaults | None = None, address: str = ""
) -> AnyResponse:
    values = {
        "comment_id": comment_id,
        "name": revealing.name_of(comment_id),
        "reason": reason[: revealing.LONGEST],
        "address": address,
        "faults": faults.faults if faults else (),
    }
    return desk_page("desk/people_address.html", "An address", faults.status if faults else 200, **values)
