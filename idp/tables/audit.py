"""Audit rows: who did what and how it ended; ids and codes only, never names, addresses or secrets of a person."""

import json
from typing import Any, Mapping

from sqlalchemy import Connection

from idp.tables.hot import Hot
from idp.tables.schema import audit

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
