"""Login IDs that were ever used, and when a member last changed theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply this step. Version 0003 goes on beside it; the IDs that it adds are seen by their accounts."""
    op.add_column("accounts", sa.Column("login_id_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "login_ids",
        sa.Column("login_id_key", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_login_ids_account_id"),
        sa.PrimaryKeyConstraint("login_id_key", name="pk_login_ids"),
    )
    op.create_index("ix_login_ids_account_id", "login_ids", ["account_id"], unique=False)
    op.execute("INSERT INTO login_ids (login_id_key, account_id, since) SELECT login_id_key, id, created_at FROM accounts")
