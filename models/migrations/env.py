"""Runs the migrations on the app's own engine.

Three things differ from what alembic generates: loggers are left alone; foreign keys are off on SQLite while
tables are rebuilt (a rebuilt parent would otherwise empty its children by cascade) and checked before they are
on again; and SQLite migrates inside one real transaction, so that a killed migration leaves nothing behind.
"""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection

database = current_app.extensions["migrate"].db


def migrate() -> None:
    with database.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw = connection.connection.dbapi_connection
        if sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            _run(connection.execution_options(write=True), sqlite)
        finally:
            if sqlite:
                raw.execute("PRAGMA foreign_keys=ON")


def _run(connection: Connection, sqlite: bool) -> None:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        transaction_per_migration=False,
        transactional_ddl=True,
        render_item=_render,
        include_name=_is_ours,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(
                "The migration would have left rows without their parent; nothing was changed."
            )


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The search's tables are made by SQL that alembic does not know, and are left out of comparisons."""
    return not (kind == "table" and name is not None and name.startswith("comment_search"))


def _render(kind: str, item: object, _context: object) -> str | bool:
    """A migration stands on its own: our column types are written as what they are to the database."""
    return "sa.DateTime(timezone=True)" if kind == "type" and type(item).__name__ == "Moment" else False


migrate()
