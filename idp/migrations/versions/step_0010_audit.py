"""Blocks that seal the audit record, and indexes for its screen and for the list of staff."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply this step. The version before goes on beside it; its rows are sealed by the next courier of this one."""
    op.create_table(
        "audit_blocks",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("newest_at", sa.BigInteger(), nullable=False),
        sa.Column("rows_digest", sa.String(64), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("purged_at", sa.BigInteger(), nullable=False),
        sa.Column("purge_mac", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_blocks"),
    )
    op.create_index("ix_audit_blocks_purged", "audit_blocks", ["purged_at", "seq"], unique=False)
    op.create_index("ix_audit_event", "audit", ["event", "id"], unique=False)
    op.create_index("ix_audit_client", "audit", ["client_id", "id"], unique=False)
    _partly("ix_audit_actor", "audit", ["actor", "id"], "actor IS NOT NULL")
    _partly("ix_audit_result", "audit", ["result", "id"], "result != 'ok'")
    _partly("ix_accounts_staff", "accounts", ["login_id_key"], "role != 'member'")


def _partly(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
