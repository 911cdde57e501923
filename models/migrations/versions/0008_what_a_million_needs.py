"""what a million comments need"""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

_COUNTS = ('approved_count', 'held_count', 'spam_count', 'rejected_count', 'check_count')
_PROPOSED = 'proposal IS NOT NULL'
_BY_PEOPLE = 'moderator_id IS NOT NULL'
_UNDATED = 'address_until IS NULL AND sealed_address IS NOT NULL'


def upgrade() -> None:
    op.create_table('tally',
    sa.Column('share', sa.Integer(), autoincrement=False, nullable=False),
    *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
    sa.PrimaryKeyConstraint('share', name=op.f('pk_tally'))
    )
    names, sums = ', '.join(_COUNTS), ', '.join(f'sum({name})' for name in _COUNTS)
    op.execute(f'INSERT INTO tally (share, {names}) SELECT id % 16, {sums} FROM article GROUP BY id % 16')
    op.drop_index('ix_article_counts', table_name='article')
    _indexed_anew('comment', 'ix_comment_proposal', ['id', 'proposal'], _PROPOSED)
    op.create_index('ix_decision_by', 'decision', ['moderator_id', 'comment_id'], unique=False, sqlite_where=sa.text(_BY_PEOPLE), postgresql_where=sa.text(_BY_PEOPLE))
    _indexed_anew('comment', 'ix_comment_old_spam', ['status', 'changed_at'], "status = 'spam'")
    _indexed_anew('contact', 'ix_contact_undated', ['address_until', 'comment_id'], _UNDATED)
    # Nothing that is asked ever used them.
    op.drop_index(op.f('ix_reason_code'), table_name='reason')
    op.drop_index(op.f('ix_session_expires_at'), table_name='session')


def downgrade() -> None:
    _indexed_anew('contact', 'ix_contact_undated', ['comment_id'], _UNDATED)
    _indexed_anew('comment', 'ix_comment_old_spam', ['changed_at'], "status = 'spam'")
    op.create_index(op.f('ix_session_expires_at'), 'session', ['expires_at'], unique=False)
    op.create_index(op.f('ix_reason_code'), 'reason', ['code'], unique=False)
    op.drop_index('ix_decision_by', table_name='decision')
    _indexed_anew('comment', 'ix_comment_proposal', ['proposal', 'id'], _PROPOSED)
    op.create_index('ix_article_counts', 'article', ['held_count', 'spam_count', 'rejected_count', 'approved_count', 'check_count'])
    op.drop_table('tally')


def _indexed_anew(table: str, name: str, columns: list[str], only: str) -> None:
    op.drop_index(name, table_name=table)
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(only), postgresql_where=sa.text(only))
