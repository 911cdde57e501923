"""The app for whoever changes tables: `flask --app moderation.migrating db migrate`; serving needs no alembic."""

from flask import Flask

from models.schema import migrator
from moderation import app as house
from moderation.errors import Misconfigured


def create_app() -> Flask:
    """The app that `wsgi` serves, known to alembic."""
    try:
        app = house.create_app()
    except Misconfigured as error:
        raise SystemExit(f"Gatepost cannot start. {error}") from None
    with app.app_context():
        migrator(app)
    return app
