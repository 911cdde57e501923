"""The classifier's page at the desk: every number on it is what anybody gets who counts again."""

from __future__ import annotations

import html
import itertools
import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import html5lib
import numpy as np
import pytest
import time_machine
from flask import Flask
from scipy.stats import gamma, poisson
from sklearn.metrics import log_loss, roc_auc_score
from sqlalchemy import Engine, select

from models import ClassifierVersion, Comment, Decision, DecisionReason, Figure, Label, Scoring, db
from models.classifier import Kind, LabelClass
from moderation import learning, spam
from moderation.learning import champion, figures, known, progress, terms, versions
from moderation.parts import parts
from moderation.spam.correction import corrected
from moderation.spam.costs import Costs
from moderation.vocabulary import Action, Role, Status
from tests.conftest import NOON, PASSWORD, add_article, signed_in
from tests.database import Snapshot, copied, is_postgresql
from tests.learned import CAMPAIGN, KINDLY, House
from tests.people import Person
from tests.test_spot_checks import Dice

NAMESPACE = "{http://www.w3.org/1999/xhtml}"
SUSPICIOUS = [
    f"Best online casino bonus at the {place}!!! Cheap pills, visit http://win.example.net now, earn $5000"
    for place in ("pier", "mill", "gate", "harbour", "lighthouse", "station")
]
PRIOR, COSTS = 0.05, Costs()
DAY = timedelta(days=1)
COST = "Cost, in held genuine comments"


class Desk:
    """An installation with a past, and its pages read by a program."""

    def __init__(self, app: Flask, home: House, root: Person, max_: Person) -> None:
        self.app, self.home, self.root, self.max = app, home, root, max_

    def tables(self, path: str = "/desk/classifier", who: Person | None = None) -> dict[str, Table]:
        """The page's tables, by caption: rows of numbers by name."""
        page = (who or self.root).get(path)
        assert page.status_code == 200, page.text
        document = html5lib.parse(page.text)
        return {table.caption: table for table in map(Table, document.iter(f"{NAMESPACE}table"))}

    def sweeps(self) -> None:
        with self.app.app_context():
            parts().scorer.look_again()
            learning.keep_figures(parts().scorer, datetime.now(UTC))


class Table:
    """A table's caption, head, and rows of numbers by name; each number's words must say its value."""

    def __init__(self, element: Any) -> None:
        self.caption = words(element.find(f"{NAMESPACE}caption"))
        self.rows: dict[str, list[float | None]] = {}
        for row in element.iter(f"{NAMESPACE}tr"):
            heads = [cell for cell in row.findall(f"{NAMESPACE}th") if cell.get("scope") == "row"]
            if heads:
                self.rows[words(heads[0])] = [value_of(cell) for cell in row.findall(f"{NAMESPACE}td")]


def words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def value_of(cell: Any) -> float | None:
    data = cell.find(f"{NAMESPACE}data")
    if data is None:
        text = words(cell)
        return float(text) if re.fullmatch(r"\d+", text) else None
    value, said = float(data.get("value")), words(data)
    if said == "< 0.001":
        assert 0 <= value < 0.001
        return value
    read = float(said.removesuffix("%").replace(",", "").replace("−", "-").strip())
    read /= 100 if said.endswith("%") else 1
    assert math.isclose(read, value, rel_tol=0.06, abs_tol=1e-6), (said, value)
    return value


