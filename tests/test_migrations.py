"""Tables change under rows that stay."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import inspect, text

from drills.migrations import differs
from models import db
from models.schema import MIGRATIONS, Shape, migrator, shape
from moderation.app import create_app
from moderation.settings import Settings
from tests.database import database
from tests.people import Person

A_LATER_ONE = '''
"""A parent table is rebuilt."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0999", "{head}"


def upgrade():
    with op.batch_alter_table("article", recreate="auto") as article:
        article.add_column(sa.Column("subtitle", sa.String(40), nullable=False, server_default=""))
        article.alter_column("title", type_=sa.String(400), existing_type=sa.String(300))


def downgrade():
    with op.batch_alter_table("article") as article:
        article.alter_column("title", type_=sa.String(300), existing_type=sa.String(400))
        article.drop_column("subtitle")
'''


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """The migrations, with one more that rebuilds the articles' table."""
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    head = sorted((folder / "versions").glob("[0-9]*.py"))[-1].name[:4]
    (folder / "versions" / "0999_later.py").write_text(A_LATER_ONE.format(head=head))
    return str(folder)


def counted() -> list[int]:
    with db.engine.connect() as connection:
        tables = ("article", "comment", "comment_text", "contact", "decision")
        return [connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables]


def test_rebuilding_a_parent_table_up_down_and_up_again_keeps_every_child(worker, tmp_path, folder) -> None:
    with database(f"{worker}_later", tmp_path) as url:
        app = create_app(Settings(instance=tmp_path, database_url=url, form_min_seconds=0))
        from moderation.privacy import RootKeys
        from tests.conftest import add_article

        RootKeys.create(tmp_path / "root.key")
        with app.app_context():
            migrator(current_app).upgrade()
        add_article(app)
        Person(app, "Ada", "ada@example.org").comment("It sails at seven.")
        with app.app_context():
            db.session.remove()
            before = counted()
            assert min(before) == 1

            migrator(current_app).upgrade(folder)
            with db.engine.connect() as connection:
                assert shape(connection) is Shape.NEWER
            assert counted() == before
            migrator(current_app).downgrade(folder)
            assert counted() == before
            migrator(current_app).upgrade(folder)
            assert counted() == before
            assert "subtitle" in {column["name"] for column in inspect(db.engine).get_columns("article")}
            db.engine.dispose()


@pytest.mark.sqlite
def test_foreign_keys_are_on_again_after_a_migration(app, folder) -> None:
    with app.app_context():
        migrator(current_app).upgrade(folder)
        with db.engine.connect() as connection:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def test_the_migrations_make_exactly_the_tables_of_the_code(app) -> None:
    with app.app_context():
        assert not differs()


def test_a_table_that_differs_from_the_code_would_be_noticed(worker, tmp_path) -> None:
    with database(f"{worker}_stray", tmp_path) as url:
        app = create_app(Settings(instance=tmp_path, database_url=url))
        with app.app_context():
            migrator(current_app).upgrade()
            with db.engine.connect().execution_options(write=True) as connection:
                connection.execute(text("ALTER TABLE article ADD COLUMN stray INTEGER"))
                connection.commit()

            assert differs()
            db.engine.dispose()


def test_the_first_migration_can_be_taken_back(worker, tmp_path) -> None:
    with database(f"{worker}_back", tmp_path) as url:
        app = create_app(Settings(instance=tmp_path, database_url=url))
        with app.app_context():
            migrator(current_app).upgrade()
            migrator(current_app).downgrade(revision="base")
            assert inspect(db.engine).get_table_names() == ["alembic_version"]
            db.engine.dispose()


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005", "0006", "0007"])
def test_p12_a_schema_that_is_gone_back_to_is_the_one_that_was_released(
    worker, tmp_path, revision: str
) -> None:
    """What the drills kill migrations on: a house that was taken back stands for one that is that old."""
    found = []
    for way in ("straight", "back"):
        home = tmp_path / way
        home.mkdir()
        with database(f"{worker}_{way}", home) as url:
            app = create_app(Settings(instance=home, database_url=url))
            with app.app_context():
                if way == "back":
                    migrator(current_app).upgrade()
                    migrator(current_app).downgrade(revision=revision)
                else:
                    migrator(current_app).upgrade(revision=revision)
                found.append(described())
                db.engine.dispose()
    assert found[0] == found[1]


def described() -> dict[str, Any]:
    """Every table with its columns, keys and indexes."""
    eye = inspect(db.engine)
    return {
        table: {
            "columns": {
                (each["name"], str(each["type"]), each["nullable"]) for each in eye.get_columns(table)
            },
            "indexes": {(each["name"], *each["column_names"]) for each in eye.get_indexes(table)},
            "keys": {
                (*each["constrained_columns"], each["referred_table"]) for each in eye.get_foreign_keys(table)
            },
        }
        for table in eye.get_table_names()
        if not table.startswith("comment_search")
    }
