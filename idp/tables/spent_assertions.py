"""Client assertions that were used: each is good once, also when the ephemeral store has lost everything (RFC 7523 section 3)."""

from functools import lru_cache
from importlib import import_module

from sqlalchemy import Connection

from idp.tables.hot import Hot
from idp.tables.schema import spent_assertions


@lru_cache(maxsize=2)
def _add(dialect: str) -> Hot:
    new = import_module(f"sqlalchemy.dialects.{dialect}").insert(spent_assertions)
    return Hot(new.on_conflict_do_nothing().returning(spent_assertions.c.fingerprint), ["fingerprint", "expires_at"])


def claim(connection: Connection, fingerprint: str, expires_at: int) -> bool:
    """Spend the assertion, which is kept until `expires_at` (Unix seconds): exactly one of many parallel callers gets it."""
    return bool(_add(connection.dialect.name).rows(connection, {"fingerprint": fingerprint, "expires_at": expires_at}))
