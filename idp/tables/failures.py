"""Failures in a row per bucket, counted before the secret is checked: parallel guesses share one limit.

A bucket's name is `<purpose>:<account id or keyed hash of an unknown name>[:<remembered browser>]`.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from sqlalchemy import Connection, bindparam, case, delete, func, or_, select, update

from idp.domain.policy import Backoff
from idp.domain.waits import last_step, wait_after
from idp.tables.hot import Hot
from idp.tables.schema import failures


@dataclass(frozen=True)
class Reserved:
    """Whether an attempt may be made now, the failures in a row counting it, and the Unix time until which
    no further one may."""

    allowed: bool
    count: int
    wait_until: int


_NOW, _BUCKET = bindparam("at"), bindparam("name")
_READ = Hot(select(failures.c.count, failures.c.wait_until).where(failures.c.bucket == _BUCKET))
_CLEAR = Hot(delete(failures).where(failures.c.bucket == _BUCKET))


@lru_cache(maxsize=8)
def _reserve(waits: Backoff, dialect: str) -> Hot:
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert  # each takes long to import, one is needed
    last, count = last_step(waits), failures.c.count + 1
    steps = [(count == step, wait) for step in range(1, last) if (wait := wait_after(waits, step))]
    wait = case(*steps, (count >= last, wait_after(waits, last)), else_=0)
    new = insert(failures).values(bucket=_BUCKET, count=1, wait_until=_NOW + wait_after(waits, 1), updated_at=_NOW)
    counted = new.on_conflict_do_update(
        index_elements=[failures.c.bucket],
        set_={"count": count, "wait_until": _NOW + wait, "updated_at": _NOW},
        where=failures.c.wait_until <= _NOW,
    )
    return Hot(counted.returning(failures.c.count, failures.c.wait_until))


def reserve(connection: Connection, bucket: str, waits: Backoff, now: int) -> Reserved:
    """Count one attempt as a failure before it is made; `clear` takes it back when it succeeds.

    Not allowed while a wait runs; then nothing is counted. One statement decides, so that of many parallel attempts
    only as many are allowed as failures are left (LG-04; CVE-2024-4629).
    """
    rows = _reserve(waits, connection.dialect.name).rows(connection, {"name": bucket, "at": now})
    if rows:
        return Reserved(True, *rows[0])
    held = read(connection, bucket, now)
    return Reserved(False, held.count, held.wait_until)


def give_back(connection: Connection, bucket: str, reserved: Reserved) -> None:
    """Take back an attempt that was reserved and then not made; not if another one came since."""
    same = (failures.c.bucket == bucket, failures.c.count == reserved.count)
    connection.execute(update(failures).where(*same).values(count=reserved.count - 1, wait_until=0))


def read(connection: Connection, bucket: str, now: int) -> Reserved:
    """The bucket as the last attempt left it; nothing is counted."""
    rows = _READ.rows(connection, {"name": bucket})
    return Reserved(rows[0][1] <= now, *rows[0]) if rows else Reserved(True, 0, 0)


def clear(connection: Connection, bucket: str) -> None:
    """Forget the failures of one bucket: the right secret was given there (LG-08)."""
    _CLEAR.rows(connection, {"name": bucket})


def clear_account(connection: Connection, account_id: str) -> None:
    """Forget every failure and end every wait of an account, whatever the purpose and the browser."""
    holds = failures.c.bucket.endswith(f":{account_id}", autoescape=True)
    connection.execute(delete(failures).where(or_(holds, failures.c.bucket.contains(f":{account_id}:", autoescape=True))))


def waiting(connection: Connection, now: int, most: int | None = None) -> int:
    """How many buckets must wait now, counted up to `most`."""
    some = select(failures.c.bucket).where(failures.c.wait_until > now).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
