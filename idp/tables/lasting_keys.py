"""Sealed keys that stay what they are for as long as the installation lives."""

from importlib import import_module

from sqlalchemy import Connection, select, update

from idp.tables.schema import lasting_keys as table


def find(connection: Connection, name: str) -> str | None:
    """The sealed key of this name, or None."""
    return connection.execute(select(table.c.sealed).where(table.c.name == name)).scalar()


def add(connection: Connection, name: str, sealed: str) -> str:
    """Insert a key unless there is one; returns the one that stands there then: of parallel callers all get the same."""
    insert = import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert
    connection.execute(insert(table).values(name=name, sealed=sealed).on_conflict_do_nothing())
    return str(connection.execute(select(table.c.sealed).where(table.c.name == name)).scalar_one())


def reseal(connection: Connection, name: str, before: str, sealed: str) -> None:
    """Put the same key, sealed anew, in the place of `before`."""
    connection.execute(update(table).where(table.c.name == name, table.c.sealed == before).values(sealed=sealed))