class Past:
    """Three weeks, kept once they have passed: a file of SQLite, or the rows of PostgreSQL."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "gatepost.sqlite3"
        self._rows: Snapshot | None = None

    @property
    def is_known(self) -> bool:
        return self._rows is not None or self._file.exists()

    def keep(self, engine: Engine, database: Path) -> None:
        """Once they have passed and nobody uses the database any more."""
        if is_postgresql():
            self._rows = Snapshot(engine)
        else:
            copied(database, self._file)

    def lay(self, database: Path) -> None:
        """Where an app will look for its file."""
        if self._file.exists():
            copied(self._file, database)

    def put_back(self, engine: Engine) -> None:
        """Where an app has connected to its database."""
        if self._rows is not None:
            self._rows.put_back(engine)


@pytest.fixture(scope="module")
def three_weeks(tmp_path_factory: pytest.TempPathFactory) -> Past:
    return Past(tmp_path_factory.mktemp("three-weeks"))


@pytest.fixture
def desk(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, three_weeks: Past, tmp_path: Path
) -> Iterator[Desk]:
    """Three weeks of comments: some held, some found, half of the others drawn; one version was promoted."""
    monkeypatch.setattr("moderation.learning.drawing._CHANCE", Dice(*[0.2, 0.7] * 400))
    database = tmp_path / "gatepost.sqlite3"
    three_weeks.lay(database)
    with time_machine.travel(NOON - 21 * DAY, tick=False) as clock:
        app = make_app(spot_check_share=0.5, words_that_hold=("hens", "dams"), learn_at=None)
        article_id, root, max_ = 1, Person(app, "root", ""), Person(app, "max", "")
        if three_weeks.is_known:
            with app.app_context():
                three_weeks.put_back(db.engine)
        else:
            article_id = add_article(app).id
            root, max_ = signed_in(app, "root", Role.ADMIN), signed_in(app, "max", Role.MODERATOR)
            with app.app_context():
                happens(House(app, article_id), clock)
                db.session.remove()
                db.engine.dispose()
                three_weeks.keep(db.engine, database)
        home = House(app, article_id)
        home.now = NOON - 2 * DAY
        clock.move_to(NOON)
        for person, name in ((root, "root"), (max_, "max")):
            assert person.post("/desk/sign-in", {"name": name, "password": PASSWORD}).status_code == 303
        there = Desk(app, home, root, max_)
        there.sweeps()
        yield there


def happens(home: House, clock: time_machine.Traveller) -> None:
    """The past: two a day of what waits, and what goes its way."""
    from moderation import moderators

    max_ = next(each.id for each in moderators.people() if each.name == "max")
    plain = [
        f"Does the {text.split()[5]} boat take bicycles number {n}?" for n, text in enumerate(KINDLY * 2)
    ]
    for day in range(20):
        home.now = NOON + (day - 21) * DAY
        clock.move_to(home.now)
        numbers = [home.gets(text) for text in (CAMPAIGN[day], KINDLY[day], plain[day], plain[day + 24])]
        numbers += [home.gets(SUSPICIOUS[day // 4])] if day % 4 == 0 else []
        home.decides(max_, Action.SPAM, numbers[0])
        home.decides(max_, Action.APPROVE, numbers[1])
        for number in numbers[2:]:
            comment = home.comment(number)
            if comment.check_chance is not None:
                action = Action.SPAM if comment.status is Status.SPAM or day % 7 == 3 else Action.APPROVE
                home.decides(max_, action, number)
    learning.learn(home.now)
    parts().scorer.look_again()


class Row:
    """An arrival, read from the tables one by one."""

    def __init__(self, comment: Comment) -> None:
        arrival = db.session.scalars(
            select(Decision).where(Decision.comment_id == comment.id).order_by(Decision.id)
        ).first()
        scoring = db.session.scalars(
            select(Scoring).where(Scoring.comment_id == comment.id).order_by(Scoring.id)
        ).first()
        label = db.session.scalars(select(Label).where(Label.comment_id == comment.id)).first()
        codes = set(
            db.session.scalars(select(DecisionReason.code).where(DecisionReason.decision_id == arrival.id))
        )
        self.at, self.done, self.log_odds = comment.arrived_at, arrival.to_status, scoring.log_odds
        self.p = 1 / (1 + math.exp(-(self.log_odds + math.log(PRIOR / (1 - PRIOR)))))
        self.is_held_otherwise = bool(codes - {"looks-like-spam"})
        self.decision = db.session.get(Decision, label.decision_id) if label else None
        self.is_spam = label.label is LabelClass.SPAM if label else None
        chance = self.decision.sampling_probability if self.decision else None
        self.weight = 1.0 if self.done is Status.HELD else 1 / chance if chance else None

    def under(self, hold: float, spam_from: float) -> Status:
        if self.p >= spam_from:
            return Status.SPAM
        return Status.HELD if self.p >= hold or self.is_held_otherwise else Status.APPROVED


def past(app: Flask) -> list[Row]:
    with app.app_context():
        return [Row(comment) for comment in db.session.scalars(select(Comment).order_by(Comment.id))]


def expected(rows: list[Row], verdicts: list[Status], days: float, costs: Costs = COSTS) -> dict[str, float]:
    """A day's numbers by hand: cells, labels on top of the classifier's word."""
    return _told(
        [
            (name, count / days, count / days * spam_ / (spam_ + ham))
            for name, count, spam_, ham in _cells(rows, verdicts)
        ],
        costs,
    )


def between(
    rows: list[Row], verdicts: list[Status], days: float, costs: Costs = COSTS
) -> dict[str, list[float]]:
    """Within which the numbers lie 95 times of 100, by drawing: rates are gamma, shares of spam beta distributed."""
    chance = np.random.default_rng(7)
    drawn = []
    for name, count, spam_, ham in _cells(rows, verdicts):
        rate = chance.gamma(count + 0.5, size=20_000) / days
        drawn.append((name, rate, rate * chance.beta(spam_, ham, size=20_000)))
    return {name: np.quantile(told, (0.025, 0.975)).tolist() for name, told in _told(drawn, costs).items()}


def _cells(rows: list[Row], verdicts: list[Status]) -> Iterator[tuple[str, int, float, float]]:
    """Comments with which the same was and would be done: what would be, how many, and counts for spam and ham."""
    names = {
        Status.APPROVED: "Published",
        Status.HELD: "Held for a person",
        Status.SPAM: "Called spam",
    }
    for cell in sorted({(row.done, verdict) for row, verdict in zip(rows, verdicts, strict=True)}):
        members = [row for row, verdict in zip(rows, verdicts, strict=True) if (row.done, verdict) == cell]
        word = sum(row.p for row in members) / len(members)
        asked = [row for row in members if row.is_spam is not None and row.weight is not None]
        total = sum(row.weight for row in asked)
        worth = total**2 / sum(row.weight**2 for row in asked) if asked else 0
        share = sum(row.weight for row in asked if row.is_spam) / total if asked else 0
        yield names[cell[1]], len(members), 20 * word + worth * share, 20 * (1 - word) + worth * (1 - share)


def _told(cells: list[tuple[str, Any, Any]], costs: Costs) -> dict[str, Any]:
    """The page's rows from rates and rates of spam."""
    told: dict[str, Any] = dict.fromkeys(("Published", "Held for a person", "Called spam"), 0.0)
    spam_in = dict.fromkeys(told, 0.0)
    for name, rate, rate_of_spam in cells:
        told[name] = told[name] + rate
        spam_in[name] = spam_in[name] + rate_of_spam
    told["Spam among the published"] = spam_in["Published"]
    told["Genuine comments among the held"] = told["Held for a person"] - spam_in["Held for a person"]
    told["Genuine comments called spam"] = told["Called spam"] - spam_in["Called spam"]
    told[COST] = (
        costs.published_spam * spam_in["Published"]
        + costs.held_ham * told["Genuine comments among the held"]
        + costs.lost_ham * told["Genuine comments called spam"]
        + costs.look * spam_in["Held for a person"]
    )
    return told


