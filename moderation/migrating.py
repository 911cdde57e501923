"""The app for whoever changes tables: `flask --app moderation.migrating db migrate`; serving needs no alembic."""

from flask import Flask

from models.schema import migrator
from moderation import app as house


def create_app() -> Flask:
    """The app that `wsgi` serves, known to alembic."""
    app = house.create_app()
    with app.app_context():
        migrator(app)
    return app
