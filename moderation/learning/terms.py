"""The terms that comments are judged on: the prior, the thresholds, and the costs that these follow from.

They are a setting with versions: what a person saves is a new version, and so is taking one back. What the
environment sets wins over both, and the page says so. Where nobody has set anything, default costs decide.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select

from models import Setting, db
from moderation import versioned
from moderation.errors import BadInput
from moderation.spam.costs import Bar, Costs
from moderation.vocabulary import Thresholds

NAME = "thresholds"
"""The setting's name."""

SAVED = "thresholds set"
"""Kind of event."""

DEFAULT_PRIOR = 0.05


@dataclass(frozen=True, slots=True)
class Given:
    """What the environment sets: it stands above whatever is saved. None where it sets nothing."""

    prior: float | None = None
    hold: float | None = None
    spam: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is in force.

    Attributes
    ----------
    prior
        Share of spam among arrivals, 0…1.
    version
        Of the setting; 0 where nobody has saved one.
    saved_prior
        The prior that was saved; None where it is the classifier's own, or the environment's.
    """

    prior: float
    thresholds: Thresholds
    costs: Costs
    version: int = 0
    saved_prior: float | None = None

    @property
    def bar(self) -> Bar:
        """The thresholds at equal odds, with the costs."""
        return Bar.of(self.thresholds, self.prior, self.costs)

    @property
    def digest(self) -> str:
        """A short name for exactly these."""
        told = repr((self.prior, self.thresholds.hold, self.thresholds.spam))
        return hashlib.sha256(told.encode()).hexdigest()[:8]


def derived(
    costs: Costs, prior: float | None, given: Given, own_prior: float = DEFAULT_PRIOR, version: int = 0
) -> Terms:
    """The terms that follow from costs and prior, where the environment does not set them.

    Parameters
    ----------
    prior
        What a person saved; None for the classifier's own.
    """
    thresholds = costs.thresholds
    spam = given.spam or thresholds.spam
    hold = min(given.hold or thresholds.hold, spam)
    return Terms(given.prior or prior or own_prior, Thresholds(hold, spam), costs, version, prior)


def in_force(given: Given, own_prior: float = DEFAULT_PRIOR) -> Terms:
    """The terms of now."""
    return _terms(versioned.newest(NAME), given, own_prior)


def as_of(moment: datetime, given: Given, own_prior: float = DEFAULT_PRIOR) -> Terms:
    """The terms at a moment, as far as they were saved; what the environment set then is not known."""
    query = select(Setting).where(Setting.name == NAME, Setting.set_at <= moment)
    return _terms(db.session.scalars(query.order_by(Setting.version.desc())).first(), given, own_prior)


def save(costs: Costs, prior: float | None, by: int | None, now: datetime, seen: int | None = None) -> int:
    """Set costs and prior from now on; returns the version of the setting.

    Parameters
    ----------
    seen
        The version that they were written over; None for whichever is the newest.

    Raises
    ------
    BadInput
        The prior is no probability.
    Refused
        They were changed since that version.
    """
    if prior is not None and not 0 < prior < 1:
        raise BadInput("The share of spam lies between 0 and 1. Nothing was changed.")
    value = {"costs": asdict(costs), "prior": prior}
    return versioned.store(NAME, value, SAVED, by, now, latest=seen, undoes=None)


def take_back(version: int, by: int | None, now: datetime) -> int:
    """Go back to what was in force before this version, which must be the newest; that, too, can be taken back.

    Raises
    ------
    Refused
        It was changed since, or never saved.
    """
    before = versioned.before(NAME, version, "thresholds")
    costs, prior = (before.value["costs"], before.value["prior"]) if before else (asdict(Costs()), None)
    value = {"costs": costs, "prior": prior, "undoes": version}
    return versioned.store(NAME, value, SAVED, by, now, latest=version, undoes=version)


def history(most: int = 20) -> list[Setting]:
    """What was saved and taken back, the newest first."""
    query = select(Setting).where(Setting.name == NAME).order_by(Setting.version.desc()).limit(most)
    return list(db.session.scalars(query))


def costs_of(setting: Setting) -> Costs:
    """The costs that a version of the setting holds."""
    return Costs(**setting.value["costs"])


def _terms(row: Setting | None, given: Given, own_prior: float) -> Terms:
    if row is None:
        return derived(Costs(), None, given, own_prior)
    return derived(costs_of(row), row.value["prior"], given, own_prior, row.version)
