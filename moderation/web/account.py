"""One's own account: its sessions, its second step, its password.

What would let somebody else in for good asks for the present password again: a browser left open is not enough.
"""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, make_response, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from moderation import moderators
from moderation.errors import Fault, FormFaults, GatepostError, TooMany
from moderation.moderators import factors, passkeys, sessions
from moderation.parts import parts
from moderation.vocabulary import Role
from moderation.web.access import can_use_passkeys, myself, needs, site
from moderation.web.answers import answer, in_time, told, wants_json
from moderation.web.browsers import this_browser
from moderation.web.deskpage import answer_at_desk, desk_page
from moderation.web.door import by_account, by_network, lasting, with_cookie, without_cookie
from moderation.web.notes import go_on
from moderation.web.pages import now

account = Blueprint("account", __name__, url_prefix="/desk/account")
account.register_error_handler(GatepostError, answer_at_desk)

_PAGE = "/desk/account"
_NOWHERE_ELSE = "You were signed in nowhere else."


@account.get("")
@needs(Role.MODERATOR)
def show_account() -> AnyResponse:
    """One's own account."""
    return _account_page()


@account.post("")
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
    token = sessions.begin_anew(me.moderator_id, this_browser(), now(), lasting())
    return with_cookie(redirect("/desk/account?changed", code=303), token)


@account.post("/sessions/<int:session_id>/end")
@needs(Role.MODERATOR)
def end_session(session_id: int) -> AnyResponse:
    """End one session of one's own; this browser's too.

    Raises
    ------
    NotFound
    """
    me = myself()
    sessions.end(session_id, me.moderator_id, me.moderator_id, now())
    if session_id == me.session_id:
        return without_cookie(redirect("/desk/sign-in", code=303))
    return go_on(_PAGE, "That session has ended.")


@account.post("/sessions/end")
@needs(Role.MODERATOR)
def end_other_sessions() -> AnyResponse:
    """End all sessions of one's own but this one."""
    me = myself()
    count = sessions.end_all(me.moderator_id, me.moderator_id, now(), but=me.session_id)
    said = f"{count} other session{' has' if count == 1 else 's have'} ended." if count else _NOWHERE_ELSE
    return go_on(_PAGE, said)


@account.post("/authenticator")
@needs(Role.MODERATOR)
@by_network
@by_account
def begin_authenticator() -> AnyResponse:
    """Show what an authenticator app has to scan."""
    me = myself()
    if faults := _not_confirmed("factors_current"):
        return _account_page(faults)
    return _setup_page(factors.begin_authenticator(parts().vault, me, parts().settings.site_name, now()))


@account.post("/authenticator/code")
@needs(Role.MODERATOR)
@by_network
def finish_authenticator() -> AnyResponse:
    """Put the authenticator to use by its first code.

    Raises
    ------
    NotFound
    """
    vault, me, ticket = parts().vault, myself(), request.form.get("ticket", "")
    try:
        codes = factors.finish_authenticator(vault, me, ticket, request.form.get("code", ""), now())
    except FormFaults as faults:
        begun = factors.authenticator_begun(vault, me, ticket, parts().settings.site_name, now())
        return _setup_page(begun, faults)
    return _codes_page(codes) if codes else go_on(_PAGE, "Your authenticator app is in use now.")


@account.post("/passkeys/challenge")
@needs(Role.MODERATOR)
@by_network
@by_account
def ask_passkey() -> AnyResponse:
    """What a new passkey has to sign; asked for by the page's script.

    Raises
    ------
    Refused
    """
    if faults := _not_confirmed("factors_current"):
        return answer(faults) if wants_json() else _account_page(faults)
    response = make_response(passkeys.ask_to_add(parts().vault, myself(), site(), now()))
    response.mimetype = "application/json"
    return response


@account.post("/passkeys")
@needs(Role.MODERATOR)
@by_network
def add_passkey() -> AnyResponse:
    """Keep the passkey that the browser made."""
    typed = request.form
    try:
        codes = passkeys.add(
            parts().vault,
            myself(),
            site(),
            typed.get("passkey", ""),
            name=typed.get("passkey_name", ""),
            now=now(),
        )
    except FormFaults as faults:
        return _account_page(faults)
    return _codes_page(codes) if codes else go_on(_PAGE, "The passkey is kept. You can sign in with it now.")


@account.post("/recovery-codes")
@needs(Role.MODERATOR)
@by_network
@by_account
def renew_codes() -> AnyResponse:
    """Show new recovery codes; the former ones are void.

    Raises
    ------
    NotFound
    """
    if faults := _not_confirmed("factors_current"):
        return _account_page(faults)
    return _codes_page(factors.renew_codes(myself(), now()))


@account.post("/factors/<int:credential_id>/remove")
@needs(Role.MODERATOR)
@by_network
@by_account
def remove_factor(credential_id: int) -> AnyResponse:
    """Take a second factor off.

    Raises
    ------
    NotFound
    """
    if faults := _not_confirmed("factors_current"):
        return _account_page(faults)
    factors.remove(myself(), credential_id, now())
    return go_on(_PAGE, "It is taken off, and lets nobody in any more.")


@account.errorhandler(TooMany)
def slow_down(raised: TooMany) -> AnyResponse:
    """Too many attempts at the present password."""
    if wants_json():
        return answer(raised)
    error = told(raised)
    return in_time(desk_page("desk/error.html", error.title, error=error, back=_PAGE), error)


def _not_confirmed(field: str) -> FormFaults | None:
    """What to say where the present password was not given."""
    try:
        moderators.confirm(myself(), request.form.get(field, ""), now())
    except FormFaults as faults:
        return FormFaults([Fault(field, fault.sentence) for fault in faults.faults])
    return None


def _account_page(faults: FormFaults | None = None) -> AnyResponse:
    me = myself()
    values: dict[str, Any] = {
        "faults": faults.faults if faults else (),
        "is_changed": "changed" in request.args,
        "sessions": sessions.of(me.moderator_id, now()),
        "factors": factors.of(me.moderator_id),
        "can_use_passkeys": can_use_passkeys(),
    }
    return desk_page("account/account.html", "Your account", faults.status if faults else 200, **values)


def _setup_page(setup: factors.Setup, faults: FormFaults | None = None) -> AnyResponse:
    drawn = segno.make(setup.uri, error="m", micro=False).svg_inline(
        border=4,
        omitsize=True,
        svgclass="qr",
        lineclass="qr-line",
        title="QR code for your authenticator app",
    )
    qr = Markup(drawn)  # noqa: S704  drawn here, of our own words
    values = {"setup": setup, "qr": qr, "faults": faults.faults if faults else ()}
    return desk_page(
        "account/authenticator.html", "Set up an authenticator", faults.status if faults else 200, **values
    )


def _codes_page(codes: tuple[str, ...]) -> AnyResponse:
    return desk_page("account/codes.html", "Your recovery codes", codes=codes)
