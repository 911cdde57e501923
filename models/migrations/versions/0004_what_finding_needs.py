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
    op.create_table('rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('trust-reader', 'hold-reader', 'hold-network', 'hold-host', 'spam-host', 'hold-word', name='rule_kind', native_enum=False, create_constraint=True, length=16), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(length=32), nullable=True),
    sa.Column('comment_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('moderator_id', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_rule_comment_id_comment')),
    sa.ForeignKeyConstraint(['ended_by'], ['moderator.id'], name=op.f('fk_rule_ended_by_moderator')),
    sa.ForeignKeyConstraint(['moderator_id'], ['moderator.id'], name=op.f('fk_rule_moderator_id_moderator')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule'))
    )
    op.create_index('ix_rule_subject', 'rule', ['subject'], unique=False)
    op.create_index('ix_rule_fingerprint', 'rule', ['fingerprint'], unique=False)
    op.create_index(op.f('ix_rule_until'), 'rule', ['until'], unique=False)
    op.create_table('reader_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.Integer(), nullable=False),
    sa.Column('complaint', sa.Enum('spam', 'insult', 'private', 'other', name='complaint', native_enum=False, create_constraint=True, length=16), nullable=False),
    sa.Column('words', sa.String(length=500), nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.Column('network_fingerprint', sa.LargeBinary(length=32), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('network_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_reader_report_comment_id_comment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reader_report')),
    sa.UniqueConstraint('comment_id', 'network_fingerprint', name=op.f('uq_reader_report_comment_id_network_fingerprint'))
    )
    op.create_index(op.f('ix_reader_report_network_until'), 'reader_report', ['network_until'], unique=False)
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.add_column(sa.Column('holding_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_article_holding', ['holding_until'], unique=False, sqlite_where=sa.text('holding_until IS NOT NULL'), postgresql_where=sa.text('holding_until IS NOT NULL'))

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
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.drop_index('ix_article_holding', sqlite_where=sa.text('holding_until IS NOT NULL'), postgresql_where=sa.text('holding_until IS NOT NULL'))
        batch_op.drop_column('holding_until')

    op.drop_index(op.f('ix_reader_report_network_until'), table_name='reader_report')
    op.drop_table('reader_report')
    op.drop_index(op.f('ix_rule_until'), table_name='rule')
    op.drop_index('ix_rule_fingerprint', table_name='rule')
    op.drop_index('ix_rule_subject', table_name='rule')
    op.drop_table('rule')
    op.drop_table('likeness_place')
    op.drop_index('ix_likeness_sketched', table_name='likeness')
    op.drop_index('ix_likeness_members', table_name='likeness')
    op.drop_table('likeness')
    op.drop_index('ix_campaign_waiting', table_name='campaign')
    op.drop_table('campaign')
