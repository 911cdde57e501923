"""The classifier is missing, torn, hostile, or swapped all the time; several want to promote one at once. P5, P6."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.private import wait_until
from drills.crowd import crowd, post
from drills.house import House, Server, house
from drills.ledger import Ledger
from drills.telling import Telling, drill
from models import db, writing
from moderation import spam
from moderation.app import create_app
from moderation.learning import versions
from moderation.settings import Settings
from moderation.spam import artefact
from moderation.spam.correction import Labels, corrected
from moderation.spam.kept import Kept

POSTS = 8
SWAPS_FOR_SECONDS = 6
CHALLENGERS = 3
PATIENCE_SECONDS = 300
_UNSEEN = """
    SELECT count(*) FROM comment WHERE status = 'approved'
       AND NOT EXISTS (SELECT 1 FROM scoring WHERE scoring.comment_id = comment.id)
"""
_IN_USE = "SELECT version, sha256, artefact FROM classifier WHERE active AND kind = 'site'"


class Hostile:
    """What would leave a mark if anybody unpickled it."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


@drill("P5")
def classifier_broken(tell: Telling) -> None:
    """The base in the database is none, cut off, garbage, and a hostile pickle with the right digest, each time with
    the server started anew; then it is what it was."""
    with house() as home:
        server, ledger, mark = home.serve(), Ledger(), home.folder.with_name("executed")
        sound = home.rows("SELECT artefact FROM classifier WHERE kind = 'base'")[0][0]
        hostile = pickle.dumps(Hostile(mark))
        for state, content in {
            "missing": None,
            "torn": sound[: len(sound) // 2],
            "garbage": b"\x93" * 4000,
            "hostile": hostile,
        }.items():
            server.stop()
            _put(home, content)
            server.start()
            held = _held(server, ledger, state)
            ready, said = server.get("/readyz")
            tell.saw(f"{state}: {held} of {POSTS} held, /readyz {ready}")
            tell.expect(held == POSTS, f"{state}: {POSTS - held} comments were not held")
            tell.expect(ready == 503 and "every comment is held" in said, f"{state}: /readyz does not say so")
        _put(home, sound)
        healed = wait_until(lambda: '"classifier":"ok"' in server.get("/readyz")[1].replace(" ", ""))
        tell.saw(f"mended: in use again within {healed:.1f} s, without a restart; nothing was executed")
        tell.expect(not mark.exists(), "the hostile one was executed")
        _nothing_unseen(tell, home)
        ledger.compare(home, tell)


@drill("P5")
def classifier_swapped(tell: Telling) -> None:
    """While four readers post, the base's row is torn and mended twenty times a second."""
    with house() as home:
        server = home.serve()
        sound = home.rows("SELECT artefact FROM classifier WHERE kind = 'base'")[0][0]
        with crowd(server, pause=0.02) as readers:
            readers.waits_for(10)
            end, swaps = time.monotonic() + SWAPS_FOR_SECONDS, 0
            while time.monotonic() < end:
                _put(home, sound if swaps % 2 else sound[:-100])
                swaps += 1
                time.sleep(0.05)
            _put(home, sound)
        tell.saw(f"{swaps} swaps")
        _nothing_unseen(tell, home)
        readers.ledger.compare(home, tell, is_complete=True)


@drill("P6")
def two_promotions(tell: Telling) -> None:
    """Six `flask spam promote` of three versions run at once, while four readers post."""
    with house() as home:
        names = _challengers(home)
        server = home.serve()
        with crowd(server, pause=0.1) as readers:
            readers.waits_for(5)
            runs = [home.command("spam", "promote", names[n % CHALLENGERS]) for n in range(2 * CHALLENGERS)]
            said = [_said(run) for run in runs]
            readers.waits_for(20)
        rows = home.rows(_IN_USE)
        done = sum(status == 0 for status, _ in said)
        promoted = home.rows("SELECT count(*) FROM event WHERE kind = 'classifier promoted'")[0][0]
        tell.saw(
            f"{done} of {len(said)} done, {len(said) - done} told why not; in use: {len(rows)} version, whole"
        )
        tell.expect(
            len(rows) == 1 and hashlib.sha256(rows[0][2]).hexdigest() == rows[0][1], f"in use: {rows}"
        )
        tell.expect(done > 0 and promoted == done + CHALLENGERS, f"{promoted} promotions in the trail")
        tell.expect(all(not status or "Error:" in words for status, words in said), f"said: {said}")
        scored = {row[0].partition("+")[0] for row in home.rows("SELECT classifier_version FROM scoring")}
        known = {row[0] for row in home.rows("SELECT version FROM classifier")}
        tell.saw(f"comments meanwhile were scored by {', '.join(sorted(scored))}")
        tell.expect(scored <= known, f"scored by what there is not: {scored - known}")
        readers.ledger.compare(home, tell, is_complete=True)


def _put(home: House, content: bytes | None) -> None:
    """The base is this; None is nothing at all in use."""
    values = {"artefact": content, "sha256": hashlib.sha256(content or b"").hexdigest()}
    change = "active = false" if content is None else "active = true, artefact = :artefact, sha256 = :sha256"
    with home.engine.begin() as connection:
        connection.execute(text(f"UPDATE classifier SET {change} WHERE kind = 'base'"), values)  # noqa: S608


def _held(server: Server, ledger: Ledger, state: str) -> int:
    held = 0
    for n in range(POSTS):
        words = f"Kind words number {n} about the harbour, while the classifier is {state}."
        answer = post(server, words, network=(20, n))
        ledger.note(words, answer)
        held += answer.status == 303 and "held=" in answer.location
    return held


def _nothing_unseen(tell: Telling, home: House) -> None:
    unseen = home.rows(_UNSEEN)[0][0]
    tell.saw(f"{unseen} published without a score")
    tell.expect(not unseen, f"{unseen} comments were published unseen")


def _challengers(home: House) -> list[str]:
    """Versions of the site's own, each of them in use once."""
    with _inside(home):
        base = artefact.from_bytes(spam.base_bytes())
        judge = spam.Classifier(base)
        names = []
        for n in range(CHALLENGERS):
            texts = [f"A boat for sale, number {number}, call now" for number in range(n + 2)]
            kept = Kept.joined([judge.kept(spam.Candidate(each)) for each in texts])
            learned = corrected(base, Labels(kept, kept.lengths > 0))
            with writing():
                told = {"base": judge.version, "until": 0}
                names.append(versions.put_site(learned, told, datetime.now(UTC), None, is_promoted=True))
        return names


@contextmanager
def _inside(home: House) -> Iterator[None]:
    with create_app(Settings(**home.chosen)).app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def _said(run: subprocess.Popen[str]) -> tuple[int, str]:
    printed, complaint = run.communicate(timeout=PATIENCE_SECONDS)
    return run.returncode, printed + complaint
