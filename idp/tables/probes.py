"""Members that are nobody: made by a probe for one sign-in and taken away after it, whole."""

from sqlalchemy import Connection, delete, select

from idp.domain.account import Account
from idp.tables import accounts, failures, grants
from idp.tables.schema import accounts as table
from idp.tables.schema import audit, links, metadata, revoked_grants, session_clients

PREFIX, LENGTH = "idp.probe.", 50  # longer than any login ID that a member may choose


def add(connection: Connection, account: Account) -> None:
    """Insert it; its login ID is of this prefix and length."""
    accounts.add(connection, account)


def remove(connection: Connection, account_id: str) -> None:
    """Nothing is left of it but rows of the audit record. Its login ID, which nobody has ever seen, is not kept from being
    given out: nobody could ask for it."""
    if not connection.execute(select(table.c.id).where(table.c.id == account_id, table.c.login_id_key.startswith(PREFIX))).first():
        return
    sids = connection.scalars(select(session_clients.c.sid).where(session_clients.c.account_id == account_id))
    connection.execute(delete(revoked_grants).where(revoked_grants.c.id.in_([grants.session_id(sid) for sid in sids])))
    for one in reversed(metadata.sorted_tables):
        if "account_id" in one.c and one is not audit:
            connection.execute(delete(one).where(one.c.account_id == account_id))
    connection.execute(delete(links).where(links.c.owner == account_id))
    failures.clear_account(connection, account_id)
    connection.execute(delete(table).where(table.c.id == account_id))


def left_over(connection: Connection, before: int) -> list[str]:
    """Ids of those that a probe, killed in its middle, left behind before this time (Unix seconds)."""
    ours = (table.c.login_id_key.startswith(PREFIX), table.c.contractor_id.is_(None), table.c.created_at < before)
    found = connection.execute(select(table.c.id, table.c.login_id_key).where(*ours)).all()
    return [row.id for row in found if len(row.login_id_key) == LENGTH]
