"""What befalls a database that is a file: no space, a disk that cannot be written to, a lock elsewhere. P7, P8."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.private import wait_until
from drills.crowd import Watching, crowd, post, watching
from drills.desk import Desk, employ
from drills.house import Server, house
from drills.ledger import Ledger
from drills.telling import NotHere, Telling, drill

LOCKED_SECONDS = 12
LONGEST_WAIT = 5.6  # 5 s for the lock, and the way there and back on a busy machine
LONGEST_PAGE = 1.5
LONGEST_HEALING = 6.0
LONGEST_SWEEP = 30.0  # a pass that failed is tried again after ten seconds
BUSY_SECONDS = 10


@drill("P8")
def disk_full(tell: Telling) -> None:
    """On a small file system of its own readers post while a file eats all space; then it is removed again."""
    with _mounted("size=64m") as mount, house(folder=mount / "home") as home:
        server, ballast = home.serve(), mount / "ballast"
        with crowd(server, pause=0.02) as readers, watching(server) as seen:
            readers.waits_for(20)
            _fill(ballast)
            _put_off(readers.ledger, more=8)
            _told(tell, server, "the disk is full")
            ballast.unlink()
            healed = _healed(server, readers.ledger)
        _tell(tell, seen, readers.ledger, healed)
        _well_again(tell, server)
        readers.ledger.compare(home, tell, is_complete=True)


@drill("P8")
def disk_read_only(tell: Telling) -> None:
    """The server is killed, the file system mounted read-only, and the server started on it; then the file system
    is mounted for writing again, and the server goes on as it is."""
    with _mounted("size=64m") as mount, house(folder=mount / "home") as home:
        employ(home, "max")
        server, ledger = home.serve(), Ledger()
        desk = Desk(server)
        desk.enters("max")
        _say(server, ledger, 10)
        server.kill()
        _mount("-o", "remount,ro", str(mount))
        server.start()
        with watching(server) as seen:
            _say(server, ledger, 10)
            _told(tell, server, "the database can only be read", desk)
        tell.expect(ledger.answers[503] == 10, "a comment was taken on a read-only disk")
        _mount("-o", "remount,rw", str(mount))
        healed = _healed(server, ledger)
        _say(server, ledger, 10)
        tell.expect(ledger.answers[303] == 21, f"not all were taken afterwards: {ledger.told}")
        tell.expect(server.get("/articles/article-1").text.count("Remark 2") > 1, "no page shows what is new")
        _tell(tell, seen, ledger, healed)
        ails = server.ails()
        tell.saw(f"/readyz is {ails or 'well'} then: the lease of the killed one runs out by itself")
        tell.expect(set(ails) <= {"sweeps"}, f"/readyz {ails}")
        ledger.compare(home, tell)


@drill("P8")
def disk_refuses(tell: Telling) -> None:
    """Under load the kernel refuses every write of the server to a file (its limit of file size is set to
    nothing), and allows them again after a while."""
    with house() as home:
        server = home.serve()
        with crowd(server, pause=0.02) as readers, watching(server) as seen:
            readers.waits_for(20)
            with _no_writes(server):
                _put_off(readers.ledger, more=8)
                _told(tell, server, "the disk")
            healed = _healed(server, readers.ledger)
        _tell(tell, seen, readers.ledger, healed)
        _well_again(tell, server)
        readers.ledger.compare(home, tell, is_complete=True)


@drill("P7")
def database_locked(tell: Telling) -> None:
    """Another process holds the database's lock for 12 s, while eight readers post and one opens pages."""
    with house() as home:
        employ(home, "max")
        server = home.serve()
        desk = Desk(server)
        desk.enters("max")
        with crowd(server, clients=8, is_stubborn=False) as readers:
            readers.waits_for(20)
        ledger = Ledger()
        with (
            closing(sqlite3.connect(home.database, isolation_level=None)) as other,
            watching(server) as seen,
        ):
            other.execute("BEGIN IMMEDIATE")
            with crowd(server, clients=8, is_stubborn=False, pause=0.1, ledger=ledger):
                time.sleep(LOCKED_SECONDS)
                _told(tell, server, "somebody else holds the database's lock", desk)
                other.execute("ROLLBACK")
                healed = _healed(server, ledger)
        tell.saw(f"a comment waited at most {ledger.slowest:.1f} s")
        tell.expect(ledger.slowest < LONGEST_WAIT, f"a comment waited {ledger.slowest:.1f} s")
        _tell(tell, seen, ledger, healed)
        _well_again(tell, server)
        ledger.compare(home, tell)


