"""Registration and recovery: whose contract an account is, members to be, links in letters."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply this step. Only columns that may be empty and new tables, so that version 0002 goes on beside it."""
    op.add_column("accounts", sa.Column("contract_key", sa.String(80), nullable=True))
    op.add_column("accounts", sa.Column("held_until", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_accounts_contract_key", "accounts", ["contract_key"], unique=True)
    op.create_table(
        "registrations",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("contract_key", sa.String(80), nullable=False),
        sa.Column("contractor_id", sa.String(64), nullable=False),
        sa.Column("contract_type", sa.String(16), nullable=False),
        sa.Column("login_id", sa.String(64), nullable=False),
        sa.Column("login_id_key", sa.String(64), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("nickname", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=True),
        sa.Column("letter", sa.String(64), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registrations"),
        sa.UniqueConstraint("contract_key", name="uq_registrations_contract_key"),
        sa.UniqueConstraint("login_id_key", name="uq_registrations_login_id_key"),
    )
    op.create_index("ix_registrations_expires_at", "registrations", ["expires_at"], unique=False)
    op.create_table(
        "links",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_links"),
        sa.UniqueConstraint("purpose", "owner", "place", name="uq_links_purpose_owner_place"),
    )
    op.create_index("ix_links_expires_at", "links", ["expires_at"], unique=False)
