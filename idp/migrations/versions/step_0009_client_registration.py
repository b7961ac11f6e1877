"""Clients that register themselves, and the key of pairwise subjects."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply this step. The version before goes on beside it."""
    for name in ("registration_hash", "registration_limits"):
        op.add_column("clients", sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        "client_invitations",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("limits", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_client_invitations"),
    )
    op.create_index("ix_client_invitations_expires_at", "client_invitations", ["expires_at"], unique=False)
    op.create_table(
        "lasting_keys",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lasting_keys"),
    )
