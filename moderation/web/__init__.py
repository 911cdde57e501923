"""The only place that knows HTTP."""

from __future__ import annotations

from flask import Flask

from moderation.settings import Settings
from moderation.web.answers import init_answers
from moderation.web.desk import init_desk
from moderation.web.finding import FINDING
from moderation.web.guard import init_guard
from moderation.web.limits import init_limits
from moderation.web.operations import operations
from moderation.web.pages import init_pages
from moderation.web.people import init_people
from moderation.web.reader import reader
from moderation.web.scraping import init_scraping
from moderation.web.yours import yours


def init_web(app: Flask, settings: Settings) -> None:
    """Put guard, limits, pages and answers to errors into the app."""
    init_guard(app, settings)
    init_limits(app, settings.redis_url)
    init_pages(app, settings)
    init_answers(app)
    app.register_blueprint(reader)
    app.register_blueprint(yours)
    app.register_blueprint(operations)
    init_scraping(app)
    init_desk(app)
    init_people(app)
    for part in FINDING:
        app.register_blueprint(part)
