"""Letters with a first password that the desk has promised: they wait here until a print file holds them."""

from importlib import import_module

from sqlalchemy import Connection, delete, func, select

from idp.tables.schema import accounts as account_table
from idp.tables.schema import letter_requests as table


def add(connection: Connection, account_id: str, by: str, now: int) -> bool:
    """Promise one; false if one is waiting already: of parallel callers one promises."""
    insert = import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert
    values = {"account_id": account_id, "requested_by": by, "at": now}
    new = insert(table).values(values).on_conflict_do_nothing().returning(table.c.account_id)
    return connection.execute(new).first() is not None


def drop(connection: Connection, account_id: str) -> bool:
    """It was printed, or is not wanted any more; false if there was none."""
    return connection.execute(delete(table).where(table.c.account_id == account_id)).rowcount == 1


def at(connection: Connection, account_id: str) -> int | None:
    """When the waiting letter of this account was promised (Unix seconds), or None."""
    return connection.execute(select(table.c.at).where(table.c.account_id == account_id)).scalar()


def waiting(connection: Connection, after: str, limit: int) -> tuple[str, ...]:
    """Ids, in their order and greater than `after`, of active accounts that wait for a letter."""
    query = select(table.c.account_id).join(account_table, account_table.c.id == table.c.account_id)
    query = query.where(account_table.c.status == "active", table.c.account_id > after)
    return tuple(connection.execute(query.order_by(table.c.account_id).limit(limit)).scalars())


def count(connection: Connection, most: int | None = None) -> int:
    """How many letters are waiting, counted up to `most` if that is given."""
    some = select(table.c.account_id).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
