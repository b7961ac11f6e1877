"""What staff have switched for every process, by name."""

from importlib import import_module

from sqlalchemy import Connection, delete, select

from idp.tables.schema import switches

_ALL = select(switches.c.name, switches.c.value)


def read(connection: Connection) -> dict[str, str]:
    """Every switch that is not where it is by itself."""
    return {row.name: row.value for row in connection.execute(_ALL)}


def put(connection: Connection, name: str, value: str, actor: str, now: int) -> None:
    """Switch it, in the transaction that puts it on record."""
    values = {"value": value, "actor": actor, "at": now}
    new = import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(switches).values(name=name, **values)
    connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=values))


def drop(connection: Connection, name: str) -> None:
    """Switch it back."""
    connection.execute(delete(switches).where(switches.c.name == name))
