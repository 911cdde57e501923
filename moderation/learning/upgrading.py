"""A new base steps in: labels are made for its feature map, the champion is learned anew, then both take over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from models import ClassifierVersion, writing
from models.classifier import Kind
from moderation import spam
from moderation.errors import Refused
from moderation.learning import labels, versions
from moderation.learning.champion import Champion, learned_on
from moderation.learning.progress import learning_alone
from moderation.learning.terms import Given, in_force
from moderation.spam import artefact as artefacts

Tell = Callable[[str], None]


def install_base(now: datetime, given: Given | None = None, tell: Tell | None = None) -> str:
    """Read the shipped classifier in and make it the active base, if it is not; returns its version.

    Where another base was in use and the site had learned on top of it, the site's labels are made anew for the new
    one as far as their texts are still there, and a correction of the new base takes over together with it, if it
    passes the gate.

    Parameters
    ----------
    tell
        Told in sentences what became of labels and champion.
    """
    artefact = spam.base_bytes()
    with writing() as session:
        before = versions.active(Kind.BASE)
        row, classifier = versions.put_base(artefact, now)
        session.flush()
        if before is None or before.id == row.id:
            versions.step_up(row)
            return classifier.version
    _take_over(row.id, artefact, now, given or Given(), tell or (lambda _sentence: None))
    return classifier.version


def _take_over(row_id: int, artefact: bytes, now: datetime, given: Given, tell: Tell) -> None:
    learned = artefacts.from_bytes(artefact)
    champion = Champion(learned, spam.Classifier(learned).version)
    with learning_alone(now) as at_work:
        caught_up = labels.catch_up(spam.Classifier(learned))
        if caught_up.made or caught_up.dropped:
            tell(f"{caught_up.made} labels made for the new classifier; {caught_up.dropped} dropped.")
        try:
            challenger = learned_on(champion, in_force(given, learned.prior), at_work)
        except Refused as error:
            challenger = None
            tell(f"The new classifier works alone for now. {error}")
    with writing() as session:
        versions.step_up(session.get_one(ClassifierVersion, row_id))
        versions.step_down(Kind.SITE)
        if challenger is not None:
            version = challenger.stored(now, None)
            for reason in challenger.judgement.reasons:
                tell(f"The new classifier works alone for now: {version} was refused. {reason}")