@drill("P7")
def many_writers(tell: Telling) -> None:
    """Twenty-four readers post at once, without a pause, for ten seconds: nobody is put off."""
    with house() as home:
        server = home.serve()
        with crowd(server, clients=24) as readers, watching(server) as seen:
            time.sleep(BUSY_SECONDS)
        tell.saw(f"the slowest comment took {readers.ledger.slowest:.2f} s; meanwhile {seen.told}")
        tell.expect(not readers.ledger.answers[503], "somebody was put off")
        seen.expect(tell, LONGEST_WAIT)
        readers.ledger.compare(home, tell, is_complete=True)


def _told(tell: Telling, server: Server, why: str, desk: Desk | None = None) -> None:
    """What `/readyz` says while it lasts, and what the desk does."""
    said = server.ails().get("storing", "nothing")
    tell.saw(f"/readyz: {said}")
    tell.expect(why in said, f"/readyz does not say why nothing is stored, but {said}")
    if desk is not None:
        tell.expect("Nothing can be stored since" in desk.reads("/desk/"), "the desk has no banner")


def _well_again(tell: Telling, server: Server) -> None:
    """All parts are well again; after a pass of the background work that failed, that is with the next one."""
    took = wait_until(lambda: not server.ails(), LONGEST_SWEEP, f"well again, not {server.ails()}")
    tell.saw(f"/readyz is well again after {took:.1f} s")


def _tell(tell: Telling, seen: Watching, ledger: Ledger, healed: float) -> None:
    tell.saw(f"meanwhile {seen.told}; the first comment after it was over was taken within {healed:.1f} s")
    seen.expect(tell, LONGEST_PAGE)
    tell.expect(healed < LONGEST_HEALING, f"it took {healed:.1f} s until a comment was taken")
    tell.expect(ledger.answers[503] > 0, "nobody was put off, so nothing was tried")


def _say(server: Server, ledger: Ledger, count: int) -> None:
    for n in range(count):
        words = f"Remark {len(ledger.sent)} of the day, by somebody who minds the disk."
        ledger.note(words, post(server, words, network=(2, n)))


def _put_off(ledger: Ledger, more: int) -> None:
    wanted = ledger.answers[503] + more
    wait_until(lambda: ledger.answers[503] >= wanted, what=f"{more} comments put off")


def _healed(server: Server, ledger: Ledger) -> float:
    """After how many seconds a comment is taken again."""
    words = f"The first one after all that, at {time.monotonic_ns()}."

    def is_taken() -> bool:
        answer = post(server, words, network=(99, time.monotonic_ns() % 256))
        ledger.note(words, answer)
        return answer.status == 303

    return wait_until(is_taken, what="a comment taken again")


@contextmanager
def _mounted(options: str) -> Iterator[Path]:
    """A small file system of its own.

    Raises
    ------
    NotHere
    """
    with TemporaryDirectory(prefix="gatepost-disk-") as folder:
        try:
            _mount("-t", "tmpfs", "-o", options, "tmpfs", folder)
        except (subprocess.CalledProcessError, FileNotFoundError):
            raise NotHere("mounting is not allowed here (needs root)") from None
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for piece in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * piece)
            except OSError:
                continue


@contextmanager
def _no_writes(server: Server) -> Iterator[None]:
    if server.process is None or not hasattr(resource, "prlimit"):
        raise NotHere("this system cannot limit another process")
    everything = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, everything)
