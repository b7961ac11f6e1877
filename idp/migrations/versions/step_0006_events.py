"""Events from and to portals, closing and erasing of accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply this step. Only columns that may be empty or have a default, and new tables, so that version 0005 goes on beside
    it. What was closed before is erased by the next courier."""
    for name in ("closes_at", "erase_at"):
        op.add_column("accounts", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        op.create_index(f"ix_accounts_{name}", "accounts", [name], unique=False)
    for table, name in (("accounts", "mailbox"), ("accounts", "contractor_id"), ("destinations", "address_key")):
        op.create_index(f"ix_{table}_{name}", table, [name], unique=False)
    op.execute("UPDATE accounts SET status = 'closing', erase_at = 1 WHERE status = 'closed'")
    op.add_column("clients", sa.Column("event_token", sa.Text(), nullable=True))
    op.create_table(
        "received_events",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_received_events"),
    )
    op.create_index("ix_received_events_at", "received_events", ["at"], unique=False)
    op.create_table(
        "ending_mailboxes",
        sa.Column("address_key", sa.String(320), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name="pk_ending_mailboxes"),
    )
    op.create_index("ix_ending_mailboxes_ends_at", "ending_mailboxes", ["ends_at"], unique=False)
