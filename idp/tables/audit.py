"""Audit rows: who did what and how it ended; ids and codes only, never names, addresses or secrets of a person."""

import json
from functools import lru_cache
from typing import Any, Mapping, Sequence

from sqlalchemy import Connection, bindparam, or_, select

from idp.tables.hot import Hot
from idp.tables.schema import audit

_LAST = 2**62  # before this id: every row
_RECORD = Hot(audit.insert().inline(), tuple(column.name for column in audit.c if not column.primary_key))


def record(
    connection: Connection,
    *,
    at: int,
    event: str,
    result: str,
    account_id: str | None = None,
    client_id: str | None = None,
    actor: str | None = None,
    address: str | None = None,
    request_id: str | None = None,
    policy_version: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one row in the transaction of what it tells.

    `at`: Unix seconds; `actor`: who acted, if not the account itself; `address`: network address, IPv6 as /64;
    `detail`: JSON values by name, no personal data.
    """
    _RECORD.rows(
        connection,
        {
            "at": at,
            "event": event,
            "result": result,
            "account_id": account_id,
            "client_id": client_id,
            "actor": actor,
            "address": address,
            "request_id": request_id,
            "policy_version": policy_version,
            "detail": json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True),
        },
    )


SLACK = 600  # seconds by which rows may stand beside the order of their times: clocks of several hosts, late commits


def ids_of_time(connection: Connection, since: int | None, until: int | None) -> tuple[int, int]:
    """Every row of this time (Unix seconds, the end not included; None: open) has an id above the first of these and below
    the second. Rows in between may be of another time, by a few minutes."""
    before = select(audit.c.id).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(1)
    behind = select(audit.c.id).order_by(audit.c.at, audit.c.id).limit(1)
    low = None if since is None else connection.execute(before.where(audit.c.at < since - SLACK)).scalar()
    high = None if until is None else connection.execute(behind.where(audit.c.at >= until + SLACK)).scalar()
    return -_LAST if low is None else low, _LAST if high is None else high


@lru_cache(maxsize=4)
def _of_account(events: int) -> Hot:
    columns = (audit.c.id, audit.c.at, audit.c.event, audit.c.result, audit.c.client_id, audit.c.address, audit.c.detail)
    which = or_(*(audit.c.event == bindparam(f"event{number}") for number in range(events)))
    own = (audit.c.account_id == bindparam("account"), audit.c.id < bindparam("before"), audit.c.at >= bindparam("since"))
    return Hot(select(*columns).where(*own, which).order_by(audit.c.id.desc()).limit(bindparam("limit")))


def of_account(connection: Connection, account_id: str, events: Sequence[str], since: int, before: int | None, limit: int) -> list[tuple[Any, ...]]:
    """Up to `limit` rows of an account's events at `since` (Unix seconds) or later, the newest first: id, at, event, result,
    client_id, address, detail (JSON). `before`: only rows with a lower id, for the next page."""
    values: dict[str, str | int] = {"account": account_id, "since": since, "limit": limit, "before": _LAST if before is None else before}
    values |= {f"event{number}": event for number, event in enumerate(events)}
    return _of_account(len(events)).rows(connection, values)


def timeline(connection: Connection, account_id: str, events: Sequence[str], before: int | None, limit: int) -> list[Any]:
    """Up to `limit` rows about an account, the newest first, with all their columns. `events`: only these, or all if empty;
    `before`: only rows with a lower id, for the next page."""
    query = select(audit).where(audit.c.account_id == account_id, audit.c.id < (_LAST if before is None else before))
    if events:
        query = query.where(audit.c.event.in_(events))
    return list(connection.execute(query.order_by(audit.c.id.desc()).limit(limit)))


def newest(connection: Connection) -> int:
    """When the newest row was written (Unix seconds); 0 if there is none."""
    return connection.execute(select(audit.c.at).order_by(audit.c.id.desc()).limit(1)).scalar() or 0
