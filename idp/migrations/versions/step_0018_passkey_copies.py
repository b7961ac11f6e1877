"""Whether a passkey may be copied by its maker, which never changes."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Apply this step: the version before leaves the column empty, and goes on beside it. Passkeys that have copies may have them; of
    the others it is noted at their next use."""
    op.add_column("passkeys", sa.Column("eligible", sa.Integer(), nullable=True))
    op.execute("UPDATE passkeys SET eligible = 1 WHERE backed_up = 1")
