"""what was typed is forgotten"""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_decision_noted', 'decision', ['decided_at'], unique=False, sqlite_where=sa.text("note != ''"), postgresql_where=sa.text("note != ''"))
    op.create_index('ix_reader_report_words', 'reader_report', ['reported_at'], unique=False, sqlite_where=sa.text("words != ''"), postgresql_where=sa.text("words != ''"))
    op.create_index(op.f('ix_note_written_at'), 'note', ['written_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_note_written_at'), table_name='note')
    op.drop_index('ix_reader_report_words', table_name='reader_report')
    op.drop_index('ix_decision_noted', table_name='decision')
