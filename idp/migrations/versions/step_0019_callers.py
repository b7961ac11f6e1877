"""Who called for a member; and what is left of a block of the audit record once its contract checks have gone."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Apply this step: a new table and columns with defaults, so that the version before goes on beside it."""
    op.create_table(
        "desk_callers",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_desk_callers_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_callers"),
    )
    op.create_index("ix_desk_callers_account", "desk_callers", ["account_id", "at"], unique=False)
    op.create_index("ix_desk_callers_at", "desk_callers", ["at"], unique=False)
    op.add_column("audit_blocks", sa.Column("thinned_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("audit_blocks", sa.Column("left_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("audit_blocks", sa.Column("left_digest", sa.String(64), nullable=False, server_default="-"))
    op.add_column("audit_blocks", sa.Column("thinned_mac", sa.String(64), nullable=False, server_default="-"))
    op.create_index("ix_audit_blocks_thinned", "audit_blocks", ["thinned_at", "purged_at", "seq"], unique=False)
