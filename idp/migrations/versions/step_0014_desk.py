"""The support desk: accounts found by the beginning of a name, requests that a second person approves, letters promised."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from idp.domain.search import keys_of

revision = "0014"
down_revision = "0013"

READS = ("accounts",)  # gone through, as the plan says
PAGE = 2_000
KEY = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
_ACCOUNTS = sa.table("accounts", *(sa.column(name) for name in ("id", "login_id_key", "nickname", "profile", "status")))
_NAMES = sa.table("search_names", sa.column("key"), sa.column("account_id"))


def upgrade() -> None:
    """Apply this step. The version before goes on beside it; whom it adds meanwhile is found by login ID, address and number,
    and by name from the next change of the name on."""
    _find()
    op.create_table(
        "desk_requests",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("operation", sa.String(32), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ticket", sa.String(64), nullable=False),
        sa.Column("proposed_by", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_desk_requests_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_requests"),
    )
    op.create_index("ix_desk_requests_account_id", "desk_requests", ["account_id"], unique=False)
    op.create_index("ix_desk_requests_state", "desk_requests", ["state", "created_at", "id"], unique=False)
    op.create_table(
        "letter_requests",
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("requested_by", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_letter_requests_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_letter_requests"),
    )
    op.create_index("ix_letter_requests_at", "letter_requests", ["at"], unique=False)
    op.create_index("ix_outbox_account", "outbox", ["account_id", "id"], unique=False)
    op.drop_index("ix_outbox_account_id", "outbox")


def _find() -> None:
    op.create_table(
        "search_names",
        sa.Column("key", KEY, nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_search_names_account_id"),
        sa.PrimaryKeyConstraint("key", "account_id", name="pk_search_names"),
        sqlite_with_rowid=False,
    )
    if not op.get_context().as_sql:  # a plan has no accounts to read
        _fill(op.get_bind())
    op.create_index("ix_search_names_account_id", "search_names", ["account_id"], unique=False)


def _fill(connection: sa.Connection) -> None:
    """The keys of every account there is, read in pages, so that a million of them need no memory."""
    last = ""
    page = sa.select(_ACCOUNTS).where(_ACCOUNTS.c.status != "closed").order_by(_ACCOUNTS.c.id).limit(PAGE)
    while accounts := connection.execute(page.where(_ACCOUNTS.c.id > last)).all():
        rows: list[dict[str, Any]] = [
            {"key": key, "account_id": one.id}
            for one in accounts
            for key in keys_of(one.login_id_key, one.nickname, json.loads(one.profile))
        ]
        if rows:
            connection.execute(_NAMES.insert(), rows)
        last = accounts[-1].id