def days_of(rows: list[Row]) -> float:
    return (NOON - min(row.at for row in rows)) / DAY


def test_what_happens_a_day_is_what_happened(desk: Desk) -> None:
    rows = past(desk.app)
    table = desk.tables()["What happens a day"].rows
    by_hand = expected(rows, [row.done for row in rows], days_of(rows))
    assert {name: cells[0] for name, cells in table.items()} == pytest.approx(by_hand)
    drawn = between(rows, [row.done for row in rows], days_of(rows))
    assert {name: cells[1:] for name, cells in table.items()} == {
        name: pytest.approx(both, rel=0.1, abs=0.01) for name, both in drawn.items()
    }
    published = sum(row.done is Status.APPROVED for row in rows)
    low, high = gamma.ppf((0.025, 0.975), published + 0.5) / days_of(rows)
    assert table["Published"][1:] == pytest.approx([low, high], rel=0.05)


def test_the_share_of_spam_and_the_counts_are_told(desk: Desk) -> None:
    rows = past(desk.app)
    told = expected(rows, [row.done for row in rows], days_of(rows))
    held = told["Held for a person"] - told["Genuine comments among the held"]
    called = told["Called spam"] - told["Genuine comments called spam"]
    prior = (told["Spam among the published"] + held + called) * days_of(rows) / len(rows)
    page = desk.root.get("/desk/classifier").text
    said = re.search(r'Spam among what arrives: <data value="([\d.]+)">', page)
    assert said
    assert float(said[1]) == pytest.approx(prior)
    asked = sum(row.is_spam is not None and row.weight is not None for row in rows)
    assert f"{len(rows)} comments of the last four weeks, {asked} of them decided on" in page
    with desk.app.app_context():
        assert f"{known.count()} labels are there to learn from" in page


