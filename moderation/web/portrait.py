"""What the classifier's pages show, made of what is kept: tables, charts, and the story of every version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from models import ClassifierVersion, Event, Setting
from models.classifier import Kind
from moderation import learning, moderators
from moderation.learning import background, figures, progress, terms, versions
from moderation.learning.forecasting import Preview
from moderation.parts import parts
from moderation.spam import gate
from moderation.spam.costs import log_odds_of
from moderation.spam.forecast import Forecast
from moderation.web import charts
from moderation.web.charts import Cell, Chart, number, percent

Row = tuple[str, tuple[Cell, ...]]

_BANDS = ("below 1 %", "1 to 10 %", "10 to 50 %", "50 to 90 %", "90 % and more")
_SHARES = frozenset({"genuine held", "spam published"})
_PARTS = (
    ("published", "Published"),
    ("held", "Held for a person"),
    ("called", "Called spam"),
    ("published_spam", "Spam among the published"),
    ("held_ham", "Genuine comments among the held"),
    ("lost_ham", "Genuine comments called spam"),
    ("cost", "Cost, in held genuine comments"),
)


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version as the page tells it.

    Attributes
    ----------
    status
        in use, kept, refused, withdrawn, or shipped.
    story
        What was done with it, the oldest first: when, what, and who.
    measures
        Name; champion, challenger, and by how much it is better on average, at least and at most; and where at least,
        average and at most stand on a scale of −1 … 1 that the widest of them fills.
    """

    version: str
    status: str
    is_site: bool
    is_active: bool
    can_use: bool
    created_at: datetime
    counts: str
    sha256: str
    instead_of: str
    reasons: tuple[str, ...]
    judged: int
    measures: tuple[tuple[str, tuple[Cell, ...], tuple[float, float, float]], ...]
    story: tuple[tuple[datetime, str, str], ...]
    replaces: str = ""


def of_classifier() -> dict[str, Any]:
    """All that the classifier's page shows."""
    scorer = parts().scorer
    kept, weeks = figures.standing(), figures.weeks()
    every, people = versions.every(), {each.id: each.name for each in moderators.people()}
    base = next((row for row in every if row.kind is Kind.BASE and row.active), None)
    story = versions.story()
    return {
        "in_use": scorer.classifier.version if scorer.classifier else "",
        "terms": _terms(scorer.terms),
        "proposals": parts().review.proposals(),
        "learning": _learning(),
        "standing": kept[0] if kept else None,
        "as_of": kept[1] if kept else None,
        "errors": _errors(kept[0]["errors"]) if kept else (),
        "prior": _interval(kept[0]["prior"], percent) if kept else (),
        "charts": _drift_charts(kept[0], weeks) if kept else (),
        "drift": [percent(kept[0]["drift"][name]) for name in ("share", "promised_share")] if kept else (),
        "came_in": kept[0]["came_in"] if kept else None,
        "versions": [_version(row, base, story, people) for row in every],
        "labels": learning.known.count(),
    }


def of_thresholds(preview: Preview, typed: Mapping[str, str] | None) -> dict[str, Any]:
    """All that the page of costs shows; `typed` is what could not be read, to be mended."""
    costs = preview.then.costs
    # All digits: what is saved is what was shown.
    shown = {name: f"{getattr(costs, name):.12g}" for name in _COSTS}
    shown["prior"] = "" if preview.then.saved_prior is None else f"{100 * preview.then.saved_prior:.12g}"
    given = parts().scorer.given
    by_environment = [
        f"GATEPOST_{name}"
        for name, value in (
            ("PRIOR", given.prior),
            ("HOLD_THRESHOLD", given.hold),
            ("SPAM_THRESHOLD", given.spam),
        )
        if value is not None
    ]
    is_other = (preview.now.costs, preview.now.saved_prior) != (costs, preview.then.saved_prior)
    return {
        "preview": preview,
        "shown": typed or shown,
        "is_other": is_other and typed is None,
        "by_environment": by_environment,
        "compared": _compared(preview),
        "thresholds": _thresholds_table(preview),
        "past_prior": _interval(asdict(preview.prior), percent),
        "chart_of_cost": _cost_chart(preview),
        "history": [_saved(row) for row in terms.history()],
        "prior_in_force": percent(preview.now.prior),
    }


_COSTS = ("published_spam", "held_ham", "lost_ham", "look")


def _terms(current: terms.Terms) -> dict[str, Cell]:
    return {
        "hold": percent(current.thresholds.hold),
        "spam": percent(current.thresholds.spam),
        "prior": percent(current.prior),
    }


def _learning() -> dict[str, Any]:
    told = progress.told()
    value, at = told or ({"stage": "", "done": 1.0, "is_over": True}, None)
    return {
        "is_wanted": background.is_wanted(),
        "stage": value["stage"],
        "done": percent(value["done"]),
        "is_over": value["is_over"],
        "at": at,
        "fewest": learning.champion.FEWEST,
        "every": parts().settings.learn_every,
        "hour": parts().settings.learn_at,
    }


def _interval(estimate: Mapping[str, float], said: Any) -> tuple[Cell, ...]:
    return tuple(said(estimate[name]) for name in ("mean", "low", "high"))


def _errors(told: Mapping[str, Any]) -> tuple[Row, ...]:
    return tuple((name, _interval(told[part], number)) for part, name in _PARTS)


def _compared(preview: Preview) -> tuple[Row, ...]:
    def of(forecast: Forecast, part: str) -> tuple[Cell, ...]:
        return _interval(asdict(getattr(forecast, part)), number)

    return tuple((name, of(preview.does_now, part) + of(preview.would_do, part)) for part, name in _PARTS)


