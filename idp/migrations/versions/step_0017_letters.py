"""An index for the counts of letters: without it each of them reads every account."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Apply this step; the version before goes on beside it."""
    where = sa.text("status = 'active' AND role = 'member' AND (password_state = 'none' OR password_state = 'letter')")
    op.create_index("ix_accounts_letter", "accounts", ["password_state", "password_at"], unique=False, sqlite_where=where, postgresql_where=where)
