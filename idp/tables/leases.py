"""Leases: work that only one process may do at a time, taken over when its holder has died."""

from sqlalchemy import Connection, delete, update
from sqlalchemy.exc import IntegrityError

from idp.tables.schema import leases


def claim(connection: Connection, name: str, holder: str, now: int, seconds: int) -> bool:
    """Take the lease if nobody has it or the last one let it run out; true for one of many parallel callers."""
    free = update(leases).where(leases.c.name == name, leases.c.until < now)
    if connection.execute(free.values(holder=holder, until=now + seconds)).rowcount == 1:
        return True
    try:
        with connection.begin_nested():
            connection.execute(leases.insert(), {"name": name, "holder": holder, "until": now + seconds})
    except IntegrityError:
        return False
    return True


def renew(connection: Connection, name: str, holder: str, now: int, seconds: int) -> bool:
    """Keep the lease; false if somebody else has taken it over."""
    mine = update(leases).where(leases.c.name == name, leases.c.holder == holder)
    return connection.execute(mine.values(until=now + seconds)).rowcount == 1


def release(connection: Connection, name: str, holder: str) -> None:
    """Give the lease back."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
