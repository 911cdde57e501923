"""what learning needs"""

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('figure',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_figure'))
    )
    op.create_table('imported_label',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.Enum('ham', 'spam', name='imported_class', native_enum=False, create_constraint=True, length=16), nullable=False),
    sa.Column('feature_map', sa.Integer(), nullable=False),
    sa.Column('features', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_imported_label_event_id_event')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imported_label')),
    sa.UniqueConstraint('digest', name=op.f('uq_imported_label_digest'))
    )
    with op.batch_alter_table('imported_label', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_imported_label_event_id'), ['event_id'], unique=False)

    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.add_column(sa.Column('check_count', sa.Integer(), nullable=False, server_default='0'))
        batch_op.drop_index(batch_op.f('ix_article_counts'))
        batch_op.create_index('ix_article_counts', ['held_count', 'spam_count', 'rejected_count', 'approved_count', 'check_count'], unique=False)

    with op.batch_alter_table('classifier', schema=None) as batch_op:
        batch_op.add_column(sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('check_chance', sa.Double(), nullable=True))
        batch_op.add_column(sa.Column('judged_under', sa.String(length=32), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('proposal', sa.Enum('approve', 'hold', 'spam', 'reject', name='proposal', native_enum=False, create_constraint=True, length=16), nullable=True))
        batch_op.create_index('ix_comment_arrived_at', ['arrived_at'], unique=False)
        batch_op.create_index('ix_comment_check', ['id'], unique=False, sqlite_where=sa.text('check_chance IS NOT NULL'), postgresql_where=sa.text('check_chance IS NOT NULL'))
        batch_op.create_index('ix_comment_proposal', ['proposal', 'id'], unique=False, sqlite_where=sa.text('proposal IS NOT NULL'), postgresql_where=sa.text('proposal IS NOT NULL'))

    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.create_index('ix_decision_decided_at', ['decided_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.drop_index('ix_decision_decided_at')

    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.drop_index('ix_comment_proposal', sqlite_where=sa.text('proposal IS NOT NULL'), postgresql_where=sa.text('proposal IS NOT NULL'))
        batch_op.drop_index('ix_comment_check', sqlite_where=sa.text('check_chance IS NOT NULL'), postgresql_where=sa.text('check_chance IS NOT NULL'))
        batch_op.drop_index('ix_comment_arrived_at')
        batch_op.drop_constraint(op.f('ck_comment_proposal'), type_='check')
        batch_op.drop_column('proposal')
        batch_op.drop_column('judged_under')
        batch_op.drop_column('check_chance')

    with op.batch_alter_table('classifier', schema=None) as batch_op:
        batch_op.drop_column('withdrawn_at')

    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.drop_index('ix_article_counts')
        batch_op.create_index(batch_op.f('ix_article_counts'), ['held_count', 'spam_count', 'rejected_count', 'approved_count'], unique=False)
        batch_op.drop_column('check_count')

    with op.batch_alter_table('imported_label', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_imported_label_event_id'))

    op.drop_table('imported_label')
    op.drop_table('figure')
