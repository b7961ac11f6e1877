"""Destinations as they were before a change, kept under the hash of the code that brings them back; each is good once."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete

from idp.tables.schema import undos as table


@dataclass(frozen=True)
class Undo:
    """`before`: sealed JSON of what was changed at `created_at`; it can be taken back until `expires_at` (Unix seconds)."""

    code_hash: str
    account_id: str
    before: str
    created_at: int
    expires_at: int


def add(connection: Connection, undo: Undo) -> None:
    """Keep it."""
    connection.execute(table.insert(), vars(undo))


def claim(connection: Connection, code_hash: str, now: int) -> Undo | None:
    """The live one of this code, which is spent by it: exactly one of many parallel callers gets it."""
    live = (table.c.code_hash == code_hash, table.c.expires_at > now)
    row = connection.execute(delete(table).where(*live).returning(table)).mappings().first()
    return Undo(**row) if row else None


def drop(connection: Connection, account_id: str) -> None:
    """Every one of this account."""
    connection.execute(delete(table).where(table.c.account_id == account_id))
