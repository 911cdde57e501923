"""Which classifier is in use, and what it says of a comment.

The truth is in the table: each process keeps the loaded classifier and asks every few seconds whether another
version became active. A scorer that is missing or broken never stops a comment: it says nothing, and the
policy holds.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from datetime import datetime

import structlog
from sqlalchemy import select

from models import ClassifierVersion, db, writing
from models.classifier import Kind
from moderation import spam
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
        Share of spam among arrivals, 0…1; None for the classifier's own.
    """

    def __init__(self, prior: float | None = None) -> None:
        self.prior = prior
        self._classifier: spam.Classifier | None = None
        self._sha256 = ""
        self._looked_at = float("-inf")
        self._looking = threading.Lock()

    @property
    def classifier(self) -> spam.Classifier | None:
        """The active classifier, or None when there is none that can be used."""
        # Whoever comes while nothing is loaded yet waits for the first look; later ones go on with what is there.
        if self._is_due() and self._looking.acquire(blocking=self._classifier is None):
            try:
                if self._is_due():
                    self._look()
                    self._looked_at = time.monotonic()
            finally:
                self._looking.release()
        return self._classifier

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds of the classifier in use."""
        return self._classifier.thresholds if self._classifier else CAUTIOUS

    @property
    def shift(self) -> float:
        """What the site's prior adds to log-odds as they are stored; 0 while there is no classifier."""
        classifier = self.classifier
        if classifier is None:
            return 0.0
        prior = classifier.prior if self.prior is None else self.prior
        return math.log(prior / (1.0 - prior))

    def score(self, candidate: spam.Candidate) -> Score | None:
        """What the classifier says, or None when it cannot say anything."""
        try:
            classifier = self.classifier
            score = classifier.score(candidate, self.prior) if classifier else None
            return score if score and math.isfinite(score.log_odds) else None
        except Exception as error:  # whatever breaks in there, the comment is held, not lost
            log.error("scoring failed", kind=type(error).__name__)
            return None

    def explain(self, candidate: spam.Candidate) -> Explanation | None:
        """Why the classifier says so, or None when it cannot say anything."""
        try:
            classifier = self.classifier
            return classifier.explain(candidate, self.prior) if classifier else None
        except Exception as error:
            log.error("explaining failed", kind=type(error).__name__)
            return None

    def _is_due(self) -> bool:
        return time.monotonic() - self._looked_at > _LOOK_AGAIN_SECONDS

    def _look(self) -> None:
        row = db.session.execute(
            select(ClassifierVersion.version, ClassifierVersion.sha256)
            .where(ClassifierVersion.active)
            .order_by(ClassifierVersion.kind.desc())
        ).first()
        if row is None:
            self._classifier, self._sha256 = None, ""
        elif row.sha256 != self._sha256:
            self._load(row.version)

    def _load(self, version: str) -> None:
        """A torn or foreign artefact is refused, and what was in use stays in use."""
        row = db.session.execute(
            select(ClassifierVersion.artefact, ClassifierVersion.sha256).where(
                ClassifierVersion.version == version
            )
        ).one()
        try:
            artefact = row.artefact or b""
            if hashlib.sha256(artefact).hexdigest() != row.sha256:
                raise spam.BadArtefact("its digest does not match")
            self._classifier, self._sha256 = spam.Classifier.from_bytes(artefact), row.sha256
            log.debug("classifier loaded", version=version)
        except spam.BadArtefact as error:
            log.error("classifier refused", version=version, why=str(error))


def install_base(now: datetime) -> str:
    """Read the shipped classifier in and make it the active base, if it is not; returns its version."""
    artefact = spam.base_bytes()
    classifier = spam.Classifier.from_bytes(artefact)
    with writing() as session:
        rows = session.scalars(select(ClassifierVersion).where(ClassifierVersion.kind == Kind.BASE)).all()
        ours = next((row for row in rows if row.version == classifier.version), None)
        for row in rows:
            row.active = row is ours
        session.flush()  # the former one steps down before the new one steps up
        if ours is None:
            ours = ClassifierVersion(version=classifier.version, kind=Kind.BASE, created_at=now)
            session.add(ours)
        ours.artefact, ours.sha256 = artefact, hashlib.sha256(artefact).hexdigest()
        ours.hold_threshold, ours.spam_threshold = classifier.thresholds.hold, classifier.thresholds.spam
        ours.active = True
    return classifier.version
