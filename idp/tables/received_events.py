"""Events of portals that were taken: each is once, however often it is sent."""

from functools import lru_cache
from importlib import import_module

from sqlalchemy import Connection, Executable

from idp.tables.schema import received_events


@lru_cache(maxsize=2)
def _add(dialect: str) -> Executable:
    new = import_module(f"sqlalchemy.dialects.{dialect}").insert(received_events)
    once: Executable = new.on_conflict_do_nothing().returning(received_events.c.fingerprint)
    return once


def claim(connection: Connection, fingerprint: str, now: int) -> bool:
    """Take the event, in the transaction of what it does: exactly one of many parallel callers gets it."""
    return connection.execute(_add(connection.dialect.name), {"fingerprint": fingerprint, "at": now}).first() is not None
