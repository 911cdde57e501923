"""The classifier is missing, torn, hostile, or swapped all the time; several want to promote one at once. P5, P6."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.private import wait_until
from drills.crowd import Crowd, crowd, post
from drills.desk import Desk, employ
from drills.house import House, Server, house
from drills.ledger import Ledger
from drills.telling import Telling, drill
from models import writing
from moderation import spam
from moderation.learning import versions
from moderation.spam import artefact
from moderation.spam.correction import Labels, corrected
from moderation.spam.kept import Kept

POSTS = 8
SWAPS_FOR_SECONDS = 8
FEWEST_DECISIONS = 20
SEEN_WITHIN_SECONDS = 15
CHALLENGERS = 3
PATIENCE_SECONDS = 300
_SCORED_BY = (
    "SELECT classifier_version FROM scoring JOIN comment ON comment.id = comment_id WHERE comment_id > :after"
)
_LAST = "SELECT coalesce(max(id), 0) FROM comment"
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
            ails = server.ails()
            tell.saw(f"{state}: {held} of {POSTS} held, /readyz: {ails}")
            tell.expect(held == POSTS, f"{state}: {POSTS - held} comments were not held")
            tell.expect(
                "every comment is held" in ails.get("classifier", ""), f"{state}: /readyz does not say so"
            )
        _put(home, sound)
        healed = wait_until(lambda: not server.ails())
        again = _held(server, ledger, "mended")
        tell.saw(
            f"mended: in use again within {healed:.1f} s, without a restart, {again} of {POSTS} held;"
            " nothing was executed"
        )
        tell.expect(again < POSTS, "mended: still everything is held")
        tell.expect(not mark.exists(), "the hostile one was executed")
        ledger.compare(home, tell)


@drill("P5")
def classifier_broken_while_serving(tell: Telling) -> None:
    """While four readers post, what is in use is torn, garbage, a hostile pickle with the right digest, one of
    numbers beyond reason, and taken away; each time the desk is asked, and then it is what it was."""
    with house() as home:
        employ(home, "max")
        server, mark = home.serve(), home.folder.with_name("executed")
        desk = Desk(server)
        desk.enters("max")
        sound, version = home.rows("SELECT artefact, version FROM classifier WHERE kind = 'base'")[0]
        broken = {
            "torn": sound[: len(sound) // 2],
            "garbage": b"\x93" * 4000,
            "hostile": pickle.dumps(Hostile(mark)),
            "beyond reason": _beyond_reason(sound),
        }
        with crowd(server, pause=0.1) as readers:
            readers.waits_for(10)
            for state, content in broken.items():
                _put(home, content)
                _named(tell, desk, state, "newest classifier")
                _scored(tell, home, readers, {version})
                _put(home, sound)
                wait_until(lambda: not server.ails(), SEEN_WITHIN_SECONDS, "mended")
            _put(home, None)
            _named(tell, desk, "missing", "classifier")
            _scored(tell, home, readers, set())
            _put(home, sound)
            wait_until(lambda: not server.ails(), SEEN_WITHIN_SECONDS, "mended")
        tell.expect(not mark.exists(), "the hostile one was executed")
        readers.ledger.compare(home, tell, is_complete=True)


def _named(tell: Telling, desk: Desk, state: str, part: str) -> None:
    """`/readyz` and the desk say so before long."""
    took = wait_until(lambda: part in desk.server.ails(), SEEN_WITHIN_SECONDS, f"{state} named")
    tell.saw(f"{state}: named by /readyz within {took:.1f} s")
    banner = desk.reads("/desk/").partition("trouble-banner")[2][:200]
    tell.expect("classifier" in banner, f"{state}: the desk has no banner")


def _scored(tell: Telling, home: House, readers: Crowd, wanted: set[str]) -> None:
    """The next comments are scored by what was in use before, or by nobody."""
    after = home.rows("SELECT coalesce(max(id), 0) FROM comment")[0][0]
    readers.waits_for(10)
    by = {row[0].partition("+")[0] for row in home.rows(_SCORED_BY, after=after)}
    tell.saw(f"meanwhile scored by {', '.join(by) or 'nobody, and held'}")
    tell.expect(by == wanted, f"scored by {by}")


@drill("P5")
def classifier_swapped(tell: Telling) -> None:
    """While four readers post, the base's row is torn and mended twenty times a second; a moderator decides all the
    while, and after each decision the process looks which classifier is in use."""
    with house(hold_threshold=0.0001) as home:
        employ(home, "max")
        server = home.serve()
        desk = Desk(server)
        desk.enters("max")
        sound = home.rows("SELECT artefact FROM classifier WHERE kind = 'base'")[0][0]
        with crowd(server, pause=0.02) as readers:
            readers.waits_for(10)
            end, swaps, decisions = time.monotonic() + SWAPS_FOR_SECONDS, 0, Counter[int]()
            while time.monotonic() < end:
                _put(home, sound if swaps % 2 else sound[:-100])
                swaps += 1
                decisions[_decided(home, desk)] += 1
            _put(home, sound)
        refused = home.logged().count("classifier refused")
        tell.saw(f"{swaps} swaps, {decisions[303]} decisions; a torn one was refused {refused} times")
        tell.expect(set(decisions) == {303}, f"the desk answered {dict(decisions)}")
        tell.expect(decisions[303] >= FEWEST_DECISIONS and refused > 0, "it was hardly tried")
        readers.ledger.compare(home, tell, is_complete=True)


@drill("P6")
def two_promotions(tell: Telling) -> None:
    """Six `flask spam promote` of three versions run at once, while four readers post."""
    with house() as home:
        names = challengers(home)
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


def _beyond_reason(sound: bytes) -> bytes:
    """One that would find nothing wrong with anything."""
    return artefact.to_bytes(replace(artefact.from_bytes(sound), bias=-1e6))


def _decided(home: House, desk: Desk) -> int:
    """What the desk answers to a decision on the comment that waits longest."""
    wanted = "SELECT id, version FROM comment WHERE status = 'held' ORDER BY id LIMIT 1"
    return desk.decides("approve", *home.rows(wanted)[0])


def challengers(home: House) -> list[str]:
    """Versions of the site's own, each of them in use once."""
    with home.inside():
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


def promoted(home: House, name: str) -> None:
    """Put a version to use by hand."""
    home.flask("spam", "promote", name).check_returncode()


def _said(run: subprocess.Popen[str]) -> tuple[int, str]:
    printed, complaint = run.communicate(timeout=PATIENCE_SECONDS)
    return run.returncode, printed + complaint