def test_weeks_are_told_as_they_were(desk: Desk) -> None:
    rows = past(desk.app)
    tables = desk.tables()
    bands = tables["Comments a week, by score on arrival"].rows
    held = tables["Share of comments held"].rows
    edges = [0.0, 0.01, 0.1, 0.5, 0.9, 1.0]
    mondays = sorted({(row.at - timedelta(days=row.at.weekday())).date() for row in rows})
    assert [name for name in bands if any(bands[name])] == [f"{day.day} {day:%b}" for day in mondays]
    for monday in mondays:
        name = f"{monday.day} {monday:%b}"
        then = [row for row in rows if monday <= row.at.date() < monday + timedelta(days=7)]
        counted = [sum(low <= row.p < high for row in then) for low, high in itertools.pairwise(edges)]
        assert bands[name] == counted
        assert held[name] == [pytest.approx(sum(row.done is Status.HELD for row in then) / len(then))]
    overturned = tables["Decisions that overturned the policy's"].rows
    for monday in mondays:
        week = [
            row
            for row in rows
            if row.decision and monday <= row.decision.decided_at.date() < monday + 7 * DAY
        ]
        opposite = [
            row
            for row in week
            if (row.done is Status.APPROVED and row.is_spam) or (row.done is Status.SPAM and not row.is_spam)
        ]
        share = len(opposite) / len(week)
        assert overturned[f"{monday.day} {monday:%b}"] == [pytest.approx(share)]


def test_calibration_is_what_people_said_of_what_was_said(desk: Desk) -> None:
    rows = [row for row in past(desk.app) if row.is_spam is not None]
    table = desk.tables()["What was said, and what came of it"].rows
    edges = [0, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0]
    seen = 0
    for low, high in itertools.pairwise(edges):
        some = [row for row in rows if low <= row.p < high]
        if not some:
            continue
        weights = [1 / (row.decision.sampling_probability or 1) for row in some]
        count, said, came, at_least, at_most = table[f"{100 * low:g} to {100 * high:g} %"]
        assert count == len(some)
        assert said == pytest.approx(
            sum(weight * row.p for weight, row in zip(weights, some, strict=True)) / sum(weights)
        )
        share = sum(weight for weight, row in zip(weights, some, strict=True) if row.is_spam) / sum(weights)
        assert came == pytest.approx(share)
        # Wilson (1927): the shares that what came is 1.96 standard deviations away from.
        worth = sum(weights) ** 2 / sum(weight**2 for weight in weights)
        slack = 1.96**2 / worth
        ends = sorted(np.roots([1 + slack, -2 * share - slack, share**2]).real)
        assert [at_least, at_most] == pytest.approx(ends, abs=1e-6)
        seen += 1
    assert seen == len(table)


def test_disagreement_is_counted_and_promised_as_told(desk: Desk) -> None:
    rows = sorted(
        (row for row in past(desk.app) if row.is_spam is not None), key=lambda row: row.decision.id
    )[-200:]
    doubt = [min(row.p, 1 - row.p) for row in rows]
    disagreed = sum((row.p >= 0.5) != row.is_spam for row in rows)
    most = int(poisson.ppf(1 - 0.00135, sum(doubt)))
    weights = [1 / (row.decision.sampling_probability or 1) for row in rows]
    shares = [
        sum(weight * each for weight, each in zip(weights, of_rows, strict=True)) / sum(weights)
        for of_rows in ([(row.p >= 0.5) != row.is_spam for row in rows], doubt)
    ]
    page = desk.root.get("/desk/classifier").text
    told = re.search(r"that is <data value=.([^ ]*?).>.*?</data>, where <data value=.([^ ]*?).>", page)
    assert told is not None
    assert [float(each) for each in told.groups()] == pytest.approx(shares)
    assert (
        f"Of the latest {len(rows)} decisions {disagreed} said the opposite of its leaning; by its own"
        f" probabilities about {sum(doubt):.1f} should have, and up to {most} may by chance." in page
    )
    is_alarming = disagreed > most and len(rows) >= 50
    assert ("more than it promised" in page) == is_alarming


