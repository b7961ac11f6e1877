"""The operator's own mailboxes: whose they are, and that they go or get another name."""

from functools import lru_cache
from importlib import import_module

from sqlalchemy import Connection, Executable, delete, func, null, select, union, update

from idp.domain.account import Destination
from idp.tables import links
from idp.tables.schema import accounts, destinations, ending_mailboxes, outbox, registrations


def holders(connection: Connection, key: str) -> list[str]:
    """Ids of accounts that use this address (folded) as mailbox, destination or for signing in."""
    open_ = accounts.c.status != "closed"
    own = select(accounts.c.id).where(accounts.c.mailbox == key, open_)
    signs_in = select(accounts.c.id).where(accounts.c.email_login_key == key, open_)
    used = select(destinations.c.account_id).where(destinations.c.kind == "email", destinations.c.address_key == key)
    return sorted(connection.scalars(union(own, signs_in, used)))


def stop_letters(connection: Connection, key: str, now: int) -> None:
    """What waits to be sent to this address is not, and registrations that its mails would confirm are over."""
    waiting = (outbox.c.outcome == "queued", outbox.c.channel == "mail", func.lower(outbox.c.recipient) == key)
    connection.execute(update(outbox).where(*waiting).values(outcome="expired", outcome_at=now, facts=null()))
    pending = delete(registrations).where(func.lower(registrations.c.email) == key).returning(registrations.c.id)
    for registration_id in connection.scalars(pending).all():
        links.drop(connection, registration_id)


def drop_destination(connection: Connection, account_id: str, key: str) -> None:
    """The address is no destination of the account any more; another proven one becomes the usual one in its place."""
    mine = (destinations.c.account_id == account_id, destinations.c.kind == "email", destinations.c.address_key == key)
    usual = list(connection.scalars(delete(destinations).where(*mine).returning(destinations.c.usual)))
    if any(usual):
        others = select(destinations.c.id).where(destinations.c.account_id == account_id, destinations.c.verified_at.is_not(None))
        first = connection.scalar(others.order_by(destinations.c.created_at, destinations.c.id).limit(1))
        connection.execute(update(destinations).where(destinations.c.id == first).values(usual=1))


def add_destination(connection: Connection, item: Destination, now: int) -> None:
    """Insert the destination, or let one of the same address have its standing."""
    same = (destinations.c.account_id == item.account_id, destinations.c.kind == item.kind)
    standing = {"verified_at": item.verified_at, "usual": int(item.usual)}
    known = update(destinations).where(*same, destinations.c.address_key == item.address.casefold()).values(standing)
    if connection.execute(known).rowcount == 0:
        about = {"id": item.id, "account_id": item.account_id, "kind": item.kind, "address": item.address, "created_at": now}
        connection.execute(destinations.insert(), {**about, "address_key": item.address.casefold(), **standing})


def not_usual(connection: Connection, destination_id: str) -> None:
    """Another destination is the usual one now."""
    connection.execute(update(destinations).where(destinations.c.id == destination_id).values(usual=0))


@lru_cache(maxsize=2)
def _ending(dialect: str) -> Executable:
    new = import_module(f"sqlalchemy.dialects.{dialect}").insert(ending_mailboxes)
    upsert: Executable = new.on_conflict_do_update(index_elements=["address_key"], set_={"ends_at": new.excluded.ends_at})
    return upsert


def end_at(connection: Connection, key: str, ends_at: int) -> None:
    """The address goes on until then (Unix seconds)."""
    connection.execute(_ending(connection.dialect.name), {"address_key": key, "ends_at": ends_at})


def goes_on(connection: Connection, key: str) -> None:
    """The address does not end after all: it belongs to somebody anew, or is gone already."""
    connection.execute(delete(ending_mailboxes).where(ending_mailboxes.c.address_key == key))


def ending(connection: Connection, now: int, limit: int) -> list[str]:
    """Addresses whose time is over."""
    over = select(ending_mailboxes.c.address_key).where(ending_mailboxes.c.ends_at <= now)
    return list(connection.scalars(over.order_by(ending_mailboxes.c.ends_at).limit(limit)))


def claim(connection: Connection, key: str, now: int) -> bool:
    """Take the address whose time is over: exactly one of many parallel callers gets it."""
    over = (ending_mailboxes.c.address_key == key, ending_mailboxes.c.ends_at <= now)
    return connection.execute(delete(ending_mailboxes).where(*over)).rowcount == 1
