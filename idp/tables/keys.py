"""Signing keys: public part in clear, private part sealed."""

from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError

from idp.domain.keys import StoredKey
from idp.tables.schema import signing_keys


def add(connection: Connection, key: StoredKey) -> bool:
    """Insert a key; false if another process has made one for this algorithm and start at the same time."""
    values = {c.name: getattr(key, c.name) for c in signing_keys.c}
    try:
        with connection.begin_nested():
            connection.execute(signing_keys.insert(), values)
    except IntegrityError:
        return False
    return True


def rows(connection: Connection) -> tuple[StoredKey, ...]:
    """Every stored key, oldest start first."""
    found = connection.execute(select(signing_keys).order_by(signing_keys.c.active_from, signing_keys.c.kid)).mappings()
    return tuple(StoredKey(**row) for row in found)


def remove(connection: Connection, kids: list[str]) -> None:
    """Remove keys that are neither used nor published any more."""
    connection.execute(delete(signing_keys).where(signing_keys.c.kid.in_(kids)))
