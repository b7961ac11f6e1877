"""Client assertions that were used: each is good once, also when the ephemeral store has lost everything (RFC 7523 section 3)."""

from functools import lru_cache
from importlib import import_module

from sqlalchemy import BigInteger, Connection, Executable, String, bindparam, exists, select

from idp.tables.hot import Hot
from idp.tables.schema import spent_assertions

ALL = "all"  # no fingerprint: whatever has expired by the time of this row counts as spent


@lru_cache(maxsize=2)
def _add(dialect: str) -> Hot:
    new = import_module(f"sqlalchemy.dialects.{dialect}").insert(spent_assertions)
    print_, ends = bindparam("fingerprint", type_=String()), bindparam("expires_at", type_=BigInteger())
    all_spent = exists().where(spent_assertions.c.fingerprint == ALL, spent_assertions.c.expires_at >= ends)
    first = new.from_select(["fingerprint", "expires_at"], select(print_, ends).where(~all_spent))
    return Hot(first.on_conflict_do_nothing().returning(spent_assertions.c.fingerprint))


def claim(connection: Connection, fingerprint: str, expires_at: int) -> bool:
    """Spend the assertion, which is kept until `expires_at` (Unix seconds): exactly one of many parallel callers gets it."""
    return bool(_add(connection.dialect.name).rows(connection, {"fingerprint": fingerprint, "expires_at": expires_at}))


@lru_cache(maxsize=2)
def _spend(dialect: str) -> Executable:
    new = import_module(f"sqlalchemy.dialects.{dialect}").insert(spent_assertions)
    spend: Executable = new.on_conflict_do_update(index_elements=["fingerprint"], set_={"expires_at": new.excluded.expires_at})
    return spend


def spend_until(connection: Connection, ends: int) -> None:
    """Whatever expires by then (Unix seconds) counts as spent: what was really used is not known any more."""
    connection.execute(_spend(connection.dialect.name), {"fingerprint": ALL, "expires_at": ends})
