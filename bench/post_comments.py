"""Posts real comments through the real form, as readers do, and looks for every one of them afterwards.

Each comment comes from a loopback network of its own: its page is opened, the form's hidden fields are taken
from it, the form is sent, and the answer is followed. None may be lost: each is found again in the database,
with the words that were sent and the status that its answer told, and on the page that the answer named.

    python -m bench.post_comments [FOLDER] [--count 1000] [--threads 4]

FOLDER holds `*.csv.gz` with the columns text, author and url; GATEPOST_BENCH_DATA may name it instead.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import re
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from bench.installation import Installation, serving

ARTICLES = 10
SECONDS_A_REQUEST = 30
REPLIES = 0.25
"""Share of comments that answer an earlier one."""

_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Words:
    """What one reader wants to say."""

    n: int
    text: str
    name: str
    website: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of it: `status` is what the answer told, `fault` what went wrong, empty if nothing."""

    words: Words
    comment_id: int = 0
    status: str = ""
    seconds: float = 0.0
    tries: int = 1
    fault: str = ""


def main() -> int:
    """Exit status: 0 when every comment was found again as its answer told."""
    chosen = _arguments()
    words = list(sample(Path(chosen.folder), chosen.count))
    print(f"{len(words)} comments from {chosen.folder}, {chosen.threads} at a time")
    unhurried = {"form_min_seconds": 0, "busy_article_per_hour": 0}
    with serving(ARTICLES, **unhurried) as installation:
        crowd = Crowd(installation)
        begin = time.perf_counter()
        with ThreadPoolExecutor(chosen.threads) as pool:
            sent = list(pool.map(crowd.send, words))
        seconds = time.perf_counter() - begin
        lost = [each for each in sent if each.fault] + _missing(installation, sent)
        _print(installation, sent, seconds)
    for each in lost[:20]:
        print(f"LOST: comment {each.words.n}: {each.fault}")
    print(f"{len(lost)} lost")
    return 1 if lost or not sent else 0


class Crowd:
    """Readers, each in a network of their own, who sometimes answer each other."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self._public: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def send(self, words: Words) -> Sent:
        """Open the page, fill the form in, send it, follow the answer."""
        source = f"127.{1 + words.n // 256 % 254}.{words.n % 256}.1"
        where = self.installation
        link = HTTPConnection(where.host, where.port, SECONDS_A_REQUEST, source_address=(source, 0))
        try:
            return self._walk(link, words)
        except (OSError, HTTPException) as error:
            return Sent(words, fault=f"no answer: {type(error).__name__}")
        finally:
            link.close()

    def _walk(self, link: HTTPConnection, words: Words) -> Sent:
        article = f"article-{1 + words.n % ARTICLES}"
        parent = self._somebody(article, words.n)
        page = f"/articles/{article}" + (f"?replytocom={parent}" if parent else "")
        status, text, _ = _asked(link, "GET", page)
        if status != 200:
            return Sent(words, fault=f"the page answered {status}")
        form = _hidden_fields(text) | {
            "comment": words.text,
            "author": words.name,
            "email": f"reader{words.n}@example.org",
            "url": words.website,
        }
        return self._post(link, words, article, form)

    def _post(self, link: HTTPConnection, words: Words, article: str, form: dict[str, str]) -> Sent:
        address = f"/articles/{article}/comments"
        begin, tries = time.perf_counter(), 1
        status, text, location = _asked(link, "POST", address, form)
        if status == 422:  # a name or website that the form does not take: people mend it and send again
            begin, tries = time.perf_counter(), 2
            mended = form | {"author": f"Reader {words.n}", "url": ""}
            status, text, location = _asked(link, "POST", address, mended)
        seconds = time.perf_counter() - begin
        if status != 303:
            return Sent(words, seconds=seconds, tries=tries, fault=f"the form answered {status}")
        path, _, place = location.partition("#")
        comment_id = int(place.removeprefix("comment-"))
        told = "waiting" if "held=" in path else "public"
        status, text, _ = _asked(link, "GET", path)
        found = status == 200 and f'id="comment-{comment_id}"' in text
        if told == "public":
            self._remember(article, comment_id)
        fault = "" if found else f"not on {path.partition('?')[0]} ({status}), {told}"
        return Sent(words, comment_id, told, seconds, tries, fault)

    def _somebody(self, article: str, n: int) -> int:
        """Whom to answer: now and then somebody whose comment is public already."""
        chance = random.Random(n)
        with self._lock:
            public = self._public.get(article)
            return chance.choice(public) if public and chance.random() < REPLIES else 0

    def _remember(self, article: str, comment_id: int) -> None:
        with self._lock:
            self._public.setdefault(article, []).append(comment_id)


def _asked(
    link: HTTPConnection, method: str, path: str, form: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Status, text and location of an answer."""
    body = urlencode(form) if form else None
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    link.request(method, path, body, headers)
    answer = link.getresponse()
    text = answer.read().decode()
    return answer.status, text, answer.getheader("Location", "")


