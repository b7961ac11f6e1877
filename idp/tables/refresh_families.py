"""Families of refresh tokens: one row for all tokens that followed each other since one sign-in."""

import json
from dataclasses import dataclass
from typing import Any, Sequence

from sqlalchemy import Connection, bindparam, case, delete, select, update

from idp.domain.grant import Grant
from idp.domain.kept import read_as
from idp.tables.hot import Hot
from idp.tables.schema import refresh_families as table


@dataclass(frozen=True)
class Family:
    """One family; times in Unix seconds. Of its tokens the one of `generation` is good; `used_at`: when a token was last
    used; `expires_at`: when it ends unless used before."""

    grant: Grant
    generation: int
    used_at: int
    expires_at: int


_COLUMNS = (table.c.facts, table.c.generation, table.c.used_at, table.c.expires_at)
_BY_SERIES = Hot(select(*_COLUMNS).where(table.c.series_hash == bindparam("series")))
_USE = Hot(
    update(table)
    .where(
        table.c.series_hash == bindparam("series"),
        table.c.client_id == bindparam("client"),
        table.c.generation == bindparam("shown"),
        table.c.expires_at > bindparam("now"),
    )
    .values(
        generation=bindparam("next"),
        used_at=bindparam("now"),
        expires_at=case((table.c.ends_at < bindparam("idle_end"), table.c.ends_at), else_=bindparam("idle_end")),
    )
    .returning(*_COLUMNS)
)


def _family(row: Sequence[Any]) -> Family:
    return Family(read_as(Grant, json.loads(row[0])), *row[1:])


def add(connection: Connection, series_hash: str, grant: Grant, now: int, idle: int, life: int) -> None:
    """Begin a family; `idle` and `life` in seconds from now."""
    # what the version before does not know stands there only where it says something
    facts = {name: value for name, value in vars(grant).items() if value is not None or name not in ("jkt", "device")}
    values = {
        "series_hash": series_hash,
        "account_id": grant.subject,
        "client_id": grant.client_id,
        "generation": 0,
        "facts": json.dumps(facts, separators=(",", ":")),
        "used_at": now,
        "expires_at": now + min(idle, life),
        "ends_at": now + life,
    }
    connection.execute(table.insert(), values)


def by_series(connection: Connection, series_hash: str) -> Family | None:
    """The family of this series, expired or not."""
    rows = _BY_SERIES.rows(connection, {"series": series_hash})
    return _family(rows[0]) if rows else None


def use(connection: Connection, series_hash: str, client_id: str, shown: int, following: int, now: int, idle: int) -> Family | None:
    """Put generation `following` in the place of `shown` and move the idle end, if `shown` is the good one of a live family
    of this client: of parallel uses that rotate one wins. Returns the family as it is then."""
    values = {"series": series_hash, "client": client_id, "shown": shown, "next": following, "now": now, "idle_end": now + idle}
    rows = _USE.rows(connection, values)
    return _family(rows[0]) if rows else None


def end(connection: Connection, series_hash: str) -> bool:
    """End every token of the family; false if somebody did before."""
    return connection.execute(delete(table).where(table.c.series_hash == series_hash)).rowcount == 1


def of_account(connection: Connection, account_id: str, now: int, limit: int) -> dict[str, Family]:
    """The live families of an account by their series, the one used last first."""
    mine = select(table.c.series_hash, *_COLUMNS).where(table.c.account_id == account_id, table.c.expires_at > now)
    rows = connection.execute(mine.order_by(table.c.used_at.desc(), table.c.series_hash).limit(limit))
    return {row[0]: _family(row[1:]) for row in rows}


def end_of_sessions(connection: Connection, account_id: str, sids: Sequence[str]) -> list[str]:
    """End what was given in these sessions of the account; returns the ids of those grants."""
    mine = select(table.c.series_hash, *_COLUMNS).where(table.c.account_id == account_id)
    gone = {row[0]: _family(row[1:]).grant for row in connection.execute(mine)}
    ended = {series_hash: grant.grant_id for series_hash, grant in gone.items() if grant.sid in sids}
    connection.execute(delete(table).where(table.c.series_hash.in_(ended)))
    return list(ended.values())
