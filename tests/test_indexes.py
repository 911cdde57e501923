"""What readers and moderators ask is answered from an index, and no index is idle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select

from bench.scale import filling
from models import Base, Comment, Decision, db, writing
from moderation import rights, sweeps
from moderation.app import create_app
from moderation.moderators import tickets
from moderation.parts import parts
from moderation.rights import Asked, rotating
from moderation.settings import Settings

pytestmark = pytest.mark.sqlite

LARGE = {
    "comment",
    "comment_text",
    "contact",
    "decision",
    "reason",
    "scoring",
    "link",
    "likeness",
    "likeness_place",
    "trail_link",
}
"""Tables that grow with the comments."""

PROMISES = {"uq_classifier_active": "of each kind one classifier is in use"}
"""Indexes that no question needs, and what they hold to."""

WALKS = {
    "SELECT comment.id FROM comment ORDER BY comment.id DESC LIMIT": "the newest, as many as a page looks through"
}
"""What goes through a table by its own key, from the end, and stops."""

_OURS = {"Sec-Fetch-Site": "same-origin"}
_TOKEN = re.compile(r'name="gatepost_token"[^>]*value="([^"]*)"')
_WHAT = re.compile(r"^(SCAN|SEARCH) (\S+)")
_NAMED = re.compile(r"USING (?:COVERING )?INDEX (\S+)")
_ALIASED = r"\b{}\s+(?:AS\s+)?{}\b"


@dataclass
class Heard:
    """Statements by who asked them first, with the plans SQLite makes of them."""

    asked: dict[str, tuple[str, Any]] = field(default_factory=dict)
    who: str = ""

    def hear(self, _connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        first = values[0] if isinstance(values, list) and values else values
        self.asked.setdefault(sql, (self.who, first))

    def plans(self) -> Iterator[tuple[str, str, list[str]]]:
        """Who asks what, and the lines of its plan."""
        with db.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            for sql, (who, values) in self.asked.items():
                if sql.lstrip("( \n").startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
                    rows = driver.execute(f"EXPLAIN QUERY PLAN {sql}", values or ())
                    yield who, sql, [row[3] for row in rows]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("filled")
    filling.installation(folder, 300)
    settings = Settings(instance=folder, log_level="error", form_min_seconds=0, spot_check_share=1)
    app = create_app(settings)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def heard(house: Flask) -> Iterator[Heard]:
    """Everybody does what they do, and all statements are heard."""
    found = Heard()
    event.listen(Engine, "before_cursor_execute", found.hear)
    try:
        for name, tell in STORIES.items():
            found.who = name
            tell(house)
    finally:
        event.remove(Engine, "before_cursor_execute", found.hear)
    with house.app_context():
        yield found


def readers(house: Flask) -> None:
    """They read, answer, report, and come back with their token."""
    client, (number, article_id) = house.test_client(), _one(house, "approved")
    key = f"article-{article_id}"
    for path in (
        "/",
        "/?before=2",
        f"/articles/{key}",
        f"/articles/{key}?after={number}",
        f"/comments/{number}",
    ):
        assert client.get(path).status_code in {200, 303}
    page = client.get(f"/articles/{key}?replytocom={number}").text
    for n in range(3):
        sent = {
            "comment": f"The ferry was on time again, for the time number {n}: https://fine.example/{n}",
            "author": "Ada",
            "email": "ada@example.org",
            "url": "https://ada.example/",
            "comment_parent": str(number) if n else "0",
            "gatepost_token": _TOKEN.findall(page)[0],
            "wp-comment-cookies-consent": "yes",
        }
        answer = client.post(f"/articles/{key}/comments", data=sent, headers=_OURS)
        assert answer.status_code == 303
        client.get(answer.location)
    client.get(f"/comments/{number}/report")
    client.post(f"/comments/{number}/report", data={"complaint": "spam", "words": "no"}, headers=_OURS)


def the_queue(house: Flask) -> None:
    client = _signed_in(house, "max")
    for view, sort, after in product(
        ("held", "check", "again", "spam", "rejected", "approved", "all"),
        ("oldest", "newest", "doubtful", "fine", "risk"),
        ("", "0.5~50"),
    ):
        assert client.get(f"/desk/?view={view}&sort={sort}&after={after}").status_code == 200
    for narrow in (
        *(
            "reason=links",
            "least=1",
            "most=50",
            "hours=1",
            "whom=free",
            "whom=me",
            "whom=person",
            "language=en",
        ),
        *("article=article-1", "q=ferry", f"focus={_one(house, 'held')[0]}"),
    ):
        assert client.get(f"/desk/?{narrow}").status_code == 200


def the_search(house: Flask) -> None:
    client = _signed_in(house, "max")
    for asked in (
        *("ferry", "ferr*", "ferry -timetable", "ferry status:spam", "status:held", "by:max", "by:policy"),
        *("by:max ferry", "by:policy ferry", "by:max status:spam", "by:policy status:held"),
    ):
        for before in ("", "100"):
            answer = client.get("/desk/search", query_string={"q": asked, "before": before})
            assert answer.status_code == 200


def the_desk(house: Flask) -> None:
    """Every page of it, decisions, and what comes behind a page."""
    client = _signed_in(house, "root")
    number, _ = _one(house, "held")
    values = {"comment_id": number, "campaign_id": 1, "key": "article-1", "name": "max", "n": 1}
    for rule in house.url_map.iter_rules():
        if (
            rule.rule.startswith("/desk")
            and "GET" in (rule.methods or ())
            and set(rule.arguments) <= set(values)
        ):
            with house.test_request_context():
                path = house.url_map.bind("localhost").build(
                    rule.endpoint, {name: values[name] for name in rule.arguments}
                )
            client.get(path)
    for who, what in product(("", "policy", "1"), ("", "sign-ins", "decisions", "addresses")):
        client.get("/desk/audit", query_string={"who": who, "what": what, "until": "2030-01-01"})
    client.post("/desk/claims", data={"comment": str(number)}, headers=_OURS)
    for version, action in enumerate(("spam", "approve"), 1):
        sent = {
            "action": action,
            "comment": [f"{number}:{version}", f"{_one(house, 'rejected')[0]}:{version + 1}"],
        }
        assert client.post("/desk/decisions", data=sent, headers=_OURS).status_code in {200, 303}
    with house.app_context():
        last = db.session.scalar(select(func.max(Decision.id)))
        newest = db.session.scalar(select(func.max(Comment.id)))
    client.post(f"/desk/decisions/{last}/undo", data={"bulk": "yes"}, headers=_OURS)
    for kind, about in (
        ("hold-host", {"subject": "shop.example"}),
        ("hold-network", {"comment_id": str(newest)}),
    ):
        client.post("/desk/rules", data={"kind": kind, "reason": "so", "days": "7", **about}, headers=_OURS)


def the_background(house: Flask) -> None:
    with house.app_context():
        now, settings = datetime.now(UTC), parts().settings
        sweeps.sweep(now, "test", more=sweeps.retention(settings))
        for each in rights.classes(settings):
            each.due(now)
        rotating.left(parts().vault)
        with writing():
            tickets.void(1, now)


def ada_is_erased(house: Flask) -> None:
    with house.app_context():
        ids = rights.comments_of(parts().vault, Asked(address="ada@example.org"))
        rights.export(ids, datetime.now(UTC))
        rights.erase(ids, datetime.now(UTC), "asked by address")


STORIES = {
    "readers": readers,
    "the queue": the_queue,
    "the search": the_search,
    "the desk": the_desk,
    "the background": the_background,
    "ada is erased": ada_is_erased,
}


def test_nothing_that_readers_or_moderators_ask_goes_through_a_whole_table(heard: Heard) -> None:
    faults = [
        (who, line, sql)
        for who, sql, plan in heard.plans()
        if who in {"readers", "the queue", "the search"}
        for line in plan
        if _goes_through(line, sql)
    ]
    assert faults == []


def test_no_reader_waits_for_a_join_that_begins_with_all_comments_of_a_status(heard: Heard) -> None:
    faults = [
        (line, sql)
        for who, sql, plan in heard.plans()
        if who == "readers" and " JOIN " in sql
        for line in plan
        if line.startswith("SEARCH comment ") and line.endswith("(status=?)")
    ]
    assert faults == []


def test_every_index_answers_something_or_holds_a_promise(heard: Heard) -> None:
    used = {name for _, _, plan in heard.plans() for line in plan for name in _NAMED.findall(line)}
    there = {index.name for table in Base.metadata.tables.values() for index in table.indexes}
    assert sorted(there - used) == sorted(PROMISES)


def _goes_through(line: str, sql: str) -> bool:
    """Whether a line of a plan goes through a large table from one end to the other, without an index."""
    found = _WHAT.match(line)
    if any(" ".join(sql.split()).startswith(walk) for walk in WALKS):
        return False
    if found is None or found[1] != "SCAN" or _NAMED.search(line) or f") AS {found[2]}" in sql:
        return False
    return any(
        found[2] == table or re.search(_ALIASED.format(table, re.escape(found[2])), sql) for table in LARGE
    )


def _signed_in(house: Flask, name: str) -> FlaskClient:
    client = house.test_client()
    sent = {"name": name, "password": filling.PASSWORD}
    assert client.post("/desk/sign-in", data=sent, headers=_OURS).status_code == 303
    return client


def _one(house: Flask, status: str) -> tuple[int, int]:
    """The first comment of that status, and its article."""
    with house.app_context():
        found = db.session.query(Comment.id, Comment.article_id).filter(Comment.status == status)
        row = found.order_by(Comment.id).first()
        assert row is not None
        return row.id, row.article_id
