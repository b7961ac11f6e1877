"""How often something may happen within a window of time, counted where it happens, in the same transaction."""

from functools import lru_cache
from importlib import import_module

from sqlalchemy import Connection, Executable, bindparam, case, or_, select

from idp.tables.schema import quotas

_NAME, _NOW, _ENDS, _LIMIT = bindparam("which"), bindparam("at"), bindparam("ends"), bindparam("most")


@lru_cache(maxsize=2)
def _spend(dialect: str) -> Executable:
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
    over = quotas.c.ends_at <= _NOW
    return (
        insert(quotas)
        .values(name=_NAME, count=1, ends_at=_ENDS)
        .on_conflict_do_update(
            index_elements=[quotas.c.name],
            set_={"count": case((over, 1), else_=quotas.c.count + 1), "ends_at": case((over, _ENDS), else_=quotas.c.ends_at)},
            where=or_(over, quotas.c.count < _LIMIT),
        )
        .returning(quotas.c.count)
    )


def spend(connection: Connection, name: str, limit: int, seconds: int, now: int) -> int | None:
    """Count one event; None if it is within `limit` (1 or more) per window, which the first event opens, else the Unix
    time at which the window ends. One statement decides, so that parallel callers share the limit; a caller who then
    rolls back has spent nothing."""
    values = {"which": name, "at": now, "ends": now + seconds, "most": limit}
    if connection.execute(_spend(connection.dialect.name), values).first():
        return None
    return connection.execute(select(quotas.c.ends_at).where(quotas.c.name == name)).scalar_one()
