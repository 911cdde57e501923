"""Joins the parts: settings, database, keys, classifier, limits, pages and commands become one Flask app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from models import connect_options, db, leave, prepare
from moderation import cli, logs, slow
from moderation import settings as knobs
from moderation.parts import Parts
from moderation.settings import Settings
from moderation.web import init_web


class _App(Flask):
    """No view and no hook of ours is a coroutine: none of them has to be asked before it is called."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """The application for these settings, or for those of the environment.

    Raises
    ------
    Misconfigured
        With one sentence that says what to change.
    """
    settings = settings or knobs.load()
    logs.configure(settings.log_level)
    app = _App(
        "moderation", template_folder="../templates", static_folder="web/static", static_url_path="/static"
    )
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = connect_options(settings.database, settings.threads)
    db.init_app(app)
    app.teardown_appcontext(leave)  # before the library's own, which would let an error out
    with app.app_context():
        prepare(db.engine, settings.threads)
        slow.watch(db.engine, settings.slow_query_ms)
    app.extensions["gatepost"] = Parts(settings)
    init_web(app, settings)
    cli.register(app, create_app)
    return app
