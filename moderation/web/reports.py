"""How the desk is doing: plots, each with its numbers behind it. Everybody sees their own work, an admin all."""

from __future__ import annotations

from datetime import date

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from moderation import policy, workload
from moderation.errors import GatepostError
from moderation.vocabulary import Role
from moderation.web import charts
from moderation.web.access import myself, needs
from moderation.web.charts import Cell, Chart, number, percent
from moderation.web.deskpage import answer_at_desk, desk_page
from moderation.web.pages import now
from moderation.workload import Hand, Workload

desk_reports = Blueprint("reports", __name__, url_prefix="/desk/reports")
desk_reports.register_error_handler(GatepostError, answer_at_desk)

_COLOURS = (0, 2, 4, 3)
"""Those of approved, held, spam, rejected."""


@desk_reports.get("")
@needs(Role.MODERATOR)
def show() -> AnyResponse:
    """The last four weeks."""
    found, me = workload.kept(now()), myself()
    hands = [
        hand for hand in found.workload.hands if me.role is Role.ADMIN or hand.moderator_id == me.moderator_id
    ]
    return desk_page(
        "desk/reports.html",
        "Reports",
        as_of=found.made_at,
        flow=_flow(found.workload),
        speed=_speed(found.workload),
        tops=_tops(found.workload),
        overturned=_overturned(found.workload),
        hands=[_row(hand) for hand in hands],
        arrived=sum(map(sum, found.workload.arrivals.values())),
        waiting=found.workload.backlog[-1] if found.workload.backlog else 0,
        sees_all=me.role is Role.ADMIN,
    )


def _flow(of: Workload) -> list[Chart]:
    days = _days(of)
    order = ("approved", "held", "spam", "rejected")
    arrivals = {status.capitalize(): of.arrivals[status] for status in order}
    return [
        charts.columns("Arrivals by what became of them", days, arrivals, _COLOURS),
        charts.curves("What waited at the end of the day", days, {"Comments": list(map(float, of.backlog))}),
        charts.bars("How long what waits has waited", ("Waiting", "Comments"), of.ages),
    ]


def _speed(of: Workload) -> list[Chart]:
    days = _days(of)
    times = {"Half within": of.median_hours, "Nine of ten within": of.p90_hours}
    return [
        charts.curves("Hours from arrival to a decision, of what was held", days, times, "h"),
        charts.lines("Decided by the classifier and the rules alone", days, {"Share of arrivals": of.alone}),
    ]


def _tops(of: Workload) -> list[Chart]:
    reasons = [(policy.topic(code), count) for code, count in of.reasons]
    tops = [
        charts.bars("Why comments were held or called spam", ("Reason", "Comments"), reasons)
        if reasons
        else None,
        charts.bars("Where spam links to", ("Site", "Comments"), of.hosts) if of.hosts else None,
    ]
    return [chart for chart in tops if chart is not None]


def _overturned(of: Workload) -> list[tuple[str, tuple[Cell, ...]]]:
    return [
        ("Published, then taken down by a person", _share(of.taken_down, of.published)),
        ("Called spam, then published by a person", _share(of.let_through, of.called_spam)),
    ]


def _share(part: int, whole: int) -> tuple[Cell, ...]:
    share = percent(part / whole) if whole else percent(None)
    return Cell(part, f"{part:,}"), Cell(whole, f"{whole:,}"), share


def _row(hand: Hand) -> tuple[str, tuple[Cell, ...]]:
    stood = percent(1 - hand.overturned / hand.decisions) if hand.decisions else percent(None)
    counts = Cell(hand.decisions, f"{hand.decisions:,}"), number(hand.seconds)
    return hand.name, (*counts, Cell(hand.overturned, f"{hand.overturned:,}"), stood)


def _days(of: Workload) -> list[str]:
    parsed = [date.fromisoformat(day) for day in of.days]
    return [f"{day.day} {day:%b}" for day in parsed]
