"""Who may get in at the desk, and with which role: for admins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import moderators
from moderation.errors import BadInput, Fault, FormFaults, GatepostError
from moderation.moderators import factors, invitations, sessions
from moderation.parts import parts
from moderation.vocabulary import Role
from moderation.web.access import myself, needs
from moderation.web.audit import audit
from moderation.web.deskpage import answer_at_desk, desk_page
from moderation.web.door import door
from moderation.web.notes import go_on
from moderation.web.pages import now
from moderation.web.refusals import init_refusals
from moderation.web.reveal import reveal

people = Blueprint("people", __name__, url_prefix="/desk/people")
people.register_error_handler(GatepostError, answer_at_desk)

_PAGE = "/desk/people"
HOURS = {24: "a day", 72: "three days", 168: "a week"}
"""For how long an invitation may be good."""


def init_people(app: Flask) -> None:
    """Put the door, the accounts and the trail into the app."""
    for part in (door, people, reveal, audit):
        app.register_blueprint(part)
    init_refusals(app)


@people.get("")
@needs(Role.ADMIN)
def show() -> AnyResponse:
    """All accounts, and the invitations that stand."""
    return _people_page()


@people.post("/invitations")
@needs(Role.ADMIN)
def invite() -> AnyResponse:
    """Make a link for somebody to choose a password, and show it once."""
    typed = request.form
    try:
        role, hours = _role(), _hours()
        token = invitations.invite(
            typed.get("name", ""), role, myself().moderator_id, now(), timedelta(hours=hours)
        )
    except FormFaults as faults:
        return _people_page(faults)
    return _link_page(typed.get("name", ""), token, hours)


@people.post("/invitations/<int:invitation_id>/withdraw")
@needs(Role.ADMIN)
def withdraw(invitation_id: int) -> AnyResponse:
    """Take an invitation back.

    Raises
    ------
    NotFound
    """
    invitations.withdraw(invitation_id, myself().moderator_id, now())
    return go_on(_PAGE, "The invitation is taken back; its link opens nothing any more.")


@people.get("/<int:moderator_id>")
@needs(Role.ADMIN)
def person(moderator_id: int) -> AnyResponse:
    """One account: role, sessions, second step.

    Raises
    ------
    NotFound
    """
    account = moderators.account(moderator_id)
    return desk_page(
        "desk/people_person.html",
        account.name,
        account=account,
        sessions=sessions.of(moderator_id, now()),
        factors=factors.of(moderator_id),
        roles=list(Role),
        hours=HOURS,
    )


@people.post("/<int:moderator_id>/role")
@needs(Role.ADMIN)
def set_role(moderator_id: int) -> AnyResponse:
    """Give an account another role.

    Raises
    ------
    NotFound, Refused, FormFaults
    """
    role = _role()
    moderators.set_role(myself(), moderator_id, role, now())
    return _back_to(moderator_id, f"The role is {role} now.")


@people.post("/<int:moderator_id>/disable")
@needs(Role.ADMIN)
def disable(moderator_id: int) -> AnyResponse:
    """Close an account; its sessions end at once.

    Raises
    ------
    NotFound, Refused
    """
    moderators.disable_by(myself(), moderator_id, now())
    return _back_to(moderator_id, "The account is disabled, and signed out everywhere.")


@people.post("/<int:moderator_id>/password-link")
@needs(Role.ADMIN)
def renew_password(moderator_id: int) -> AnyResponse:
    """Make a link for a new password, and show it once.

    Raises
    ------
    NotFound, Refused
    """
    hours = _hours()
    token = invitations.renew_password(moderator_id, myself().moderator_id, now(), timedelta(hours=hours))
    return _link_page(moderators.account(moderator_id).name, token, hours)


@people.post("/<int:moderator_id>/factors/remove")
@needs(Role.ADMIN)
def remove_factors(moderator_id: int) -> AnyResponse:
    """Take all second factors off, for somebody who lost them.

    Raises
    ------
    NotFound
    """
    moderators.account(moderator_id)
    count = factors.remove_all(moderator_id, myself().moderator_id, now())
    said = "A password alone lets them in now, until they set a second step up again."
    return _back_to(moderator_id, said if count else "There was no second step to take off.")


@people.post("/<int:moderator_id>/sessions/end")
@needs(Role.ADMIN)
def end_sessions(moderator_id: int) -> AnyResponse:
    """End all sessions of an account.

    Raises
    ------
    NotFound
    """
    moderators.account(moderator_id)
    me = myself()
    but = me.session_id if me.moderator_id == moderator_id else 0
    count = sessions.end_all(moderator_id, me.moderator_id, now(), but=but)
    return _back_to(moderator_id, f"{count} session{' has' if count == 1 else 's have'} ended.")


@people.post("/<int:moderator_id>/sessions/<int:session_id>/end")
@needs(Role.ADMIN)
def end_session(moderator_id: int, session_id: int) -> AnyResponse:
    """End one session of an account.

    Raises
    ------
    NotFound
    """
    moderators.account(moderator_id)
    sessions.end(session_id, moderator_id, myself().moderator_id, now())
    return _back_to(moderator_id, "That session has ended.")


def _people_page(faults: FormFaults | None = None) -> AnyResponse:
    typed = request.form
    values: dict[str, Any] = {
        "accounts": moderators.people(),
        "protected": factors.protected(),
        "at_work": sessions.counted(now()),
        "invitations": invitations.standing(now()),
        "roles": list(Role),
        "hours": HOURS,
        "typed": {"name": typed.get("name", ""), "role": typed.get("role", Role.MODERATOR.value)},
        "faults": faults.faults if faults else (),
    }
    return desk_page("desk/people.html", "People", faults.status if faults else 200, **values)


def _link_page(name: str, token: str, hours: int) -> AnyResponse:
    origin = parts().settings.site_url or request.host_url.rstrip("/")
    link = f"{origin}/desk/sign-in/invitation?token={token}"
    return desk_page(
        "desk/people_link.html", "A link to pass on", name=name, link=link, good_for=HOURS[hours]
    )


def _back_to(moderator_id: int, said: str) -> AnyResponse:
    return go_on(f"{_PAGE}/{moderator_id}", said)


def _role() -> Role:
    asked = request.form.get("role", "")
    if asked not in set(Role):
        raise FormFaults([Fault("role", "Please choose moderator, senior or admin.")])
    return Role(asked)


def _hours() -> int:
    asked = request.form.get("hours", "72")
    if asked not in set(map(str, HOURS)):
        raise BadInput("A link is good for a day, three days or a week. Nothing was made.")
    return int(asked)