def test_a_versions_figures_are_those_of_its_twin_on_decisions_it_had_not_seen(desk: Desk) -> None:
    with desk.app.app_context():
        row = versions.active(Kind.SITE)
        assert row is not None
        name, judged = row.version, row.metrics["judgement"]["judged"]
        everything = known.everything()
        base = champion.in_use().base
        is_late = [n >= len(everything) - judged for n in range(len(everything))]
        late, early = everything.chosen(np.array(is_late)), everything.chosen(~np.array(is_late))
        twin = corrected(base, early.labels)
        shift = math.log(PRIOR / (1 - PRIOR))
        before = champion.said_by(base, None, late.labels.kept)
        after = champion.said_by(base, twin, late.labels.kept)
    cells = desk.tables()[f"Figures of {name} beside the version it was judged against"].rows
    weight = 1 / late.chances
    measured = [_measures(said + shift, late.labels.is_spam, weight) for said in (before, after)]
    for measure, (champion_, challenger, gain, low, high, _) in cells.items():
        assert (champion_, challenger) == pytest.approx([each[measure] for each in measured], rel=1e-6)
        sign = -1 if measure == "AUC" else 1
        assert gain == pytest.approx(sign * (champion_ - challenger), abs=1e-9)
        assert low <= gain <= high
    chance = np.random.default_rng(5)
    drawn = chance.multinomial(judged, np.full(judged, 1 / judged), size=4000) * weight
    losses = [
        np.logaddexp(0, np.where(late.labels.is_spam, -1, 1) * (said + shift)) for said in (before, after)
    ]
    gains = (drawn @ (losses[0] - losses[1])) / drawn.sum(axis=1)
    assert cells["log loss"][3:5] == pytest.approx(np.quantile(gains, (0.025, 0.975)).tolist(), rel=0.15)
    page = desk.root.get("/desk/classifier").text
    assert f"On {judged} decisions that neither had seen" in page
    ham, spam_ = (int((everything.labels.is_spam == kind).sum()) for kind in (False, True))
    assert f"from {ham} genuine and {spam_} spam; judged against {spam.base().version}." in page


def _measures(log_odds: Any, is_spam: Any, weight: Any) -> dict[str, float]:
    """The gate's measures by other means."""
    p = 1 / (1 + np.exp(-log_odds))
    at = COSTS.thresholds
    held, called = p >= at.hold, p >= at.spam
    of_spam = np.where(called, 0.0, np.where(held, COSTS.look, COSTS.published_spam))
    of_ham = np.where(called, COSTS.lost_ham, np.where(held, COSTS.held_ham, 0.0))
    edges = [0.0, 0.01, 0.03, 0.1, 0.3, 0.7, 0.9, 1.0]
    bins = [(p > low) & (p <= high) for low, high in itertools.pairwise(edges)]
    gaps = [abs(sum(weight[which] * (p[which] - is_spam[which]))) for which in bins]
    return {
        "log loss": log_loss(is_spam, p, sample_weight=weight),
        "cost": float(np.average(np.where(is_spam, of_spam, of_ham), weights=weight)),
        "AUC": roc_auc_score(is_spam, log_odds, sample_weight=weight),
        "calibration error": sum(gaps) / weight.sum(),
        "genuine held": float(np.average(held[~is_spam], weights=weight[~is_spam])),
        "spam published": float(np.average(~held[is_spam], weights=weight[is_spam])),
    }


