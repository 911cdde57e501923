"""what finding needs"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('campaign',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('latest_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('waiting', sa.Integer(), nullable=False),
    sa.Column('merged_into_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['merged_into_id'], ['campaign.id'], name=op.f('fk_campaign_merged_into_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign'))
    )
    op.create_index('ix_campaign_waiting', 'campaign', ['waiting', 'id'], unique=False, sqlite_where=sa.text('waiting >= 3'), postgresql_where=sa.text('waiting >= 3'))
    op.create_table('likeness',
    sa.Column('comment_id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=True),
    sa.Column('waits', sa.Boolean(), nullable=False),
    sa.Column('taken_out', sa.Boolean(), nullable=False),
    sa.Column('sketch', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_likeness_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_likeness_comment_id_comment')),
    sa.PrimaryKeyConstraint('comment_id', name=op.f('pk_likeness'))
    )
    op.create_index('ix_likeness_members', 'likeness', ['campaign_id', 'taken_out', 'waits', 'comment_id'], unique=False)
    op.create_index('ix_likeness_sketched', 'likeness', ['comment_id'], unique=False, sqlite_where=sa.text('sketch IS NOT NULL'), postgresql_where=sa.text('sketch IS NOT NULL'))
    op.create_table('likeness_place',
    sa.Column('place', sa.BigInteger(), nullable=False),
    sa.Column('slot', sa.SmallInteger(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('place', 'slot', name=op.f('pk_likeness_place')),
    sqlite_with_rowid=False
    )
    if op.get_bind().dialect.name == 'sqlite':
        op.execute("CREATE VIRTUAL TABLE comment_search USING fts5(text, name, host, article, tokenize='unicode61')")
    else:
        op.execute('CREATE TABLE comment_search (comment_id INTEGER NOT NULL CONSTRAINT pk_comment_search PRIMARY KEY, document TSVECTOR NOT NULL)')
        op.execute('CREATE INDEX ix_comment_search_document ON comment_search USING gin (document)')
    last = op.get_bind().execute(sa.text('SELECT max(id) FROM comment')).scalar()
    if last:
        figure = sa.table('figure', sa.column('name', sa.String), sa.column('value', sa.JSON), sa.column('made_at', sa.DateTime(timezone=True)))
        op.bulk_insert(figure, [{'name': 'to index', 'value': {'after': 0, 'last': last}, 'made_at': datetime(1970, 1, 1, tzinfo=UTC)}])


def downgrade() -> None:
    op.execute('DROP TABLE comment_search')
    op.execute("DELETE FROM figure WHERE name IN ('to index', 'search to scrub')")
    op.drop_table('likeness_place')
    op.drop_index('ix_likeness_sketched', table_name='likeness')
    op.drop_index('ix_likeness_members', table_name='likeness')
    op.drop_table('likeness')
    op.drop_index('ix_campaign_waiting', table_name='campaign')
    op.drop_table('campaign')