def _hidden_fields(page: str) -> dict[str, str]:
    tags = [dict(_ATTRIBUTE.findall(tag)) for tag in _HIDDEN.findall(page)]
    return {unescape(tag["name"]): unescape(tag.get("value", "")) for tag in tags if "name" in tag}


def _missing(installation: Installation, sent: list[Sent]) -> list[Sent]:
    """Those that are not in the database as their answers told."""
    rows = installation.rows(
        "SELECT comment.id, status, text FROM comment JOIN comment_text ON comment_id = comment.id AND n = text_n"
    )
    stored = {comment_id: (status, text) for comment_id, status, text in rows}
    faulty = []
    for each in sent:
        status, text = stored.get(each.comment_id, ("", ""))
        if each.fault:
            continue
        if not status or (status == "approved") != (each.status == "public"):
            faulty.append(
                Sent(
                    each.words, each.comment_id, fault=f"told {each.status}, stored as {status or 'nothing'}"
                )
            )
        elif "@" not in each.words.text and _letters(text) != _letters(each.words.text):
            faulty.append(Sent(each.words, each.comment_id, fault="stored with other words"))
    if len({each.comment_id for each in sent if each.comment_id}) < sum(
        1 for each in sent if each.comment_id
    ):
        faulty.append(Sent(sent[0].words, fault="two comments were told the same number"))
    return faulty


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _print(installation: Installation, sent: list[Sent], seconds: float) -> None:
    waits = sorted(each.seconds * 1000 for each in sent if each.status)
    if len(waits) > 1:
        p99 = statistics.quantiles(waits, n=100)[98]
        print(f"POST: p50 {statistics.median(waits):.1f} ms, p99 {p99:.1f} ms, slowest {waits[-1]:.1f} ms")
    print(
        f"{len(waits) / seconds:.0f} comments per second (page, form, answer followed), {seconds:.1f} s in all"
    )
    print("told:", dict(Counter(each.status or "refused" for each in sent)))
    print("stored:", dict(installation.rows("SELECT status, count(*) FROM comment GROUP BY status")))
    print("mended after 422:", sum(each.tries > 1 for each in sent))


def sample(folder: Path, count: int, shortest: int = 1, longest: int = 65_000) -> Iterator[Words]:
    """Real comments drawn at random, the same ones every time, no text twice."""
    csv.field_size_limit(10_000_000)
    rows: dict[str, tuple[str, str]] = {}
    for path in sorted(folder.glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                text = row["text"].strip()
                if shortest <= len(text) <= longest:
                    rows[text] = (row.get("author") or "", row.get("url") or "")
    if not rows:
        sys.exit(
            f"{folder} holds no *.csv.gz with comments. Name another folder, or set GATEPOST_BENCH_DATA."
        )
    for n, text in enumerate(random.Random(7).sample(sorted(rows), min(count, len(rows)))):
        name, website = rows[text]
        yield Words(n, text, name.strip()[:245] or f"Reader {n}", website.strip()[:200])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", nargs="?", default=os.environ.get("GATEPOST_BENCH_DATA", "../shared/data"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=4)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