def test_what_came_in_is_counted_comment_by_comment(desk: Desk) -> None:
    with desk.app.app_context():
        home = desk.home
        home.now = NOON - timedelta(hours=3)
        for n in range(4):
            home.gets(f"Have you seen the platypus {'abcd'[n]}{n}, at https://platypus{n % 2}.example.com/x")
        db.session.rollback()
    desk.sweeps()
    tables = desk.tables()
    came = tables["Words that stand in many more comments than in the four weeks before"].rows
    assert came["platypus"] == [4, 0, 0]
    assert "beavers" not in came
    domains = tables["Link domains that stand in many more comments than in the four weeks before"].rows
    assert domains["example.com"] == [4, 0, 0]


@pytest.mark.parametrize("costs", [COSTS, Costs(published_spam=3, held_ham=1, lost_ham=20, look=0.2)])
def test_thresholds_are_shown_with_what_they_would_have_done(desk: Desk, costs: Costs) -> None:
    rows = past(desk.app)
    query = "&".join(
        f"{name}={getattr(costs, name)}" for name in ("published_spam", "held_ham", "lost_ham", "look")
    )
    tables = desk.tables(f"/desk/classifier/thresholds?{query}&prior=")
    at, now = costs.thresholds, COSTS.thresholds
    then = expected(rows, [row.under(at.hold, at.spam) for row in rows], days_of(rows), costs)
    today = expected(rows, [row.under(now.hold, now.spam) for row in rows], days_of(rows), costs)
    table = tables["What comes of it a day, in force and as asked"].rows
    assert {name: cells[0] for name, cells in table.items()} == pytest.approx(today)
    assert {name: cells[3] for name, cells in table.items()} == pytest.approx(then)
    thresholds = tables["Thresholds, in force and as asked"].rows
    assert thresholds["Held from a score of"] == pytest.approx([now.hold, at.hold])
    assert thresholds["Called spam from"] == pytest.approx([now.spam, at.spam])
    assert at.hold == pytest.approx(
        costs.held_ham / (costs.published_spam - costs.look + costs.held_ham), abs=1e-6
    )
    curve = tables["Cost a day, by the score from which comments are held"].rows

    def logit(p: float) -> float:
        return math.log(p / (1 - p))

    holds = 1 / (1 + np.exp(-np.linspace(min(-7.0, logit(at.hold)), logit(at.spam), 15)))
    assert len(curve) == len(holds)
    for hold, (cost, low, high) in zip(holds.tolist(), curve.values(), strict=True):
        verdicts = [row.under(hold, at.spam) for row in rows]
        assert cost == pytest.approx(expected(rows, verdicts, days_of(rows), costs)[COST])
        assert [low, high] == pytest.approx(
            between(rows, verdicts, days_of(rows), costs)[COST], rel=0.15, abs=0.05
        )
    checked = sum(row.is_spam is not None and row.weight is not None and row.weight > 1 for row in rows)
    page = desk.root.get(f"/desk/classifier/thresholds?{query}").text
    assert f"From {len(rows)} comments of the last {days_of(rows):.0f} days" in page
    assert f"{checked} of these in spot checks" in page


def test_saving_is_an_administrators_and_can_be_taken_back(desk: Desk) -> None:
    asked = {"published_spam": "100", "held_ham": "1", "lost_ham": "7", "look": "0.5", "prior": "20"}
    path = "/desk/classifier/thresholds"
    assert desk.max.post(path, asked).status_code == 403
    before = thresholds_in_force(desk)
    answer = desk.root.post(path, asked)
    assert "Saved. Comments wait from a score of 1 % on, and go to spam from 92 %." in html.unescape(
        desk.root.get(answer.location).text
    )
    after = thresholds_in_force(desk)
    assert after.thresholds == Costs(published_spam=100).thresholds
    assert after.prior == 0.2
    assert "by <bdi>root</bdi>" in desk.root.get(path).text
    assert desk.root.post(f"{path}/undo", {"version": "1"}).status_code == 303
    assert thresholds_in_force(desk).thresholds == before.thresholds
    assert desk.root.post(f"{path}/undo", {"version": "1"}).status_code == 403
    desk.root.post(f"{path}/undo", {"version": "2"})
    assert thresholds_in_force(desk).thresholds == after.thresholds
    with desk.app.app_context():
        kinds = [row.value.get("undoes") for row in terms.history()]
        assert kinds == [2, 1, None]


