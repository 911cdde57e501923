"""Who may come in at the desk. Default deny: a view that declares no role is shown to nobody.

Everything below /desk asks for a session before anything else, addresses that do not exist too, so that nobody
learns from outside which do. Whoever sends a change without a session is told so on a page that still holds
what was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from moderation import moderators
from moderation.errors import BadInput, Refused, SignInNeeded
from moderation.moderators import SignedIn
from moderation.moderators.passkeys import Site
from moderation.parts import parts
from moderation.vocabulary import Role
from moderation.web.answers import wants_json
from moderation.web.pages import now
from moderation.web.pending import Pending

View = TypeVar("View", bound=Callable[..., Any])

_ANYBODY = "anybody"


def init_access(app: Flask) -> None:
    """Stand at the desk's door."""
    app.before_request(check)
    app.after_request(keep_out_of_caches)


def needs(role: Role) -> Callable[[View], View]:
    """Declare the least role that a view of the desk needs. Stands right below the route."""
    return lambda view: _marked(view, role)


def open_to_anybody(view: View) -> View:
    """Declare that a view below /desk is for those who are not signed in yet."""
    return _marked(view, _ANYBODY)


def declared(view: Any) -> Role | str | None:
    """What a view declares: a role, "anybody", or nothing at all."""
    return getattr(view, "desk_access", None)


def check() -> AnyResponse | None:
    """Let the request pass, or send it to the door.

    Raises
    ------
    SignInNeeded
        Nobody is signed in, and the answer is for a program.
    Refused
        The role is not enough, or the view declares none.
    """
    if not is_desk():
        return None
    access = declared(current_app.view_functions.get(request.endpoint or ""))
    if access == _ANYBODY:
        return None
    signed_in = who()
    if signed_in is None:
        return _to_the_door()
    if request.endpoint and not (isinstance(access, Role) and signed_in.role.covers(access)):
        raise Refused("Your account may not do this.")
    return None


def who() -> SignedIn | None:
    """Who is signed in, by the session on the server."""
    if "signed_in" not in g:
        g.signed_in = moderators.session_of(request.cookies.get(cookie_name(), ""), now())
    found: SignedIn | None = g.signed_in
    return found


def myself() -> SignedIn:
    """Who is signed in, in a view that nobody else reaches.

    Raises
    ------
    SignInNeeded
    """
    if (signed_in := who()) is None:
        raise SignInNeeded
    return signed_in


def cookie_name() -> str:
    """Name of the session's cookie; over TLS browsers bind it to this very host."""
    return "__Host-gatepost" if parts().settings.is_secure else "gatepost_session"


def can_use_passkeys() -> bool:
    """Whether passkeys can be used at the address of this request: they are bound to a name, never to a number."""
    host = _host(_origin())
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return bool(host)
    return False


def site() -> Site:
    """What passkeys are bound to: the public address that is set, or the one this request came to.

    Raises
    ------
    BadInput
        It came to a host that has no name.
    """
    origin = _origin()
    if not (host := _host(origin)):
        raise BadInput("This site does not answer to that name.")
    return Site(host, origin, parts().settings.site_name)


def _origin() -> str:
    return parts().settings.site_url or request.host_url.rstrip("/")


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def own_address(asked: str) -> str:
    """The address somebody wants to go to next, if it is a page of the desk; else the queue.

    >>> own_address("/desk/?view=spam"), own_address("//elsewhere.example/desk/")
    ('/desk/?view=spam', '/desk/')
    """
    path = asked.partition("?")[0]
    is_plain = (
        asked.isascii() and asked.isprintable() and not set(asked) & set("\\ #\"'<>") and len(asked) <= 2000
    )
    is_ours = path.startswith("/desk/") and "//" not in path and ".." not in path and "%" not in path
    return asked if is_plain and is_ours and not path.startswith("/desk/sign-") else "/desk/"


def here() -> str:
    """The address of this page, to come back to."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "note"]
    return own_address(f"{request.path}?{urlencode(asked)}" if asked else request.path)


def keep_out_of_caches(response: Response) -> Response:
    """What the desk says is for one pair of eyes, and for no cache."""
    if is_desk():
        response.headers["Cache-Control"] = "no-store"
    return response


def is_desk() -> bool:
    """Whether the request is for the desk."""
    return request.path == "/desk" or request.path.startswith("/desk/")


def _to_the_door() -> AnyResponse:
    if wants_json():
        raise SignInNeeded
    if request.method in {"GET", "HEAD"}:
        return redirect(f"/desk/sign-in?{urlencode({'next': here()})}", code=303)
    page = render_template(
        "account/sign_in.html",
        page_title=SignInNeeded.title,
        name="",
        fault=None,
        next="",
        pending=Pending.of(request),
        is_late=True,
        can_use_passkeys=can_use_passkeys(),
    )
    return make_response(page, SignInNeeded.status)


def _marked(view: View, access: Role | str) -> View:
    view.desk_access = access  # type: ignore[attr-defined]
    return view
