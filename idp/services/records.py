"""Rows of the audit record: what happened now, under this policy, from this network."""

from typing import Any, Mapping

from sqlalchemy import Connection

from idp.deps import Deps
from idp.services import limits, request_ids
from idp.tables import audit


def add(
    connection: Connection, deps: Deps, event: str, result: str = "ok", *, account_id: str | None = None,
    client_id: str | None = None, actor: str | None = None, address: str | None = None, detail: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Put it on record in the transaction of what it tells. `actor`: who acted, if not the account itself; `address`: the
    caller's, of which only the network is kept; `detail`: JSON values by name, no personal data (requirement LGN-02)."""
    audit.record(
        connection,
        at=deps.now(),
        event=event,
        result=result,
        account_id=account_id,
        client_id=client_id,
        actor=actor,
        address=None if address is None else limits.network_of(address),
        request_id=request_ids.current(),
        policy_version=deps.policy.version,
        detail=detail,
    )