def test_costs_saved_over_other_ones_are_kept_and_asked_about(desk: Desk) -> None:
    path = "/desk/classifier/thresholds"
    mine, theirs = seen_version(desk.root.get(path).text), seen_version(desk.root.get(path).text)
    assert desk.root.post(path, _typed(published_spam="100", version=theirs)).status_code == 303
    shown = desk.root.get(path, query_string=_typed(published_spam="60", version=mine))
    assert OTHERS_WERE_SAVED in shown.text
    late = desk.root.post(path, _typed(published_spam="60", version=mine))
    assert late.status_code == 409
    assert OTHERS_WERE_SAVED in late.text
    assert 'name="published_spam" value="60"' in late.text
    assert thresholds_in_force(desk).costs.published_spam == 100
    again = seen_version(late.text)
    assert OTHERS_WERE_SAVED not in desk.root.get(path, query_string=_typed(version=again)).text
    assert desk.root.post(path, _typed(published_spam="60", version=again)).status_code == 303
    assert thresholds_in_force(desk).costs.published_spam == 60


def test_what_makes_no_sense_does_not_hide_that_others_were_saved(desk: Desk) -> None:
    path = "/desk/classifier/thresholds"
    desk.root.post(path, _typed(published_spam="100", version="0"))
    shown = desk.root.get(path, query_string=_typed(published_spam="much", version="0"))
    assert shown.status_code == 422
    assert OTHERS_WERE_SAVED in shown.text


OTHERS_WERE_SAVED = "Other costs were saved since you opened these"


def seen_version(page: str) -> str:
    """The version that the page's forms were written over."""
    found = set(re.findall(r'name="version" value="(\d+)"', page.partition('id="saved"')[0]))
    assert len(found) == 1
    return found.pop()


def _typed(**fields: str) -> dict[str, str]:
    return {"published_spam": "40", "held_ham": "1", "lost_ham": "7", "look": "0.5", "prior": "", **fields}


def thresholds_in_force(desk: Desk) -> terms.Terms:
    with desk.app.app_context():
        parts().scorer.look_again()
        return parts().scorer.terms


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"published_spam": "much"}, "Please type a number."),
        ({"published_spam": "0.1"}, "Spam on the page must cost more than a look at it."),
        ({"held_ham": "9"}, "A genuine comment in the spam must cost more than one that waits."),
        ({"look": "nan"}, "Every cost is a number from 0.01 to 1000."),
        ({"prior": "120"}, "The share of spam lies between 0 and 100 %."),
    ],
)
def test_what_makes_no_sense_is_told_and_not_saved(desk: Desk, typed: dict[str, str], sentence: str) -> None:
    asked = {"published_spam": "40", "held_ham": "1", "lost_ham": "7", "look": "0.5", "prior": "", **typed}
    shown = desk.root.get("/desk/classifier/thresholds", query_string=asked)
    assert shown.status_code == 422
    assert sentence in html.unescape(shown.text)
    assert f'value="{next(iter(typed.values()))}"' in shown.text
    assert desk.root.post("/desk/classifier/thresholds", asked).status_code == 422
    assert thresholds_in_force(desk).version == 0
    assert desk.root.post("/desk/classifier/thresholds/undo", {"version": "x"}).status_code == 400


def test_what_is_saved_is_what_was_shown_to_the_last_digit(desk: Desk) -> None:
    typed = {
        "published_spam": "123.456",
        "held_ham": "1.25",
        "lost_ham": "7.125",
        "look": "0.333",
        "prior": "12.345",
    }
    page = desk.root.get(f"/desk/classifier/thresholds?{urlencode(typed)}")
    document = html5lib.parse(page.text)
    shown = {
        field.get("name"): field.get("value")
        for field in document.iter(f"{NAMESPACE}input")
        if field.get("type") == "hidden"
    }
    desk.root.post("/desk/classifier/thresholds", shown)
    with desk.app.app_context():
        saved = terms.history()[0].value
    assert saved == {
        "costs": {"published_spam": 123.456, "held_ham": 1.25, "lost_ham": 7.125, "look": 0.333},
        "prior": pytest.approx(0.12345),
    }


