"""Which classifier is in use, and what it says of a comment.

The truth is in the tables: each process keeps the loaded classifier and asks every few seconds whether another
version became active, a decision changed the labels that the fast layer is made of, or somebody set other terms. A
scorer that is missing or broken never stops a comment: it says nothing, and the policy holds.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from models import ClassifierVersion, Decision, db
from models.classifier import Kind
from moderation import spam
from moderation.learning import labels
from moderation.learning.known import Known, latest
from moderation.learning.terms import Given, Terms, derived, in_force
from moderation.spam import artefact as artefacts
from moderation.spam.correction import Floats, log_odds
from moderation.spam.costs import Bar, Costs, log_odds_of
from moderation.spam.fast import MOST_ANCHORS, MOST_LABELS, Fast, LatestDecisions
from moderation.spam.kept import Kept
from moderation.vocabulary import Explanation, Score, Thresholds

log = structlog.get_logger("gatepost.learning")

CAUTIOUS = Thresholds(hold=0.5, spam=0.99)
"""What the policy goes by while there is no classifier; nothing is scored then, so everything is held."""

_LOOK_AGAIN_SECONDS = 5.0


class Scorer:
    """The classifier in use, loaded once and shared by all threads of the process.

    Parameters
    ----------
    prior
        Share of spam among arrivals, 0…1; None for what was saved, or the classifier's own.
    hold, spam_from
        Thresholds in force whatever was saved; None for those that follow from the costs.
    """

    def __init__(
        self, prior: float | None = None, hold: float | None = None, spam_from: float | None = None
    ) -> None:
        self.given = Given(prior, hold, spam_from)
        self.is_behind = False
        self._classifier: spam.Classifier | None = None
        self._terms = derived(Costs(), None, self.given)
        self._loaded: Loaded | None = None
        self._looked_at = float("-inf")
        self._asked, self._answered = 0, 0
        self._looking = threading.Lock()

    def look_again(self) -> None:
        """Somebody decided: the next comment is scored by what was learned from that."""
        self._asked += 1

    @property
    def classifier(self) -> spam.Classifier | None:
        """The active classifier, or None when there is none that can be used."""
        # Whoever comes while nothing is loaded yet waits for the first look; later ones go on with what is there.
        if self._is_due() and self._looking.acquire(blocking=self._classifier is None):
            try:
                if self._is_due():
                    asked = self._asked  # whoever asks while we look wants another look
                    self._look()
                    self._looked_at, self._answered = time.monotonic(), asked
            finally:
                self._looking.release()
        return self._classifier

    @property
    def terms(self) -> Terms:
        """Prior, thresholds and costs in force."""
        _ = self.classifier  # which looks whether there are others
        return self._terms

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds in force."""
        return self._terms.thresholds if self._classifier else CAUTIOUS

    @property
    def under(self) -> str:
        """A name for what comments are judged under, the latest decisions aside: the version and the terms."""
        classifier = self.classifier
        return f"{classifier.version.partition('+')[0]} {self._terms.digest}" if classifier else ""

    @property
    def shift(self) -> float:
        """What the site's prior adds to log-odds as they are stored; 0 while there is no classifier."""
        return log_odds_of(self._terms.prior) if self.classifier else 0.0

    def score(self, candidate: spam.Candidate) -> Score | None:
        """What the classifier says, or None when it cannot say anything."""
        try:
            classifier = self.classifier
            score = classifier.score(candidate, self._terms.prior) if classifier else None
            return score if score and math.isfinite(score.log_odds) else None
        except Exception as error:  # whatever breaks in there, the comment is held, not lost
            log.error("scoring failed", kind=type(error).__name__)
            return None

    def explain(self, candidate: spam.Candidate) -> Explanation | None:
        """Why the classifier says so, or None when it cannot say anything."""
        try:
            classifier = self.classifier
            return classifier.explain(candidate, self._terms.prior) if classifier else None
        except Exception as error:
            log.error("explaining failed", kind=type(error).__name__)
            return None

    def _is_due(self) -> bool:
        return self._asked != self._answered or time.monotonic() - self._looked_at > _LOOK_AGAIN_SECONDS

    def _look(self) -> None:
        wanted = active_digests()
        if wanted is None:
            self._classifier, self._loaded, self.is_behind = None, None, False
            return
        if self._loaded is None or self._loaded.digests != wanted:
            self._loaded = _loaded(wanted) or self._loaded or _loaded((wanted[0], ""))
        if self._loaded is None:
            return
        self.is_behind = self._loaded.digests != wanted
        terms = in_force(self.given, self._loaded.prior)
        self._classifier, self._terms = _with_latest(self._loaded, terms.bar), terms


