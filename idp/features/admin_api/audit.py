"""The audit record by keyset, and its export, itself on record."""

import json
from dataclasses import replace
from typing import Any, Sequence

from idp.domain.audit_chain import COLUMNS
from idp.features.admin_api.answers import when
from idp.features.admin_api.calls import Call
from idp.services import audit_export, records
from idp.tables import audit, audit_search
from idp.tables.audit_search import Filter
from idp.web.machine import NO_STORE, Reply

LINES = "application/jsonl"
DAY = 86_400


def page(call: Call) -> dict[str, Any]:
    """Rows, the newest first. A page may hold fewer than asked for and still not be the last: `next` says so."""
    query = call.query
    since, until = query.get("since"), query.get("until")
    names = {"actor": "actor", "account_id": "account", "client_id": "client", "event": "event", "result": "result"}
    wanted = Filter(**{column: query.get(name) for column, name in names.items()}, since=since, until=until)
    with call.house.deps.database.read() as connection:
        if since is not None or until is not None:
            above, below = audit.ids_of_time(connection, since, until)
            wanted = replace(wanted, above=above, below=below)
        if "before" in query:
            wanted = replace(wanted, below=min(wanted.below, query["before"]))
        found = audit_search.page(connection, wanted, query["limit"])
    return {"rows": [_row(tuple(row), audit_search.SHOWN) for row in found.rows], "next": found.reached}


def _row(row: Sequence[Any], columns: Sequence[str]) -> dict[str, Any]:
    told = {name: value for name, value in zip(columns, row) if name in COLUMNS}
    return {**told, "at": when(told["at"]), "detail": json.loads(told["detail"])}


def export(call: Call) -> Reply:
    """The rows of a time as JSON Lines, in the order of their ids."""
    since = call.body["since"]
    until = since + call.body["days"] * DAY
    deps, detail = call.house.deps, {"since": since, "until": until, "format": "jsonl", **call.why}
    with deps.database.write() as connection:
        records.add(
            connection, deps, "audit_exported", client_id=call.client.id, actor=call.actor.id, address=call.request.address, detail=detail
        )  # fmt: skip
    return Reply(200, headers=(("Content-Type", LINES), *NO_STORE), stream=audit_export.lines(deps, "jsonl", since, until))