def _thresholds_table(preview: Preview) -> tuple[Row, ...]:
    now, then = preview.now.thresholds, preview.then.thresholds
    return (
        ("Held from a score of", (percent(now.hold), percent(then.hold))),
        ("Called spam from", (percent(now.spam), percent(then.spam))),
        ("Share of spam reckoned with", (percent(preview.now.prior), percent(preview.then.prior))),
    )


def _cost_chart(preview: Preview) -> Chart:
    points = [(hold, cost.mean, cost.low, cost.high) for hold, cost in preview.curve]
    marks = {"threshold as asked": _place(preview, preview.then.thresholds.hold)}
    if preview.now.thresholds.hold != preview.then.thresholds.hold:
        marks["threshold in force"] = _place(preview, preview.now.thresholds.hold)
    return charts.band(
        "Cost a day, by the score from which comments are held", points, marks, ("Cost a day", "Held from")
    )


def _place(preview: Preview, hold: float) -> float:
    """Where a threshold stands on the curve, in steps from the left: both are even in log-odds."""
    levels = [log_odds_of(where) for where, _ in preview.curve]
    step = (levels[-1] - levels[0]) / (len(levels) - 1) or 1.0
    return min(max((log_odds_of(hold) - levels[0]) / step, 0.0), len(levels) - 1.0)


def _drift_charts(standing: Mapping[str, Any], weeks: Sequence[Mapping[str, Any]]) -> tuple[Chart, ...]:
    labels = [_day(each["monday"]) for each in weeks]
    bands = {name: [each["bands"][n] for each in weeks] for n, name in enumerate(_BANDS)}
    return (
        charts.columns("Comments a week, by score on arrival", labels, bands),
        charts.lines(
            "Share of comments held",
            labels,
            {"held": [_share(each["held"], each["arrived"]) for each in weeks]},
        ),
        charts.lines(
            "Decisions that overturned the policy's",
            labels,
            {"overturned": [_share(each["overturned"], each["decided"]) for each in weeks]},
        ),
        charts.reliability(
            "What was said, and what came of it",
            [
                charts.Point(
                    each["said"],
                    each["spam"],
                    each["low"],
                    each["high"],
                    each["decisions"],
                    f"{100 * each['first']:g} to {100 * each['last']:g} %",
                )
                for each in standing["calibration"]
            ],
        ),
    )


def _day(monday: str) -> str:
    day = date.fromisoformat(monday)
    return f"{day.day} {day:%b}"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _version(
    row: ClassifierVersion, base: ClassifierVersion | None, story: Sequence[Event], people: Mapping[int, str]
) -> VersionView:
    judgement = row.metrics.get("judgement") or {}
    counts = row.metrics.get("labels") or {}
    is_of_base = base is not None and row.metrics.get("base") == base.version
    is_kept = row.kind is Kind.SITE and row.withdrawn_at is None and not judgement.get("reasons")
    return VersionView(
        version=row.version,
        status=versions.status_of(row),
        is_site=row.kind is Kind.SITE,
        is_active=row.active,
        can_use=is_kept and is_of_base and not row.active,
        created_at=row.created_at,
        counts=_counted(counts),
        sha256=counts.get("sha256", row.sha256),
        instead_of=row.metrics.get("instead_of", ""),
        reasons=tuple(judgement.get("reasons", ())),
        judged=judgement.get("judged", 0),
        measures=tuple(_measure(name, judgement) for name in gate.MEASURES) if judgement else (),
        story=tuple(
            (event.happened_at, versions.deed(event), _who(event, people))
            for event in reversed(story)
            if event.detail.get("version") == row.version
        ),
        replaces=row.metrics.get("replaces", ""),
    )


def _counted(counts: Mapping[str, Any]) -> str:
    if not counts:
        return ""
    said = f"{counts['ham']:,} genuine and {counts['spam']:,} spam"
    if counts.get("imported"):
        said += f", {counts['imported']:,} of them imported"
    if counts.get("left_out"):
        said += f"; {counts['left_out']:,} older ones left out"
    return said


def _measure(
    name: str, judgement: Mapping[str, Any]
) -> tuple[str, tuple[Cell, ...], tuple[float, float, float]]:
    said = percent if name in _SHARES else number
    both = (said(judgement["champion"][name], 3), said(judgement["challenger"][name], 3))
    gain = judgement["better_by"][name]
    if gain is None:
        return name, (*both, *(Cell(None, "–"),) * 3), (0.0, 0.0, 0.0)
    low, mean, high = gain
    widest = max(abs(low), abs(high)) or 1.0
    return (
        name,
        (*both, *(said(each, 2, "+") for each in (mean, low, high))),
        (low / widest, mean / widest, high / widest),
    )


def _who(event: Event, people: Mapping[int, str]) -> str:
    return people.get(event.moderator_id, "") if event.moderator_id else ""


def _saved(row: Setting) -> dict[str, Any]:
    costs = terms.costs_of(row)
    people = {each.id: each.name for each in moderators.people()}
    at = costs.thresholds
    return {
        "version": row.version,
        "at": row.set_at,
        "who": people.get(row.moderator_id or 0, ""),
        "costs": [number(getattr(costs, name)) for name in _COSTS],
        "prior": percent(row.value["prior"]),
        "hold": percent(at.hold),
        "spam": percent(at.spam),
        "undoes": row.value.get("undoes"),
    }
