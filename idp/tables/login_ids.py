"""The names that members sign in by. Login IDs: none is given out twice; addresses: each is one account's. Each is changed by
one of many at once."""

from typing import Collection

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from idp.domain.account import Account
from idp.tables import accounts, search_names
from idp.tables.schema import accounts as table
from idp.tables.schema import login_ids


def ever_used(connection: Connection, login_id_key: str) -> bool:
    """Whether anybody has or ever had this login ID: it is given out no more (requirement AC-01)."""
    used = select(login_ids.c.login_id_key).where(login_ids.c.login_id_key == login_id_key)
    return connection.execute(used.union(select(table.c.login_id_key).where(table.c.login_id_key == login_id_key))).first() is not None


def called(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """The login IDs of these accounts, by id; of an id that is no account's there is none."""
    return {row.id: row.login_id for row in connection.execute(select(table.c.id, table.c.login_id).where(table.c.id.in_(ids)))}


def change_login_id(connection: Connection, account: Account, new: str, new_key: str, now: int, not_after: int) -> bool:
    """Give the account another login ID if it still has the one that it came with, last changed at `not_after` or before: of
    two changes at once one wins. Another spelling of the same ID is none that is new. Raises `accounts.Taken`."""
    unchanged = (table.c.id == account.id, table.c.login_id_key == account.login_id_key, table.c.login_id_at <= not_after)
    try:
        done = connection.execute(
            update(table).where(*unchanged).values(login_id=new, login_id_key=new_key, login_id_at=now, updated_at=now)
        )
        if done.rowcount and new_key != account.login_id_key:
            connection.execute(login_ids.insert(), {"login_id_key": new_key, "account_id": account.id, "since": now})
            search_names.refresh(connection, account.id)
    except IntegrityError as error:
        raise accounts.Taken(new) from error
    return done.rowcount == 1


def holder(connection: Connection, email_key: str) -> Account | None:
    """The account that this folded address leads to at a sign-in: as the address that it switched on, or as its login ID."""
    return accounts.by_email_login(connection, email_key) or accounts.by_login_id(connection, email_key)


def change_email(connection: Connection, account: Account, address: str | None, key: str | None, now: int) -> bool:
    """Let the account sign in with this address, or with none, if neither its epoch nor its address has changed since it was
    read: of two changes at once one wins, and what was begun before a reset of the password cannot be finished after it.
    Raises `accounts.Taken`."""
    unchanged = (
        table.c.id == account.id,
        table.c.epoch == account.epoch,
        table.c.email_login_key.is_not_distinct_from(account.email_login_key),
    )
    try:
        done = connection.execute(update(table).where(*unchanged).values(email_login=address, email_login_key=key, updated_at=now))
    except IntegrityError as error:
        raise accounts.Taken(address or "") from error
    return done.rowcount == 1
