"""The end of accounts: begun by one of many callers, taken back by one, and then everything that they held goes."""

from typing import Any, Sequence

from sqlalchemy import Connection, delete, or_, select, update

from idp.domain.account import Account
from idp.tables import failures
from idp.tables.schema import accounts, audit, links, login_ids, metadata, outbox


def begin(connection: Connection, account: Account, erase_at: int, now: int) -> bool:
    """Close the account if nobody else has meanwhile; every session, token and trust of it ends."""
    values = {"status": "closing", "erase_at": erase_at, "epoch": accounts.c.epoch + 1, "updated_at": now}
    open_ = (accounts.c.id == account.id, accounts.c.status.in_(("active", "suspended")))
    return connection.execute(update(accounts).where(*open_).values(values)).rowcount == 1


def reopen(connection: Connection, account_id: str, closes_at: int, now: int) -> bool:
    """Give the account back if it has not been erased."""
    values = {"status": "active", "erase_at": 0, "closes_at": closes_at, "updated_at": now}
    closing = (accounts.c.id == account_id, accounts.c.status == "closing")
    return connection.execute(update(accounts).where(*closing).values(values)).rowcount == 1


def end_contract(connection: Connection, account_id: str, closes_at: int, now: int) -> bool:
    """The account's contract has ended: the account closes then, and the contract is free for another; false if that was
    known, or the account is closed."""
    former = {"contract_key": None, "former_contract": accounts.c.contract_key}
    values = {"closes_at": closes_at, "updated_at": now, **former}
    known = (accounts.c.id == account_id, accounts.c.closes_at == 0, accounts.c.status.in_(("active", "suspended")))
    return connection.execute(update(accounts).where(*known).values(values)).rowcount == 1


def of_contracts(connection: Connection, contract_keys: Sequence[str], former: bool = False) -> list[tuple[str, str]]:
    """(id, contract key) of members that have one of these keys, or with `former` had one until their contract ended."""
    column = accounts.c.former_contract if former else accounts.c.contract_key
    open_ = (column.in_(contract_keys), accounts.c.role == "member", accounts.c.status.in_(("active", "suspended")))
    found = select(accounts.c.id, column.label("key")).where(*open_).order_by(accounts.c.id)
    return [(row.id, row.key) for row in connection.execute(found)]


def return_contract(connection: Connection, account_id: str, contract_key: str, now: int) -> bool:
    """The contract that had ended is back, and the account's again; false if another account has it, or the account is closed."""
    other = accounts.alias()
    held = select(other.c.id).where(other.c.contract_key == contract_key).exists()
    mine = (accounts.c.id == account_id, accounts.c.former_contract == contract_key, accounts.c.closes_at > 0)
    values = {"closes_at": 0, "contract_key": contract_key, "former_contract": None, "updated_at": now}
    back = update(accounts).where(*mine, ~held, accounts.c.status.in_(("active", "suspended")))
    return connection.execute(back.values(values)).rowcount == 1


def ended(connection: Connection, now: int, limit: int) -> list[str]:
    """Ids of accounts whose time after their contract is over."""
    due = (accounts.c.closes_at > 0, accounts.c.closes_at <= now, accounts.c.status.in_(("active", "suspended")))
    return list(connection.scalars(select(accounts.c.id).where(*due).order_by(accounts.c.closes_at).limit(limit)))


def due(connection: Connection, now: int, limit: int) -> list[str]:
    """Ids of accounts that are to be erased."""
    over = (accounts.c.erase_at > 0, accounts.c.erase_at <= now, accounts.c.status == "closing")
    return list(connection.scalars(select(accounts.c.id).where(*over).order_by(accounts.c.erase_at).limit(limit)))


def claim(connection: Connection, account_id: str, now: int) -> bool:
    """Take the account for erasing, for good: exactly one of many parallel callers gets it, and none that is given back."""
    over = (accounts.c.id == account_id, accounts.c.erase_at > 0, accounts.c.erase_at <= now, accounts.c.status == "closing")
    done = update(accounts).where(*over).values(status="closed", erase_at=0, closes_at=0, epoch=accounts.c.epoch + 1)
    return connection.execute(done).rowcount == 1


def erase(connection: Connection, account: Account, now: int) -> None:
    """Nothing is left of the account but its subject, its login IDs, which nobody gets again, and the audit record, which
    names it by its subject. Events on their way to portals name it likewise and stay. `account`: with its destinations."""
    for table in reversed(metadata.sorted_tables):  # whatever table a room adds
        if "account_id" in table.c and table not in (audit, login_ids, outbox):
            connection.execute(delete(table).where(table.c.account_id == account.id))
    connection.execute(delete(links).where(links.c.owner == account.id))
    addresses = [item.address for item in account.destinations]
    nobodys = (outbox.c.account_id.is_(None), outbox.c.recipient.in_(addresses))  # written before there was an account
    letters = (outbox.c.account_id == account.id, outbox.c.channel != "event")
    connection.execute(delete(outbox).where(or_(letters[0] & letters[1], nobodys[0] & nobodys[1])))
    failures.clear_account(connection, account.id)
    kept = {"id", "login_id_key", "status", "epoch", "role", "created_at"}
    blank: dict[str, Any] = {"login_id": "", "nickname": "", "profile": "{}", "locale": "ja", "password_state": "none", "updated_at": now}
    for column in accounts.c:
        if column.name not in kept and column.name not in blank:
            blank[column.name] = None if column.nullable else 0
    connection.execute(update(accounts).where(accounts.c.id == account.id).values(blank))
