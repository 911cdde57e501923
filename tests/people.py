"""People with a browser, as the tests know them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
PASSWORD = "a lamp above the old gate"
FAIR = "The timetable on the pier still shows last winter's times."


class Person:
    """Somebody with a browser and a name to sign comments with."""

    def __init__(self, app: Flask, name: str, email: str) -> None:
        self.client = app.test_client()
        self.name, self.email = name, email

    def get(self, url: str, **more: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(url, buffered=True, **more)

    def post(self, url: str, data: Any = None, **more: Any) -> TestResponse:
        """Send a form of this site, as browsers do."""
        headers = {"Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}
        return self.client.post(url, data=data, headers=headers, **more)

    def form(self, article: str = "the-ferry") -> dict[str, str]:
        """The hidden fields of the article's form, as the page holds them."""
        page = self.get(f"/articles/{article}").text
        return dict(re.findall(r'<input type="hidden" name="([^"]+)"[^>]* value="([^"]*)"', page))

    def comment(self, text: str, article: str = "the-ferry", **fields: Any) -> TestResponse:
        """Fill the form in and send it."""
        typed = {"comment": text, "author": self.name, "email": self.email, **self.form(article), **fields}
        return self.post(f"/articles/{article}/comments", typed)


def number_in(answer: TestResponse) -> int:
    """The comment that a redirect leads to."""
    return int(answer.location.rpartition("#comment-")[2])


def posted(reader: Person, text: str = FAIR, **fields: str) -> int:
    """The number of a comment that somebody posts and that is taken."""
    answer = reader.comment(text, **fields)
    assert answer.status_code == 303, answer.text
    return number_in(answer)
