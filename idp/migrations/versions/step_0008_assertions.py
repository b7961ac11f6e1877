"""Client assertions that were used, and the secret that a client had before."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply this step. The version before goes on beside it."""
    op.create_table(
        "spent_assertions",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_spent_assertions"),
    )
    op.create_index("ix_spent_assertions_expires_at", "spent_assertions", ["expires_at"], unique=False)
    op.add_column("clients", sa.Column("old_secret_hash", sa.Text(), nullable=True))
    op.add_column("clients", sa.Column("old_secret_until", sa.BigInteger(), nullable=False, server_default="0"))
