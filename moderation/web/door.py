"""The door: signing in by password with a second step or by a passkey, invitations, and the way out.

Attempts are counted for the network, and for the account as tried from that network: guessing is slow from
anywhere, and an owner who is elsewhere is never locked out. Known and unknown names get the same answers.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import moderators
from moderation.errors import (
    CodeRefused,
    FormFaults,
    GatepostError,
    PasskeyRefused,
    SignInRefused,
    StepOver,
    TooMany,
)
from moderation.moderators import factors, invitations, passkeys, signing_in
from moderation.parts import parts
from moderation.vocabulary import Role
from moderation.web import limits
from moderation.web.access import (
    can_use_passkeys,
    cookie_name,
    myself,
    needs,
    open_to_anybody,
    own_address,
    site,
    who,
)
from moderation.web.answers import answer, in_time, told, wants_json
from moderation.web.browsers import this_browser
from moderation.web.pages import now
from moderation.web.pending import Pending

door = Blueprint("door", __name__, url_prefix="/desk")

_STEP = "door.second_step"


def account_key() -> str:
    """The account that is tried and the network it is tried from, as one keyed fingerprint."""
    if request.endpoint and request.endpoint.startswith("account."):
        signed_in = who()
        name = signed_in.name if signed_in else ""
    elif request.endpoint == _STEP:
        name = signing_in.whose(request.form.get("ticket", ""), now())
    else:
        name = request.form.get("name", "")
    return parts().vault.mark("sign-in", moderators.name_key(name), limits.network()).hex()[:32]


by_network = limits.limited(lambda: parts().settings.limit_sign_ins, "sign-ins")
by_account = limits.limited(
    lambda: parts().settings.limit_sign_ins_per_account, "sign-ins to account", account_key
)
challenges = limits.limited(lambda: parts().settings.limit_sign_ins, "challenges")


@door.get("/sign-in")
@open_to_anybody
def show_sign_in() -> AnyResponse:
    """The door."""
    asked = own_address(request.args.get("next", ""))
    return redirect(asked, code=303) if who() else _door(asked)


@door.post("/sign-in")
@open_to_anybody
@by_network
@by_account
def sign_in() -> AnyResponse:
    """Begin a session; one this browser had before ends. Where the account has a second step, ask for it first."""
    typed = request.form
    try:
        entered = moderators.sign_in(
            typed.get("name", ""), typed.get("password", ""), this_browser(), now(), lasting()
        )
    except SignInRefused as refused:
        return _door(_asked(), typed.get("name", "")[: moderators.LONGEST_NAME], refused, _pending())
    return _step(entered.second_step) if entered.second_step else _let_in(entered.session)


@door.post("/sign-in/code")
@open_to_anybody
@by_network
@by_account
def second_step() -> AnyResponse:
    """Finish signing in by a code."""
    ticket = request.form.get("ticket", "")
    try:
        token = moderators.second_step(
            parts().vault,
            ticket,
            request.form.get("code", ""),
            this_browser(),
            now=now(),
            lasting=lasting(),
        )
    except StepOver as over:
        return _door(_asked(), "", over, _pending())
    except CodeRefused as refused:
        return _step(ticket, refused)
    return _let_in(token)


@door.post("/sign-in/challenge")
@open_to_anybody
@challenges
def challenge() -> AnyResponse:
    """What a passkey has to sign."""
    return _json(passkeys.ask_to_sign_in(site(), now()))


@door.post("/sign-in/passkey")
@open_to_anybody
@by_network
def sign_in_by_passkey() -> AnyResponse:
    """Begin a session by what a passkey signed."""
    signed = request.form.get("passkey", "")
    try:
        token = moderators.sign_in_by_passkey(
            parts().vault, site(), signed, this_browser(), now=now(), lasting=lasting()
        )
    except PasskeyRefused as refused:
        return _door(_asked(), "", refused, _pending())
    return _let_in(token)


@door.get("/sign-in/invitation")
@open_to_anybody
def show_invitation() -> AnyResponse:
    """What a link invites to.

    Raises
    ------
    InvitationOver
    """
    token = request.args.get("token", "")
    return _invitation_page(invitations.read(token, now()), token)


@door.post("/sign-in/invitation")
@open_to_anybody
@by_network
def accept_invitation() -> AnyResponse:
    """Choose a password, and sign in with it.

    Raises
    ------
    InvitationOver
    """
    token, password = request.form.get("token", ""), request.form.get("password", "")
    try:
        name = invitations.accept(token, password, now())
    except FormFaults as faults:
        return _invitation_page(invitations.read(token, now()), token, faults)
    entered = moderators.sign_in(name, password, this_browser(), now(), lasting())
    return _step(entered.second_step) if entered.second_step else _let_in(entered.session)


@door.post("/sign-out")
@needs(Role.MODERATOR)
def sign_out() -> AnyResponse:
    """End this browser's session."""
    moderators.sign_out(myself(), now())
    return without_cookie(redirect("/desk/sign-in", code=303))