def _loaded(digests: tuple[str, str]) -> Loaded | None:
    """What the rows hold, or None where that is torn or foreign: what was in use stays in use then, or the base."""
    try:
        return Loaded(digests)
    except SQLAlchemyError:
        raise
    except Exception as error:  # whatever numbers of a stranger make the libraries say
        log.error("classifier refused", kind=type(error).__name__, why=str(error))
        return None


def _with_latest(loaded: Loaded, bar: Bar) -> spam.Classifier:
    """The classifier with what the latest decisions say; without, where nothing can be learned from them."""
    try:
        return loaded.with_latest(bar)
    except SQLAlchemyError:
        raise
    except Exception as error:
        log.error("the latest decisions taught nothing", kind=type(error).__name__)
        return loaded.plain


class Loaded:
    """Base and site as they were read, and the fast layer on top of them, fitted when the labels have changed."""

    def __init__(self, digests: tuple[str, str]) -> None:
        self.digests = digests
        base, site = digests
        self._base = _light(base)
        self._site = _light(site) if site else None
        self.prior = self._base.prior
        self.plain = spam.Classifier(self._base, self._site)
        self._made_of: tuple[tuple[int, ...], float, float] = ((), 0.0, 0.0)
        self._with_latest = self.plain
        log.debug("classifier loaded", version=self.plain.version)

    def with_latest(self, bar: Bar) -> spam.Classifier:
        """The classifier with what the latest decisions say."""
        # Read before the labels: decisions made in between are then known by a later number at the next look.
        sequence = db.session.scalar(select(func.max(Decision.id))) or 0
        made_of = (labels.latest_ids(MOST_LABELS), bar.hold, bar.spam)
        if made_of != self._made_of:
            self._with_latest = self.with_labels(latest(MOST_LABELS), sequence, bar)
            self._made_of = made_of
        return self._with_latest

    def with_labels(self, known: Known, sequence: int, bar: Bar) -> spam.Classifier:
        """The classifier with what these labels say."""
        if not len(known):
            return self.plain
        named = [
            (str(decision).encode(), row, bool(is_spam))
            for decision, row, is_spam in zip(
                known.decisions, known.labels.kept.rows(), known.labels.is_spam, strict=True
            )
        ]
        weights, bias = self._latest.fitted(named, self._champions(known.labels.kept))
        return self.plain.with_fast(Fast(sequence, weights, bias, bar.hold, bar.spam))

    @cached_property
    def _latest(self) -> LatestDecisions:
        """What fits the fast layer; made with the first label, for it takes half of the classifier's memory."""
        anchors = artefacts.from_bytes(_artefact(self.digests[0])).anchors
        replayed = anchors.kept.chosen(np.arange(len(anchors)) < MOST_ANCHORS)
        return LatestDecisions(anchors, self._champions(replayed))

    def _champions(self, kept: Kept) -> Floats:
        """Log-odds that the champion gives kept rows."""
        said = log_odds(self._base, kept)
        return said if self._site is None else said + log_odds(self._site, kept)


def active_digests() -> tuple[str, str] | None:
    """Digests of the base in use and of the site's correction of exactly this base, "" where there is none."""
    rows = db.session.execute(
        select(
            ClassifierVersion.kind,
            ClassifierVersion.version,
            ClassifierVersion.sha256,
            ClassifierVersion.metrics,
        ).where(ClassifierVersion.active)
    ).all()
    base = next((row for row in rows if row.kind is Kind.BASE), None)
    if base is None:
        return None
    site = next((row for row in rows if row.kind is Kind.SITE), None)
    return base.sha256, site.sha256 if site and site.metrics.get("base") == base.version else ""


class _Parsed:
    """What the latest artefacts hold: a new version of the site's own stands on a base that was read already."""

    latest: Mapping[str, artefacts.Learned] = {}


def _light(digest: str) -> artefacts.Learned:
    """What scores of the artefact of this digest, which is looked at anew each time.

    Raises
    ------
    BadArtefact
    """
    artefact, latest = _artefact(digest), _Parsed.latest
    found = latest.get(digest) or artefacts.from_bytes(artefact).light
    others = [(name, each) for name, each in latest.items() if name != digest]
    _Parsed.latest = {**dict(others[-2:]), digest: found}
    return found


def _artefact(digest: str) -> bytes:
    artefact = db.session.scalar(select(ClassifierVersion.artefact).where(ClassifierVersion.sha256 == digest))
    if hashlib.sha256(artefact or b"").hexdigest() != digest:
        raise spam.BadArtefact("its digest does not match")
    return artefact or b""
