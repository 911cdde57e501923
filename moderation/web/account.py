"""Signing in and out, and one's own password.

Attempts are counted for the network, and for the account as tried from that network: guessing is slow from
anywhere, and an owner who is elsewhere is never locked out. Known and unknown names get the same answers.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response as AnyResponse

from moderation import moderators
from moderation.errors import FormFaults, GatepostError, SignInRefused
from moderation.parts import parts
from moderation.vocabulary import Role
from moderation.web.access import cookie_name, myself, needs, open_to_anybody, own_address, who
from moderation.web.answers import answer, in_time, told, wants_json
from moderation.web.limits import limiter, network, network_key
from moderation.web.pages import now
from moderation.web.pending import Pending

account = Blueprint("account", __name__, url_prefix="/desk")


def account_key() -> str:
    """The account that is tried and the network it is tried from, as one keyed fingerprint."""
    signed_in = who() if request.endpoint == "account.change_password" else None
    name = signed_in.name if signed_in else request.form.get("name", "")
    return parts().vault.mark("sign-in", moderators.name_key(name), network()).hex()[:32]


by_network = limiter.shared_limit(
    lambda: parts().settings.limit_sign_ins, scope="sign-ins", key_func=network_key
)
by_account = limiter.shared_limit(
    lambda: parts().settings.limit_sign_ins_per_account, scope="sign-ins to account", key_func=account_key
)


@account.get("/sign-in")
@open_to_anybody
def show_sign_in() -> AnyResponse:
    """The door."""
    asked = own_address(request.args.get("next", ""))
    return redirect(asked, code=303) if who() else _door(asked)


@account.post("/sign-in")
@open_to_anybody
@by_network
@by_account
def sign_in() -> AnyResponse:
    """Begin a session; one this browser had before ends."""
    typed, pending = request.form, Pending.read(request.form.get("pending", ""))
    asked = own_address(typed.get("next", ""))
    try:
        token = _begin(typed.get("name", ""), typed.get("password", ""))
    except SignInRefused as refused:
        return _door(asked, typed.get("name", "")[: moderators.LONGEST_NAME], refused, pending)
    if former := who():
        moderators.sign_out(former, now())
    if pending:
        page = render_template("account/resume.html", page_title="You are signed in again", pending=pending)
        return _with_cookie(make_response(page), token)
    return _with_cookie(redirect(asked, code=303), token)


@account.errorhandler(RateLimitExceeded)
def slow_down(raised: RateLimitExceeded) -> AnyResponse:
    """Too many attempts: the name, and a decision that waits to be sent, stay on the page."""
    typed = request.form
    if wants_json() or request.endpoint != "account.sign_in":
        return answer(raised)
    name, pending = typed.get("name", "")[: moderators.LONGEST_NAME], Pending.read(typed.get("pending", ""))
    error = told(raised)
    return in_time(_door(own_address(typed.get("next", "")), name, error, pending), error)


@account.post("/sign-out")
@needs(Role.MODERATOR)
def sign_out() -> AnyResponse:
    """End this browser's session."""
    moderators.sign_out(myself(), now())
    response = redirect("/desk/sign-in", code=303)
    response.delete_cookie(
        cookie_name(), path="/", secure=parts().settings.is_secure, httponly=True, samesite="Lax"
    )
    return response


@account.get("/account")
@needs(Role.MODERATOR)
def show_account() -> AnyResponse:
    """One's own account."""
    return _account_page(is_changed="changed" in request.args)


@account.post("/account")
@needs(Role.MODERATOR)
@by_network
@by_account
def change_password() -> AnyResponse:
    """Give oneself another password. Every session of the account ends, and this browser gets a new one."""
    me, typed = myself(), request.form
    try:
        moderators.change_password(me, typed.get("current", ""), typed.get("new", ""), now())
    except FormFaults as faults:
        return _account_page(faults)
    token = _begin(me.name, typed.get("new", ""))
    return _with_cookie(redirect("/desk/account?changed", code=303), token)


def _begin(name: str, password: str) -> str:
    at_work = parts()
    fingerprint = at_work.vault.fingerprint_network(network())
    return moderators.sign_in(
        name, password, fingerprint, now(), timedelta(hours=at_work.settings.session_hours)
    )


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
    )
    return make_response(page, fault.status if fault else 200)


def _account_page(faults: FormFaults | None = None, is_changed: bool = False) -> AnyResponse:
    page = render_template(
        "account/account.html",
        page_title="Your account",
        signed_in=myself(),
        counts=parts().review.counts(),
        faults=faults.faults if faults else (),
        is_changed=is_changed,
    )
    return make_response(page, faults.status if faults else 200)


def _with_cookie(response: AnyResponse, token: str) -> AnyResponse:
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
