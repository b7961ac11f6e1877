"""Second factor: destinations' proof, authenticator apps, recovery codes, remembered browsers, agreements, quotas;
in one function because a step is read from top to bottom."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply this step. Only columns with defaults and new tables, so that version 0001 goes on beside it."""
    op.add_column("accounts", sa.Column("second_factor", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("accounts", sa.Column("mailbox", sa.String(320), nullable=True))
    op.add_column("accounts", sa.Column("offered_at", sa.BigInteger(), nullable=False, server_default="0"))
    # until now a usual destination said that codes are wanted
    op.execute("UPDATE accounts SET second_factor = 1 WHERE id IN (SELECT account_id FROM destinations WHERE usual = 1)")
    op.add_column("outbox", sa.Column("gateway", sa.String(32), nullable=True))
    op.create_index("ix_outbox_provider_id", "outbox", ["provider_id"], unique=False)
    op.create_table(
        "totp",
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_totp_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_totp"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_recovery_codes_account_id"),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name="pk_recovery_codes"),
    )
    op.create_table(
        "trusted_browsers",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("series_hash", sa.String(64), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=True),
        sa.Column("rotated_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_trusted_browsers_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_trusted_browsers"),
        sa.UniqueConstraint("series_hash", name="uq_trusted_browsers_series_hash"),
    )
    op.create_index("ix_trusted_browsers_account_id", "trusted_browsers", ["account_id"], unique=False)
    op.create_index("ix_trusted_browsers_expires_at", "trusted_browsers", ["expires_at"], unique=False)
    op.create_table(
        "agreements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_agreements_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_agreements"),
    )
    op.create_index("ix_agreements_account_id", "agreements", ["account_id"], unique=False)
    op.create_table(
        "quotas",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_quotas"),
    )
    op.create_index("ix_quotas_ends_at", "quotas", ["ends_at"], unique=False)
