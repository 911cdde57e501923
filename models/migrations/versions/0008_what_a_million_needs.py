"""what a million comments need"""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

_COUNTS = ('approved_count', 'held_count', 'spam_count', 'rejected_count', 'check_count')
_PROPOSED = 'proposal IS NOT NULL'


def upgrade() -> None:
    op.create_table('tally',
    sa.Column('share', sa.Integer(), autoincrement=False, nullable=False),
    *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
    sa.PrimaryKeyConstraint('share', name=op.f('pk_tally'))
    )
    names, sums = ', '.join(_COUNTS), ', '.join(f'sum({name})' for name in _COUNTS)
    op.execute(f'INSERT INTO tally (share, {names}) SELECT id % 16, {sums} FROM article GROUP BY id % 16')
    op.drop_index('ix_article_counts', table_name='article')
    op.drop_index('ix_comment_proposal', table_name='comment')
    op.create_index('ix_comment_proposal', 'comment', ['id', 'proposal'], unique=False, sqlite_where=sa.text(_PROPOSED), postgresql_where=sa.text(_PROPOSED))


def downgrade() -> None:
    op.drop_index('ix_comment_proposal', table_name='comment')
    op.create_index('ix_comment_proposal', 'comment', ['proposal', 'id'], unique=False, sqlite_where=sa.text(_PROPOSED), postgresql_where=sa.text(_PROPOSED))
    op.create_index('ix_article_counts', 'article', ['held_count', 'spam_count', 'rejected_count', 'approved_count', 'check_count'])
    op.drop_table('tally')
