"""What accounts are found by from the beginning: kept beside them, in the transaction that changes a name."""

import json

from sqlalchemy import Connection, bindparam, delete, select

from idp.domain import search
from idp.tables.hot import Hot
from idp.tables.schema import accounts, search_names

_NAMED = (accounts.c.login_id_key, accounts.c.nickname, accounts.c.profile)
_READ = Hot(select(*_NAMED).where(accounts.c.id == bindparam("account")))


def refresh(connection: Connection, account_id: str) -> None:
    """Make its keys what the account's login ID and names are now."""
    connection.execute(delete(search_names).where(search_names.c.account_id == account_id))
    for login_id_key, nickname, profile in _READ.rows(connection, {"account": account_id}):
        keys = sorted(search.keys_of(login_id_key, nickname, json.loads(profile)))
        connection.execute(search_names.insert(), [{"key": key, "account_id": account_id} for key in keys])
