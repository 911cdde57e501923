"""The look around: every page of the app's own URL map, opened by everybody in several ways."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from itertools import product
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.routing import Rule

from moderation.audit.stage import BROKEN, Stage

_STATIC = "static"
_NEXT = re.compile(r'<a href="(/[^"]*)" rel="next"')
_QUERIES: dict[str, list[dict[str, str]]] = {
    "reader.show": [{"replytocom": "1"}, {"after": "1"}, {"told": "hidden"}],
    "audit.show": [{"what": "sign-ins"}, {"what": "addresses"}, {"who": "policy"}],
    "search.show": [{"q": "kind"}, {"q": "ferry", "status": "spam", "by": "policy"}],
    "rules.preview": [
        {"kind": "hold-word", "subject": "ferry", "reason": "so", "days": "7"},
        {"kind": "spam-host", "subject": "shop.example", "reason": "so", "days": "7"},
    ],
    "campaigns.show": [{"part": "decided"}, {"part": "out"}],
    "desk.queue": [
        {"view": view, "sort": sort, "q": asked}
        for view in ("held", "check", "again", "spam", "rejected", "approved", "all")
        for sort, asked in (("risk", ""), ("age", "kind"))
    ]
    + [{"sort": "doubtful", "reason": "links", "least": "1", "hours": "1", "whom": "free"}, {"focus": "1"}],
    "desk.focus": [{"next": "/desk/?view=all"}],
}
"""What else to ask of a page than the page itself."""


def look_around(
    set_up: Stage,
    name: str,
    client: FlaskClient,
    values: Mapping[str, Sequence[Any]],
    also: Sequence[str] = (),
) -> None:
    """Open everything as one visitor, keep every answer, and note the routes that could not be filled in.

    Parameters
    ----------
    name, client
        Who the visitor is, and their browser.
    values
        For each variable part of a route the values to try. With none, only the addresses in `also` are opened.
    also
        More addresses to open.
    """
    adapter = set_up.app.url_map.bind("localhost")
    found = list(_addresses(set_up, adapter, values)) if values else []
    for address in [*found, *also]:
        _open(set_up, name, client, address)
    for rule in _changes(set_up) if values else ():
        for filled in _filled(rule, values):
            address = adapter.build(rule.endpoint, filled, method=_method(rule))
            answer = client.open(address, method=_method(rule), headers={"Sec-Fetch-Site": "same-origin"})
            set_up.keep(f"empty forms of {name}", f"{_method(rule)} {address}", answer)


def _addresses(set_up: Stage, adapter: Any, values: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    for rule in set_up.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == _STATIC or str(rule) in BROKEN.values():
            continue
        if missing := sorted(name for name in rule.arguments if not values.get(name)):
            set_up.unproven.append(f"{rule}: no value for {', '.join(missing)}")
        for filled in _filled(rule, values):
            for query in ({}, *_QUERIES.get(rule.endpoint, [])):
                address = adapter.build(rule.endpoint, filled, method="GET")
                yield f"{address}?{urlencode(query)}" if query else address


def _open(set_up: Stage, name: str, client: Any, address: str) -> None:
    """The page, its head, and what a browser gets that has it already."""
    is_desk = address.startswith("/desk")
    kind = f"{'the desk' if is_desk else 'public pages'} to {name}"
    answer = client.get(address)
    set_up.keep(kind, f"GET {address}", answer)
    if not is_desk:
        set_up.keep(kind, f"HEAD {address}", client.head(address))
        as_json = client.get(address, headers={"Accept": "application/json"})
        set_up.keep(kind, f"GET {address} as JSON", as_json)
    if further := _NEXT.search(answer.text if answer.mimetype == "text/html" else ""):
        following = unescape(further[1]).partition("#")[0]
        if following not in set_up.followed.setdefault(name, set()):
            set_up.followed[name].add(following)
            _open(set_up, name, client, following)
    if tag := answer.headers.get("ETag"):
        set_up.keep(kind, f"GET {address} again", client.get(address, headers={"If-None-Match": tag}))


def _changes(set_up: Stage) -> list[Rule]:
    """Routes that change something; those that end the session come last."""
    rules = [rule for rule in set_up.app.url_map.iter_rules() if _method(rule)]
    return sorted(rules, key=lambda rule: "sign" in rule.rule)


def _method(rule: Rule) -> str:
    return next(iter(sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})), "")


def _filled(rule: Rule, values: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """The route's variable parts with all values there are; nothing where one of them has none."""
    names = sorted(rule.arguments)
    for combination in product(*(values.get(name, ()) for name in names)):
        yield dict(zip(names, combination, strict=True))
