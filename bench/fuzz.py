"""Garbage for every public route: no answer of 500 and above, none slower than a second, memory that stays flat.

    python -m bench.fuzz [--minutes 10] [--seed N]

Requests are made of pieces that other programs stumbled over, put together by chance, without any schema. What fails
is printed with the seed, so that it can be had again.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask, current_app

from models import db
from models.schema import migrator
from moderation import articles, learning
from moderation.app import create_app
from moderation.privacy import RootKeys
from moderation.settings import Settings
from moderation.web.pages import now

SLOWEST_SECONDS = 1.0
MOST_GROWTH_MB = 64
PIECES = (
    *("", "0", "-1", "1", "2147483648", "9" * 400, "1e9", "NaN", "null", "true", "[]", "{}", "\x00", "\r\n"),
    *("%00", "%ff", "%2e%2e/", "../../etc/passwd", "<script>", "'", '"', "`", "\\", "${x}", "{{x}}", "%s%n"),
    *(
        "ada@example.org",
        "@",
        "a" * 3000,
        "&" * 300,
        "=" * 300,
        "<b>" * 900,
        "(" * 900,
        "http://[",
        "//x",
        "\t",
    ),
    *("\u202e", "\ud83d", "ﷺ" * 50, "é", "😀" * 90),
)
FIELDS = (
    *(
        "comment",
        "author",
        "email",
        "url",
        "comment_parent",
        "comment_post_ID",
        "gatepost_token",
        "redirect_to",
    ),
    *("by", "sure", "complaint", "words", "name", "password", "next", "code", "subject", "x"),
)
HEADERS = (
    *("Accept", "Cookie", "Host", "Origin", "Referer", "Sec-Fetch-Site", "User-Agent", "X-Forwarded-For"),
    *("If-None-Match", "Range", "Accept-Language", "Content-Encoding"),
)
TYPES = (
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=x",
    "text/plain",
    "",
)


@dataclass
class Fuzz:
    """Asks one app for nonsense; `faults` tells what should not have been."""

    app: Flask
    chance: random.Random
    slowest_allowed: float = SLOWEST_SECONDS
    asked: int = 0
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)

    def ask(self) -> None:
        """One request."""
        path, method = (
            self._path(),
            self.chance.choice(("GET", "GET", "POST", "POST", "HEAD", "PUT", "OPTIONS")),
        )
        sent = self._sent() if method in {"POST", "PUT"} else {}
        query = "&".join(f"{self._piece()}={self._piece()}" for _ in range(self.chance.randrange(4)))
        begin = time.thread_time()
        try:
            client = self.app.test_client()
            answer = client.open(path, method=method, query_string=query, headers=self._headers(), **sent)
            status = answer.status_code
        except (
            UnicodeError,
            ValueError,
        ):  # the test client itself would not send that; the app answers all errors
            status = 0
        took = time.thread_time() - begin
        self.asked, self.slowest = self.asked + 1, max(self.slowest, took)
        is_well = status < 500 or (path == "/readyz" and status == 503)  # nobody sweeps here, and it says so
        if not is_well or took > self.slowest_allowed:
            self.faults.append(f"{method} {path!r} ? {query[:200]!r} {sent!r:.300}: {status} in {took:.2f} s")

    def _piece(self) -> str:
        return "".join(self.chance.choice(PIECES) for _ in range(self.chance.choice((1, 1, 1, 2, 5))))

    def _path(self) -> str:
        rules = [str(rule) for rule in self.app.url_map.iter_rules()]
        path = self.chance.choice(rules)
        for name in ("<key>", "<int:comment_id>", "<path:filename>"):
            path = path.replace(name, self.chance.choice(("the-ferry", "1", self._piece())))
        return path if self.chance.random() < 0.9 else f"/{self._piece()}"

    def _headers(self) -> list[tuple[str, str]]:
        names = self.chance.sample(HEADERS, self.chance.randrange(4))
        headers = [
            (name, self._piece().encode("latin-1", "ignore").decode("latin-1")[:2000]) for name in names
        ]
        kept = [(name, "".join(each for each in value if each >= " ")) for name, value in headers]
        says_where = any(name == "Sec-Fetch-Site" for name, _ in kept)
        return kept if says_where else [*kept, ("Sec-Fetch-Site", "same-origin")]

    def _sent(self) -> dict[str, Any]:
        fields = {self.chance.choice(FIELDS): self._piece() for _ in range(self.chance.randrange(12))}
        kind = self.chance.choice(TYPES)
        way = self.chance.randrange(4)
        if way == 0:
            return {
                "data": {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
            }
        if way == 1:
            return {
                "data": json.dumps(fields)[: self.chance.randrange(1, 4000)],
                "content_type": "application/json",
            }
        if way == 2:
            return {"data": self.chance.randbytes(self.chance.randrange(2000)), "content_type": kind}
        return {"data": self._piece().encode("utf-8", "replace"), "content_type": kind}


def main() -> int:
    """Exit status: 0 when nothing was out of order."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        app = installed(Path(folder))
        fuzz = Fuzz(app, random.Random(chosen.seed))
        end, start = time.monotonic() + 60 * chosen.minutes, 0.0
        while time.monotonic() < end:
            fuzz.ask()
            if fuzz.asked == 2000:
                start = _megabytes()
        grown = _megabytes() - start if start else 0.0
        with app.app_context():
            db.engine.dispose()
    for fault in fuzz.faults[:20]:
        print("FAULT", fault)
    print(
        f"seed {chosen.seed}: {fuzz.asked} requests, {len(fuzz.faults)} faults, slowest {fuzz.slowest:.2f} s"
        f" of the processor, memory +{grown:.0f} MB"
    )
    return int(bool(fuzz.faults) or grown > MOST_GROWTH_MB)


def installed(folder: Path) -> Flask:
    """An installation with an article to be asked for."""
    RootKeys.create(folder / "root.key")
    app = create_app(Settings(instance=folder, limit_posts="1000000 per minute", log_level="error"))
    with app.app_context():
        migrator(current_app).upgrade()
        learning.install_base(now())
        articles.add("the-ferry", "The ferry", now(), body="<p>It sails at seven.</p>")
        db.session.remove()
    return app


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