def test_an_administrator_goes_back_and_forth_with_one_click(desk: Desk) -> None:
    with desk.app.app_context():
        version = versions.active(Kind.SITE).version
    assert "Go back to the version before" not in desk.max.get("/desk/classifier").text
    for path in ("back", "promote", "learn"):
        assert desk.max.post(f"/desk/classifier/{path}", {"version": version}).status_code == 403
    answer = desk.root.post("/desk/classifier/back")
    assert "The base works alone now." in desk.root.get(answer.location).text
    page = desk.root.get("/desk/classifier").text
    assert f'Use this one<span class="visually-hidden">: {version}</span>' in page
    assert "rolled back by <bdi>root</bdi>" in page
    answer = desk.root.post("/desk/classifier/promote", {"version": version})
    assert f"{version} is in use now." in desk.root.get(answer.location).text
    assert desk.root.post("/desk/classifier/promote", {"version": "site-00000000"}).status_code == 404


def test_a_withdrawn_version_is_named_as_such_and_offers_no_way_back(desk: Desk) -> None:
    from models import writing

    with desk.app.app_context():
        version = versions.active(Kind.SITE).version
        gone = db.session.scalars(select(Label.comment_id)).first()
        with writing():
            learning.forget([gone], NOON)
        db.session.rollback()
    page = desk.root.get("/desk/classifier").text
    assert "It had learned from a comment that was erased since" in page
    assert f": {version}</span></button>" not in page
    refused = desk.root.post("/desk/classifier/promote", {"version": version})
    assert refused.status_code == 403
    assert "cannot be gone back to" in refused.text


def test_learning_now_is_a_wish_that_the_page_shows(desk: Desk) -> None:
    answer = desk.root.post("/desk/classifier/learn")
    assert "It will learn within a minute or two" in desk.root.get(answer.location).text
    assert "It was asked to learn and will within a minute or two." in desk.root.get("/desk/classifier").text
    with desk.app.app_context():
        learning.granted()
        progress.keep(
            progress.NAME, {"stage": "learning from 48 labels", "done": 0.4, "is_over": False}, NOON
        )
    page = desk.root.get("/desk/classifier").text
    assert 'It is learning: learning from 48 labels, <data value="0.4">40 %</data> done.' in page


def test_drift_rings_at_every_page_of_the_desk(desk: Desk) -> None:
    with desk.app.app_context():
        row = db.session.get(Figure, figures.STANDING)
        told = {**row.value["drift"], "disagreed": 60, "is_alarming": True}
        progress.keep(figures.STANDING, {**row.value, "drift": told}, NOON)
    assert "disagrees with your decisions more than it promised" in desk.root.get("/desk/").text
    assert (
        f"Of the latest {told['decisions']} decisions, 60 said the opposite"
        in desk.root.get("/desk/classifier").text
    )


def test_a_new_house_borrows_what_the_classifier_learned_from(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    root = signed_in(app, "root", Role.ADMIN)
    page = root.get("/desk/classifier/thresholds").text
    assert "Too few comments have arrived here to tell from." in page
    assert "Figures appear here within a minute or two" in root.get("/desk/classifier").text


def test_what_the_environment_sets_stands_above_what_is_saved_and_the_page_says_so(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(hold_threshold=0.2, prior=0.1)
    root = signed_in(app, "root", Role.ADMIN)
    page = root.get("/desk/classifier/thresholds").text
    assert "GATEPOST_PRIOR, GATEPOST_HOLD_THRESHOLD" in page
    with app.app_context():
        terms.save(Costs(published_spam=500), 0.3, None, NOON)
        parts().scorer.look_again()
        in_force = parts().scorer.terms
        assert (in_force.thresholds.hold, in_force.prior) == (0.2, 0.1)


def test_nothing_is_counted_again_while_nothing_changes(desk: Desk) -> None:
    with desk.app.app_context():
        assert learning.keep_figures(parts().scorer, NOON) == 0
        assert learning.keep_figures(parts().scorer, NOON + timedelta(hours=1)) == 1
        desk.home.gets("Another one arrives at the ferry.")
        assert learning.keep_figures(parts().scorer, NOON + timedelta(hours=1)) == 1
        assert db.session.scalar(select(ClassifierVersion.id).where(ClassifierVersion.active)) is not None
