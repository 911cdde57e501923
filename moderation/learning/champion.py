"""Challenger and champion: a correction learned from all labels, in use only if it is better than what is.

Judged is a twin that has not seen the latest decisions, on exactly these; what is promoted then has learned from
them as well. Nothing here runs in the web process: the sweep starts a process of its own, at the lowest priority.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import structlog
from sqlalchemy import func, select

from models import ClassifierVersion, Decision, db, writing
from models.classifier import Kind
from moderation import spam
from moderation.errors import Refused
from moderation.learning import labels, versions
from moderation.learning.known import Known, everything
from moderation.learning.progress import Learning, learning_alone
from moderation.learning.terms import Given, Terms, in_force
from moderation.spam import artefact as artefacts
from moderation.spam import gate
from moderation.spam.artefact import Learned
from moderation.spam.correction import Correcting, Floats, Mask, log_odds
from moderation.spam.innocent import innocent
from moderation.spam.kept import Kept

log = structlog.get_logger("gatepost.learning")

FEWEST = 20
"""Labels without which nothing is learned for good; the fast layer works from the first."""

_MOST_JUDGED = 2000
_AT_WORK_SECONDS = 90 * 86_400
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a challenger: its version, what the gate said, and how many labels it learned from."""

    version: str
    judgement: gate.Judgement
    learned_from: int
    caught_up: labels.CaughtUp

    @property
    def is_promoted(self) -> bool:
        """Whether it is the champion now."""
        return self.judgement.passes


@dataclass(frozen=True, slots=True)
class Champion:
    """What is in use: the base, the site's correction if there is one, and until where that learned."""

    base: Learned
    base_version: str
    site: Learned | None = None
    version: str = ""
    until: int = 0
    imported_until: int = 0

    def says(self, kept: Kept) -> Floats:
        """Its log-odds of kept rows."""
        return said_by(self.base, self.site, kept)


def said_by(base: Learned, site: Learned | None, kept: Kept) -> Floats:
    """Log-odds of kept rows by a base and its correction."""
    said = log_odds(base, kept)
    return said if site is None else said + log_odds(site, kept)


def learn(
    now: datetime, given: Given | None = None, by: int | None = None, progress: Progress | None = None
) -> Attempt:
    """Learn from all labels, and promote what was learned if it passes the gate.

    Parameters
    ----------
    given
        What the environment sets of prior and thresholds.
    by
        Who asked for it; None for the sweep.
    progress
        Told the stage in words, and how much of the whole is done, 0…1.

    Raises
    ------
    Refused
        There are too few labels, or no new ones, or another process is at it.
    """
    with learning_alone(now, progress) as at_work:
        return at_work.undisturbed(lambda: _attempt(now, given or Given(), by, at_work))


def replace_withdrawn(
    now: datetime, given: Given | None = None, progress: Progress | None = None
) -> str | None:
    """Where the champion had learned from what was erased since, learn it anew from what is left of its labels.

    It passed the gate with these labels and one more, so only the guard set is asked again.

    Returns
    -------
    str or None
        The new champion's version; None where there is none to replace, or nothing left to learn from.
    """
    former = versions.to_replace()
    if former is None:
        return None
    with learning_alone(now, progress) as at_work:
        return at_work.undisturbed(lambda: _replaced(former.id, now, given or Given(), at_work))


def in_use() -> Champion:
    """The champion, read from its rows.

    Raises
    ------
    Refused
        There is no base.
    """
    base = versions.active(Kind.BASE)
    if base is None or base.artefact is None:
        raise Refused("There is no base classifier in use. Run `flask init` first.")
    try:
        learned = artefacts.from_bytes(base.artefact)
    except spam.BadArtefact:
        raise Refused("The base classifier in use is not this Gatepost's. Run `flask init` first.") from None
    site = versions.active(Kind.SITE)
    if site is None or site.artefact is None or site.metrics.get("base") != base.version:
        return Champion(learned, base.version)
    until, imported = (int(site.metrics.get(name, 0)) for name in ("until", "imported_until"))
    return Champion(learned, base.version, artefacts.from_bytes(site.artefact), site.version, until, imported)


def base_in_use() -> spam.Classifier:
    """The base alone, which makes rows of texts.

    Raises
    ------
    Refused
        There is none.
    """
    return spam.Classifier(in_use().base)


def _attempt(now: datetime, given: Given, by: int | None, at_work: Learning) -> Attempt:
    champion = in_use()
    at_work.tells("reading labels", 0.0)
    caught_up = labels.catch_up(spam.Classifier(champion.base))
    challenger = learned_on(champion, in_force(given, champion.base.prior), at_work)
    with writing():
        at_work.refuse_if_disturbed()
        version = challenger.stored(now, by)
    log.info("challenger judged", version=version, promoted=challenger.judgement.passes)
    return Attempt(version, challenger.judgement, len(challenger.known), caught_up)


