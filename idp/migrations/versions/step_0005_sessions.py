"""Sessions as members see them, changes of destinations that can be taken back, and accounts frozen for a day."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply this step. Version 0004 goes on beside it; its sessions are not listed, and its cookies end."""
    op.add_column("accounts", sa.Column("frozen_until", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "undos",
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_undos_account_id"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_undos"),
    )
    op.create_index("ix_undos_account_id", "undos", ["account_id"], unique=False)
    op.create_index("ix_undos_expires_at", "undos", ["expires_at"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("sid", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sid", name="pk_sessions"),
    )
    op.create_index("ix_sessions_started_at", "sessions", ["started_at"], unique=False)
    op.create_index("ix_sessions_account", "sessions", ["account_id", "started_at"], unique=False)
    op.create_table(
        "session_clients",
        sa.Column("sid", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sid", "client_id", name="pk_session_clients"),
    )
    op.create_index("ix_session_clients_at", "session_clients", ["at"], unique=False)
    op.create_index("ix_session_clients_account", "session_clients", ["account_id", "client_id"], unique=False)
