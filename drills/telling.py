"""What a drill tells: what was done, what was seen, and whether that is what was promised."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """How a drill ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_HERE = "not possible here"


MOST_PATIENCE = 4.0


def patience(seconds: float) -> float:
    """A bar for a quiet machine, in seconds; where more wait for each core than one, so many times as long."""
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * min(max(waiting, 1.0), MOST_PATIENCE)


class NotHere(Exception):
    """This machine does not allow the drill; the message says why."""


@dataclass
class Telling:
    """What one drill saw, in sentences; whatever was not as promised is a fault."""

    seen: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def saw(self, sentence: str) -> None:
        """Tell what was measured."""
        self.seen.append(sentence)
        print(f"    {sentence}", flush=True)

    def expect(self, is_so: bool, otherwise: str) -> None:
        """Tell a fault unless it is so."""
        if not is_so:
            self.faults.append(otherwise)
            print(f"    FAULT: {otherwise}", flush=True)


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill: its name, the promises it tries, what is done in it, and how."""

    name: str
    promises: str
    what: str
    run: Callable[[Telling], None]


@dataclass(frozen=True, slots=True)
class Told:
    """How one drill went."""

    drill: Drill
    verdict: Verdict
    seen: tuple[str, ...]
    seconds: float


DRILLS: list[Drill] = []


def drill(promises: str) -> Callable[[Callable[[Telling], None]], Callable[[Telling], None]]:
    """Make a function a drill of its name; its docstring says what is done."""

    def note(run: Callable[[Telling], None]) -> Callable[[Telling], None]:
        what = " ".join((run.__doc__ or "").split())
        DRILLS.append(Drill(run.__name__.replace("_", "-"), promises, what, run))
        return run

    return note


def told(each: Drill) -> Told:
    """Run one drill; whatever it stumbles over is a fault of its own."""
    print(f"{each.name}: {each.what}", flush=True)
    telling, begin = Telling(), time.monotonic()
    verdict = Verdict.PASSED
    try:
        each.run(telling)
    except NotHere as why:
        verdict = Verdict.NOT_HERE
        telling.saw(str(why))
    except Exception as error:
        telling.expect(False, f"it broke off: {type(error).__name__}: {error}")
    if telling.faults:
        verdict = Verdict.FAILED
    seconds = time.monotonic() - begin
    print(f"    {verdict} after {seconds:.0f} s", flush=True)
    return Told(each, verdict, (*telling.seen, *(f"FAULT: {fault}" for fault in telling.faults)), seconds)


def table(results: Sequence[Told]) -> str:
    """All of it in Markdown."""
    head = "| Drill | Promise | What was done | What was seen | Result |\n| --- | --- | --- | --- | --- |\n"
    return head + "\n".join(
        f"| `{each.drill.name}` | {each.drill.promises} | {_cell(each.drill.what)} | {_cell('; '.join(each.seen))} |"
        f" {each.verdict}, {each.seconds:.0f} s |"
        for each in results
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
