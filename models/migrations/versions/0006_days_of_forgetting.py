"""days of forgetting"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

_UNDATED = 'address_until IS NULL AND sealed_address IS NOT NULL'
_SPAM = "status = 'spam'"


def upgrade() -> None:
    op.create_index('ix_contact_undated', 'contact', ['comment_id'], unique=False, sqlite_where=sa.text(_UNDATED), postgresql_where=sa.text(_UNDATED))
    op.create_index('ix_comment_old_spam', 'comment', ['changed_at'], unique=False, sqlite_where=sa.text(_SPAM), postgresql_where=sa.text(_SPAM))
    contact = sa.table('contact', sa.column('token_fingerprint', sa.LargeBinary), sa.column('token_until', sa.DateTime(timezone=True)))
    in_a_year = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=365)
    op.execute(contact.update().where(contact.c.token_fingerprint.is_not(None), contact.c.token_until.is_(None)).values(token_until=in_a_year))


def downgrade() -> None:
    op.drop_index('ix_comment_old_spam', table_name='comment')
    op.drop_index('ix_contact_undated', table_name='contact')
