"""What is told of the desk's work: frozen values that can be kept as JSON and read back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Hand:
    """One moderator's work.

    Attributes
    ----------
    decisions
        How many; all of a bulk action count.
    seconds
        Median time between two decisions in one sitting; None where there are too few.
    overturned
        How many of them another person decided differently afterwards. Who agrees leaves no decision.
    """

    moderator_id: int
    name: str
    decisions: int
    seconds: float | None
    overturned: int


@dataclass(frozen=True, slots=True)
class Workload:
    """Four weeks of the desk; lists go by day, the oldest first.

    Attributes
    ----------
    days
        As ISO 8601 dates, in UTC.
    arrivals
        By the status that the comments have now.
    backlog
        What waited at the end of each day.
    ages
        What waits now, by how long: names and numbers.
    median_hours, p90_hours
        From arrival to a person's first decision, of what was held on arrival; None on days without any.
    alone
        Share of each day's arrivals that nobody but the policy has decided on and that does not wait.
    taken_down, let_through
        What the policy had published and a person took down; what it had called spam and a person published.
    published, called_spam
        What the policy published and called spam in all.
    reasons, hosts
        Codes of reasons why the policy held or called spam; domains in what is spam: the most frequent first.
    """

    days: tuple[str, ...]
    arrivals: dict[str, tuple[int, ...]]
    backlog: tuple[int, ...]
    ages: tuple[tuple[str, int], ...]
    median_hours: tuple[float | None, ...]
    p90_hours: tuple[float | None, ...]
    alone: tuple[float | None, ...]
    taken_down: int
    published: int
    let_through: int
    called_spam: int
    reasons: tuple[tuple[str, int], ...]
    hosts: tuple[tuple[str, int], ...]
    hands: tuple[Hand, ...]

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Workload:
        """What `to_json` made.

        Raises
        ------
        TypeError, KeyError
            Another version has written it.
        """
        plain = {name: _tuples(value) for name, value in stored.items() if name not in {"arrivals", "hands"}}
        arrivals = {status: tuple(counts) for status, counts in stored["arrivals"].items()}
        return cls(**plain, arrivals=arrivals, hands=tuple(Hand(**hand) for hand in stored["hands"]))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
