"""How often something may happen within a window of time, counted where it happens, in the same transaction."""

from functools import lru_cache
from importlib import import_module
from typing import Sequence

from sqlalchemy import Connection, bindparam, case, update

from idp.tables.hot import Hot
from idp.tables.schema import quotas

_NOW = bindparam("at")


@lru_cache(maxsize=16)
def _spend(dialect: str, rows: int) -> Hot:
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
    values = [{"name": bindparam(f"name{n}"), "count": 1, "ends_at": bindparam(f"ends{n}")} for n in range(rows)]
    new = insert(quotas).values(values)
    over = quotas.c.ends_at <= _NOW
    counted = new.on_conflict_do_update(
        index_elements=[quotas.c.name],
        set_={
            "count": case((over, 1), else_=quotas.c.count + 1),
            "ends_at": case((over, new.excluded.ends_at), else_=quotas.c.ends_at),
        },
    )
    return Hot(counted.returning(quotas.c.name, quotas.c.count, quotas.c.ends_at))


def spend(connection: Connection, counted: Sequence[tuple[str, int, int]], now: int) -> int | None:
    """Count one event under each (name, limit, seconds), where the first event opens a window of so many seconds; None
    if it is within every limit, else the Unix time from which it would be: then the caller rolls its transaction back,
    and nothing was counted. One statement counts, so that parallel callers share the limits."""
    limits = {name: limit for name, limit, _ in counted}
    values: dict[str, str | int] = {"at": now}
    # in one order everywhere, or two transactions could wait for each other
    for n, (name, _, seconds) in enumerate(sorted(counted)):
        values |= {f"name{n}": name, f"ends{n}": now + seconds}
    rows = _spend(connection.dialect.name, len(counted)).rows(connection, values)
    return max((ends_at for name, count, ends_at in rows if count > limits[name]), default=None)


def give_back(connection: Connection, names: Sequence[str]) -> None:
    """Take back one event under each name: it turned out to be none that counts."""
    connection.execute(update(quotas).where(quotas.c.name.in_(names), quotas.c.count > 0).values(count=quotas.c.count - 1))
