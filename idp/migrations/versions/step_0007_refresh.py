"""Families of refresh tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply this step. The version before goes on beside it."""
    op.create_table(
        "refresh_families",
        sa.Column("series_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_refresh_families_account_id"),
        sa.PrimaryKeyConstraint("series_hash", name="pk_refresh_families"),
    )
    op.create_index("ix_refresh_families_account_id", "refresh_families", ["account_id"], unique=False)
    op.create_index("ix_refresh_families_expires_at", "refresh_families", ["expires_at"], unique=False)