@door.errorhandler(TooMany)
def slow_down(raised: TooMany) -> AnyResponse:
    """Too many attempts: the name, and a decision that waits to be sent, stay on the page."""
    if wants_json() or request.endpoint not in {"door.sign_in", _STEP, "door.sign_in_by_passkey"}:
        return answer(raised)
    error = told(raised)
    if request.endpoint == _STEP:
        return in_time(_step(request.form.get("ticket", ""), error), error)
    name = request.form.get("name", "")[: moderators.LONGEST_NAME]
    return in_time(_door(_asked(), name, error, _pending()), error)


def lasting() -> timedelta:
    """How long a session lasts."""
    return timedelta(hours=parts().settings.session_hours)


def with_cookie(response: AnyResponse, token: str) -> AnyResponse:
    """The answer, with the session's token for the browser to keep."""
    settings = parts().settings
    response.set_cookie(
        cookie_name(),
        token,
        max_age=settings.session_hours * 3600,
        secure=settings.is_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def without_cookie(response: AnyResponse) -> AnyResponse:
    """The answer, with the session's cookie taken away."""
    response.delete_cookie(
        cookie_name(), path="/", secure=parts().settings.is_secure, httponly=True, samesite="Lax"
    )
    return response


def _let_in(token: str) -> AnyResponse:
    """End what this browser had before, and go on: to what waits to be sent, or to where somebody wanted to be."""
    if former := who():
        moderators.sign_out(former, now())
    if pending := _pending():
        page = render_template("account/resume.html", page_title="You are signed in again", pending=pending)
        return with_cookie(make_response(page), token)
    return with_cookie(redirect(_asked(), code=303), token)


def _asked() -> str:
    return own_address(request.form.get("next", ""))


def _pending() -> Pending | None:
    return Pending.read(request.form.get("pending", ""))


def _door(
    asked: str, name: str = "", fault: GatepostError | None = None, pending: Pending | None = None
) -> Response:
    page = render_template(
        "account/sign_in.html",
        page_title="Sign in",
        name=name,
        fault=fault,
        next=asked,
        pending=pending,
        is_late=False,
        can_use_passkeys=can_use_passkeys(),
    )
    return make_response(page, fault.status if fault else 200)


def _step(ticket: str, fault: GatepostError | None = None) -> Response:
    """The second step; once its ticket is of no more use, the door."""
    account_id = signing_in.account_of(ticket, now())
    if account_id is None:
        return _door(_asked(), "", fault if fault and fault.status == 429 else StepOver(), _pending())
    page = render_template(
        "account/second_step.html",
        page_title="One more step",
        ticket=ticket,
        fault=fault,
        next=_asked(),
        pending=_pending(),
        factors=factors.of(account_id),
        can_use_passkeys=can_use_passkeys(),
    )
    return make_response(page, fault.status if fault else 200)


def _invitation_page(
    invitation: invitations.Invitation, token: str, faults: FormFaults | None = None
) -> Response:
    page = render_template(
        "account/invitation.html",
        page_title="Choose a password",
        invitation=invitation,
        token=token,
        faults=faults.faults if faults else (),
    )
    return make_response(page, faults.status if faults else 200)


def _json(content: str) -> Response:
    response = make_response(content)
    response.mimetype = "application/json"
    return response
