"""Imports of contracts that can be taken back, contracts that come back, and when a client was used."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Apply this step. The version before goes on beside it."""
    op.add_column("accounts", sa.Column("former_contract", sa.String(80), nullable=True))
    op.create_index("ix_accounts_former_contract", "accounts", ["former_contract"], unique=False)
    op.add_column("clients", sa.Column("used_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("clients", sa.Column("disabled_at", sa.BigInteger(), nullable=False, server_default="0"))
    _imports()
    op.create_table(
        "contract_import_parts",
        sa.Column("import_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_contract_import_parts"),
    )
    op.create_table(
        "contract_import_problems",
        sa.Column("import_id", sa.String(64), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line", name="pk_contract_import_problems"),
    )
    op.create_table(
        "contract_import_before",
        sa.Column("import_id", sa.String(64), nullable=False),
        sa.Column("contractor_id", sa.String(64), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "contractor_id", name="pk_contract_import_before"),
    )
    op.create_index("ix_contract_import_before_at", "contract_import_before", ["at"], unique=False)


def _imports() -> None:
    op.create_table(
        "contract_imports",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("encoding", sa.String(16), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("stopped", sa.String(32), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("applied_by", sa.String(64), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.String(64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contract_imports"),
    )
    op.create_index("ix_contract_imports_finished_at", "contract_imports", ["finished_at"], unique=False)
    op.create_index("ix_contract_imports_created_at", "contract_imports", ["created_at", "id"], unique=False)
