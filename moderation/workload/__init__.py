"""How the desk is doing: what arrived, what waits and how long, who decides and how fast, what was overturned.

The figures of four weeks cost what four weeks hold, so the sweeps keep them and pages read what is kept.
"""

from __future__ import annotations

from moderation.workload.keeping import NAME, Kept, keep, kept
from moderation.workload.reckoning import DAYS, reckoned
from moderation.workload.values import Hand, Workload

__all__ = ["DAYS", "NAME", "Hand", "Kept", "Workload", "keep", "kept", "reckoned"]
