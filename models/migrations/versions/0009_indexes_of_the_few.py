"""indexes of the few rows that have what they are of"""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

_INDEXES = {
    'ix_comment_parent_id': ('comment', ['parent_id']),
    'ix_contact_address_until': ('contact', ['address_until']),
    'ix_contact_token_fingerprint': ('contact', ['token_fingerprint']),
    'ix_contact_token_until': ('contact', ['token_until']),
    'ix_decision_batch': ('decision', ['batch']),
    'ix_likeness_members': ('likeness', ['campaign_id', 'taken_out', 'waits', 'comment_id']),
}


def upgrade() -> None:
    for name, (table, columns) in _INDEXES.items():
        op.drop_index(name, table_name=table)
        only = sa.text(f'{columns[0]} IS NOT NULL')
        op.create_index(name, table, columns, unique=False, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name, (table, columns) in _INDEXES.items():
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns, unique=False)
