"""A power cut loses what was not synced: each answer is preceded by a sync of what it acknowledges. P2."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.private import wait_until
from drills.crowd import post
from drills.house import house
from drills.ledger import Ledger
from drills.telling import NotHere, Telling, drill

POSTS = 40
_CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)(?: resumed>|\()(.*)$")


@drill("P2")
def power_cut(tell: Telling) -> None:
    """The server runs under strace while comments are posted one after the other: between the arrival of each
    and its 303 the write-ahead log is written, and then synced."""
    tracer = strace()
    with TemporaryDirectory(prefix="gatepost-trace-") as folder, house() as home:
        trace = Path(folder, "trace")
        calls = "trace=pwrite64,write,fsync,fdatasync,sendto,recvfrom"
        traced = home.serve(before=(tracer, "-f", "-qq", "-y", "-s", "32", "-e", calls, "-o", str(trace)))
        wait_until(lambda: traced.get("/readyz").status == 200, 60, "the first sweep")  # which writes as well
        ledger = Ledger()
        for n in range(POSTS):
            words = f"Comment {n} before the lights go out."
            ledger.note(words, post(traced, words, network=(1, n)))
        traced.stop()
        synced, unsynced = counted(trace.read_text(encoding="utf-8", errors="replace").splitlines())
        acknowledged = len(ledger.acknowledged)
        tell.saw(
            f"{acknowledged} answers of 303: {synced} after a sync of all that was written, {unsynced} not"
        )
        tell.saw(f"journal {home.rows('PRAGMA journal_mode')[0][0]}, synchronous=FULL in every connection")
        tell.expect(acknowledged == POSTS, f"only {acknowledged} of {POSTS} comments were taken")
        tell.expect(synced == acknowledged and not unsynced, "an answer came before its sync")
        ledger.compare(home, tell, is_complete=True)


def counted(lines: list[str]) -> tuple[int, int]:
    """How many answers of 303 came after a thread had synced what it wrote to the log, and how many did not."""
    synced = unsynced = 0
    written: set[str] = set()
    safe: set[str] = set()
    for thread, call, rest in _calls(lines):
        if call == "recvfrom" and '"POST ' in rest:
            written, safe = set(), set()
        elif call == "pwrite64" and "-wal>" in rest:
            written, safe = written | {thread}, safe - {thread}
        elif call in {"fsync", "fdatasync"} and "-wal>" in rest and rest.endswith("= 0"):
            safe |= written & {thread}
        elif call == "sendto" and '"HTTP/1.1 303' in rest:
            synced, unsynced = synced + bool(safe), unsynced + (not safe)
    return synced, unsynced


def _calls(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Thread, system call, and the rest, in the order in which they ended; what was interrupted is put together."""
    begun: dict[str, str] = {}
    for line in lines:
        thread = line.split(maxsplit=1)[0]
        if "<unfinished ...>" in line:
            begun[thread] = line.partition("(")[2].removesuffix("<unfinished ...>")
        elif found := _CALL.match(line):
            call, rest = found.groups()
            yield thread, call, (begun.pop(thread, "") + rest if "resumed>" in line else rest)


def strace() -> str:
    """Where the tracer is.

    Raises
    ------
    NotHere
    """
    tracer = shutil.which("strace")
    if tracer is None:
        raise NotHere("strace is not installed (`apt-get install strace`)")
    if subprocess.run(
        [tracer, "-qq", "-o", "/dev/null", "true"], check=False, capture_output=True
    ).returncode:
        raise NotHere("this machine does not let strace look at processes")
    return tracer
