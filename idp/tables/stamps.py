"""Version stamps of the registers that workers keep in process; a change raises the stamp in its transaction."""

from sqlalchemy import Connection, select, update

from idp.tables.schema import stamps

_ALL = select(stamps.c.name, stamps.c.version)


def raise_stamp(connection: Connection, name: str) -> None:
    """Tell every worker that the register `name` has changed."""
    if connection.execute(update(stamps).where(stamps.c.name == name).values(version=stamps.c.version + 1)).rowcount == 0:
        connection.execute(stamps.insert(), {"name": name, "version": 1})


def read(connection: Connection) -> dict[str, int]:
    """Version by register name."""
    return {row.name: row.version for row in connection.execute(_ALL)}
