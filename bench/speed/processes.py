"""What a server and all its processes use, as the kernel counts it."""

from __future__ import annotations

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def processor_seconds(pid: int) -> float:
    """User and system time of the process and everything below it, since each began."""
    return sum(map(_seconds, _tree(pid)))


def memory_mb(pid: int) -> float:
    """PSS of the process and everything below it: shared pages count once, split among those who share them."""
    return sum(map(_pss, _tree(pid))) / 1024


def _tree(pid: int) -> list[int]:
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        for thread in (_PROC / str(found[-1]) / "task").iterdir():
            left += map(int, (thread / "children").read_text().split())
    return found


def _seconds(pid: int) -> float:
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _pss(pid: int) -> int:
    lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
