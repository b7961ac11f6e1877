"""Puts on record that a limit has held somebody back, or that a portal could not prove itself (requirement LGN-02)."""

import contextlib
from typing import Literal, get_args

from idp.deps import Deps
from idp.ports import Unavailable
from idp.services import limits, records

Limit = Literal["pages", "pushed_requests", "device_codes", "contract_checks", "confirmations", "login_id_checks", "codes", "undo_codes"]
LIMITS: tuple[Limit, ...] = get_args(Limit)
MINUTE = 60


def note(deps: Deps, limit: Limit, address: str | None = None, account_id: str | None = None, client_id: str | None = None) -> None:
    """The limit was reached by whoever is at `address`, or for the account: once a minute for each, or a flood would fill the
    record. A store that is away changes nothing about the answer."""
    who = limits.network_of(address) if address else account_id or ""
    _once(deps, f"throttled:{limit}:{who}", "throttled", limit, address, account_id, client_id)


def client_refused(deps: Deps, client_id: str | None) -> None:
    """Client authentication failed in the name of this client (None: of none that is registered), once a minute for each."""
    _once(deps, f"client-refused:{client_id or ''}", "client_refused", "unproven", None, None, client_id)


def _once(
    deps: Deps, name: str, event: str, result: str, address: str | None, account_id: str | None, client_id: str | None
) -> None:
    with contextlib.suppress(Unavailable):
        if deps.ephemeral.add(name, b"1", MINUTE):
            with deps.database.write() as connection:
                records.add(connection, deps, event, result, account_id=account_id, client_id=client_id, address=address)