def _replaced(former_id: int, now: datetime, given: Given, at_work: Learning) -> str | None:
    former, champion = db.session.get_one(ClassifierVersion, former_id), in_use()
    sequence, known = _read()
    until, imported = (int(former.metrics.get(name, 0)) for name in ("until", "imported_until"))
    known = known.chosen((known.decisions <= until) & (known.imported <= imported))
    at_work.tells(f"learning from {len(known)} labels", 0.2)
    learned = Correcting(champion.base, known.labels).learned(progress=at_work.between(0.2, 0.9))
    held = newly_held(champion, learned, in_force(given, champion.base.prior).bar.hold)
    is_usable = len(known) >= FEWEST and not held and former.metrics.get("base") == champion.base_version
    with writing() as session:
        at_work.refuse_if_disturbed()
        versions.alone(Kind.SITE)
        row = session.get_one(ClassifierVersion, former_id)
        row.metrics = {**row.metrics, "to_replace": False}
        if (
            not is_usable or versions.active(Kind.SITE) is not None
        ):  # somebody put another one to use meanwhile
            return None
        told = {
            "base": champion.base_version,
            "instead_of": row.version,
            "until": until,
            "imported_until": imported,
            "sequence": sequence,
            "labels": told_of(known),
            "judgement": row.metrics.get("judgement"),
            "replaces": row.version,
        }
        return versions.put_site(learned, told, now, None, is_promoted=True)


@dataclass(frozen=True, slots=True)
class Challenger:
    """What was learned and judged, and is not stored yet."""

    champion: Champion
    learned: Learned
    known: Known
    judgement: gate.Judgement
    sequence: int

    def stored(self, now: datetime, by: int | None) -> str:
        """Keep it, in use if it passed; part of the caller's transaction. Returns its version."""
        return versions.put_site(self.learned, self._metrics(), now, by, is_promoted=self.judgement.passes)

    def _metrics(self) -> dict[str, Any]:
        return {
            "base": self.champion.base_version,
            "instead_of": self.champion.version or self.champion.base_version,
            "until": self.known.until,
            "imported_until": self.known.imported_until,
            "sequence": self.sequence,
            "labels": told_of(self.known),
            "judgement": self.judgement.told(),
        }


def learned_on(champion: Champion, terms: Terms, at_work: Learning) -> Challenger:
    """Learn a challenger for this champion, and judge it.

    Raises
    ------
    Refused
        There are too few labels, or no new ones.
    """
    sequence, known = _read()
    is_late = _late(known, champion)
    correcting = Correcting(champion.base, known.labels)
    at_work.tells(f"learning from {len(known) - int(is_late.sum())} labels", 0.2)
    twin = correcting.learned(is_late, at_work.between(0.2, 0.5))
    at_work.tells(f"judging by {int(is_late.sum())} decisions", 0.5)
    judgement = _judged(champion, twin, known, is_late, terms)
    at_work.tells(f"learning from {len(known)} labels", 0.6)
    whole = twin
    if judgement.passes:
        whole = correcting.learned(progress=at_work.between(0.6, 0.95))
        judgement = gate.refused(judgement, newly_held(champion, whole, terms.bar.hold))
    at_work.tells("done", 1.0)
    return Challenger(champion, whole, known, judgement, sequence)


def newly_held(champion: Champion, site: Learned, hold: float) -> list[str]:
    """Texts of the guard set that a correction would hold and the champion does not."""
    judge = spam.Classifier(champion.base)
    texts = [text for texts in innocent().values() for text in texts]
    kept = Kept.joined([judge.kept(spam.Candidate(text)) for text in texts])
    before, after = champion.says(kept), said_by(champion.base, site, kept)
    return [text for text, was, is_now in zip(texts, before, after, strict=True) if was < hold <= is_now]


def told_of(known: Known) -> dict[str, Any]:
    """How many labels of which kind, and a name for exactly these: their rows and classes in their order."""
    is_spam = known.labels.is_spam
    digest = hashlib.sha256(is_spam.tobytes())
    for part in (known.labels.kept.lengths, known.labels.kept.steps, known.labels.kept.signals):
        digest.update(part.tobytes())
    return {
        "ham": int((~is_spam).sum()),
        "spam": int(is_spam.sum()),
        "imported": int((known.imported > 0).sum()),
        "left_out": known.left_out,
        "sha256": digest.hexdigest(),
    }


def _read() -> tuple[int, Known]:
    """All labels, and the latest decision of anybody: what stood at that time can be told from the histories."""
    sequence = db.session.scalar(select(func.max(Decision.id))) or 0
    known = everything()
    return max(sequence, known.until), known  # a decision may have come in between


def _late(known: Known, champion: Champion) -> Mask:
    """The latest labels that neither side has seen, to judge by; the others are learned from.

    Raises
    ------
    Refused
    """
    if len(known) < FEWEST:
        raise Refused(
            f"There are {len(known)} labels; {FEWEST} are needed before anything is learned for good."
        )
    is_fresh = (known.decisions > champion.until) | (known.imported > champion.imported_until)
    fresh = np.flatnonzero(is_fresh)
    if not len(fresh):
        raise Refused("There are no new labels since the last time.")
    judged = min(_MOST_JUDGED, max(len(fresh) // 2, min(gate.ENOUGH, len(fresh))), len(known) - 1)
    is_late = np.zeros(len(known), dtype=bool)
    is_late[fresh[-judged:]] = True
    return is_late


def _judged(champion: Champion, twin: Learned, known: Known, is_late: Mask, terms: Terms) -> gate.Judgement:
    late = known.chosen(is_late)
    case = gate.Case(
        champion.says(late.labels.kept),
        said_by(champion.base, twin, late.labels.kept),
        late.labels.is_spam,
        late.people,
        late.chances,
    )
    return gate.judge(case, terms.bar, newly_held(champion, twin, terms.bar.hold), _at_work(known))


def _at_work(known: Known) -> list[int]:
    """Who has decided in number lately."""
    is_recent = known.times >= known.times.max(initial=0.0) - _AT_WORK_SECONDS
    people, counts = np.unique(known.people[is_recent & (known.people > 0)], return_counts=True)
    return [int(each) for each in people[counts >= gate.ENOUGH]]
