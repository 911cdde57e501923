"""Every route of the app, and an address for each: made from the app's own URL map, so that no new one is missed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Flask

from moderation.vocabulary import Role
from moderation.web.access import declared

SAFE = {"GET", "HEAD"}


@dataclass(frozen=True)
class Knock:
    """One way to knock: an endpoint, a method, an address, and who may come in as its view declares."""

    endpoint: str
    method: str
    path: str
    access: Role | str | None

    @property
    def is_desk(self) -> bool:
        return self.path.startswith("/desk")


def knocks(app: Flask) -> list[Knock]:
    """All of them, but for static files."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        path = re.sub(r"<int:\w+>", "1", re.sub(r"<(?:string:|path:)?\w+>", "the-ferry", rule.rule))
        access = declared(app.view_functions[rule.endpoint])
        methods = sorted((rule.methods or set()) - {"OPTIONS"})
        found += [Knock(rule.endpoint, method, path, access) for method in methods]
    return found
