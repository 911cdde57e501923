"""What a process that serves does beside answering: the sweeps, and learning in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from models import db
from moderation import health, learning
from moderation.intake.rehearsal import rehearse
from moderation.parts import parts
from moderation.settings import Settings
from moderation.sweeps import Sweep, Sweeper, retention
from moderation.threads import ErasedPages


@contextmanager
def background(app: Flask, settings: Settings) -> Iterator[None]:
    """Do it while the block runs, which is within the app's context. Of several processes one does what is shared."""
    learner, scorer = learning.Learner(settings), parts().scorer
    again = Sweep("held comments looked at again", lambda now: learning.look_again(scorer, now))
    kept = Sweep("figures kept", lambda now: learning.keep_figures(scorer, now))
    everywhere = (
        Sweep("rendered pages dropped", ErasedPages(parts().shelf).drop),
        Sweep("Redis looked after", health.look_after_redis),
        Sweep("a comment rehearsed", lambda _now: rehearse(scorer)),
    )
    more = (Sweep("learning", learner.sweep), again, kept, *retention(settings))
    sweeper = Sweeper(app, more=more, own=everywhere)
    sweeper.start()
    try:
        yield
    finally:
        sweeper.stop()
        learner.stop()
        db.engine.dispose()
