"""Counts per hour for the console's dashboard, what staff have switched, and the letters of the courier's list."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    """Apply this step: new tables and an index, so that the version before goes on beside it. The next courier counts what
    there is."""
    op.create_table(
        "rollups",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(128), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "hour", "label", "step", name="pk_rollups"),
    )
    op.create_index("ix_rollups_hour", "rollups", ["hour"], unique=False)
    op.create_table(
        "rollup_cursors",
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_rollup_cursors"),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
    op.create_index("ix_outbox_listed", "outbox", ["outcome", "channel", "id"], unique=False)
