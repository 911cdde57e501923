"""moderators side by side"""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('claim',
    sa.Column('comment_id', sa.Integer(), nullable=False),
    sa.Column('moderator_id', sa.Integer(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_claim_comment_id_comment')),
    sa.ForeignKeyConstraint(['moderator_id'], ['moderator.id'], name=op.f('fk_claim_moderator_id_moderator')),
    sa.PrimaryKeyConstraint('comment_id', name=op.f('pk_claim'))
    )
    op.create_index(op.f('ix_claim_moderator_id'), 'claim', ['moderator_id'])
    op.create_index(op.f('ix_claim_until'), 'claim', ['until'])
    op.create_table('note',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=False),
    sa.Column('moderator_id', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('taken_back_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_note_comment_id_comment')),
    sa.ForeignKeyConstraint(['moderator_id'], ['moderator.id'], name=op.f('fk_note_moderator_id_moderator')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_note'))
    )
    op.create_index(op.f('ix_note_comment_id'), 'note', ['comment_id'])
    # Added without a rebuild of the table: on SQLite that would copy every comment.
    op.add_column('comment', sa.Column('is_ours', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index('ix_comment_of_article', 'comment', ['article_id', 'status', 'id'])


def downgrade() -> None:
    op.drop_index('ix_comment_of_article', table_name='comment')
    op.drop_column('comment', 'is_ours')
    op.drop_table('note')
    op.drop_table('claim')
