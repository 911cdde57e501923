"""people and trail"""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _roles('moderator', 'senior', 'admin')
    op.create_table('trail_link',
    sa.Column('n', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entry_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('n', name=op.f('pk_trail_link')),
    sa.UniqueConstraint('kind', 'entry_id', name=op.f('uq_trail_link_kind_entry_id'))
    )
    op.create_table('ticket',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('moderator_id', sa.Integer(), nullable=True),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('sealed_secret', sa.LargeBinary(), nullable=True),
    sa.Column('key_id', sa.String(length=32), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['made_by_id'], ['moderator.id'], name=op.f('fk_ticket_made_by_id_moderator')),
    sa.ForeignKeyConstraint(['moderator_id'], ['moderator.id'], name=op.f('fk_ticket_moderator_id_moderator')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_ticket_token_digest'))
    )
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_moderator_id'), ['moderator_id'], unique=False)
        batch_op.create_index('ix_ticket_purpose', ['purpose', 'expires_at'], unique=False)

    with op.batch_alter_table('credential', schema=None) as batch_op:
        batch_op.add_column(sa.Column('handle', sa.LargeBinary(length=32), nullable=True))
        batch_op.add_column(sa.Column('counter', sa.BigInteger(), nullable=False, server_default='0'))
        batch_op.alter_column('sealed_secret',
               existing_type=sa.LargeBinary(),
               nullable=True)
        batch_op.alter_column('key_id',
               existing_type=sa.VARCHAR(length=32),
               nullable=True)
        batch_op.create_unique_constraint(batch_op.f('uq_credential_handle'), ['handle'])

    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_decision_moderator_id'))
        batch_op.create_index('ix_decision_whose', ['moderator_id', 'decided_at', 'id'], unique=False)

    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_moderator_id'))
        batch_op.create_index('ix_event_when', ['happened_at', 'id'], unique=False)
        batch_op.create_index('ix_event_whose', ['moderator_id', 'happened_at', 'id'], unique=False)

    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('method', sa.String(length=40), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('agent', sa.String(length=40), nullable=False, server_default=''))


def downgrade() -> None:
    op.execute("DELETE FROM credential WHERE sealed_secret IS NULL")
    op.execute("UPDATE moderator SET role = 'moderator' WHERE role = 'senior'")
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.drop_column('agent')
        batch_op.drop_column('method')

    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.drop_index('ix_event_whose')
        batch_op.drop_index('ix_event_when')
        batch_op.create_index(batch_op.f('ix_event_moderator_id'), ['moderator_id'], unique=False)

    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.drop_index('ix_decision_whose')
        batch_op.create_index(batch_op.f('ix_decision_moderator_id'), ['moderator_id'], unique=False)

    with op.batch_alter_table('credential', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_credential_handle'), type_='unique')
        batch_op.alter_column('key_id',
               existing_type=sa.VARCHAR(length=32),
               nullable=False)
        batch_op.alter_column('sealed_secret',
               existing_type=sa.LargeBinary(),
               nullable=False)
        batch_op.drop_column('counter')
        batch_op.drop_column('handle')

    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index('ix_ticket_purpose')
        batch_op.drop_index(batch_op.f('ix_ticket_moderator_id'))
        batch_op.drop_index(batch_op.f('ix_ticket_expires_at'))

    op.drop_table('ticket')
    op.drop_table('trail_link')
    _roles('moderator', 'admin')


def _roles(*roles: str) -> None:
    """Let these roles stand in the table, and no other."""
    with op.batch_alter_table('moderator', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_moderator_role'), type_='check')
        batch_op.create_check_constraint(op.f('ck_moderator_role'), f"role IN ({', '.join(map(repr, roles))})")
