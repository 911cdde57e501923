"""what a decision on a campaign names"""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

_MEMBERS = ['campaign_id', 'taken_out', 'waits', 'comment_id']


def upgrade() -> None:
    op.add_column('likeness', sa.Column('version', sa.Integer(), server_default='1', nullable=False))
    its_version = 'SELECT version FROM comment WHERE comment.id = likeness.comment_id'
    op.execute(f'UPDATE likeness SET version = ({its_version}) WHERE waits AND version <> ({its_version})')
    _indexed_anew([*_MEMBERS, 'version'])


def downgrade() -> None:
    _indexed_anew(_MEMBERS)
    with op.batch_alter_table('likeness') as likeness:
        likeness.drop_column('version')


def _indexed_anew(columns: list[str]) -> None:
    op.drop_index('ix_likeness_members', table_name='likeness')
    only = sa.text('campaign_id IS NOT NULL')
    op.create_index('ix_likeness_members', 'likeness', columns, unique=False, sqlite_where=only, postgresql_where=only)
