"""Links in letters, by the fingerprint of what stands in them; each is good once."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Executable, delete, select

from idp.tables.schema import links as table


@dataclass(frozen=True)
class Link:
    """`purpose` says what it may be used for, `owner` is an account's or a registration's id, `epoch` the account's when it
    was sent, `channel` mail, mailbox (the operator's own) or sms. Of one purpose, owner and `place` there is one: the newest. Unix seconds."""

    fingerprint: str
    purpose: str
    owner: str
    place: int
    epoch: int
    channel: str
    created_at: int
    expires_at: int


@lru_cache(maxsize=2)
def _put(dialect: str) -> Executable:
    new = import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
    changed = ("fingerprint", "epoch", "channel", "created_at", "expires_at")
    values: dict[str, Any] = {name: new.excluded[name] for name in changed}
    upsert: Executable = new.on_conflict_do_update(index_elements=[table.c.purpose, table.c.owner, table.c.place], set_=values)
    return upsert


def put(connection: Connection, link: Link) -> None:
    """Store the link in place of the older one of its purpose, owner and place. One statement."""
    connection.execute(_put(connection.dialect.name), vars(link))


def find(connection: Connection, fingerprint: str, purpose: str, now: int) -> Link | None:
    """The live link, or None: unknown, spent, replaced, late, or for another purpose."""
    live = (table.c.fingerprint == fingerprint, table.c.purpose == purpose, table.c.expires_at > now)
    row = connection.execute(select(table).where(*live)).mappings().first()
    return Link(**row) if row else None


def claim(connection: Connection, fingerprint: str, purpose: str, now: int) -> Link | None:
    """The same, and it is spent: exactly one of many parallel callers gets it."""
    live = (table.c.fingerprint == fingerprint, table.c.purpose == purpose, table.c.expires_at > now)
    row = connection.execute(delete(table).where(*live).returning(table)).mappings().first()
    return Link(**row) if row else None


def drop(connection: Connection, owner: str) -> None:
    """Every link of this owner, whatever for."""
    connection.execute(delete(table).where(table.c.owner == owner))
