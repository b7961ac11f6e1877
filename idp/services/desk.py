"""What the console puts on record about staff: every refusal and every look behind a mask, with who and why (requirements AD-03,
AD-05)."""

from typing import Any, Mapping

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import console_client, records


def note(
    deps: Deps, actor: Account, event: str, result: str = "ok", *, target: str | None = None, address: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Put it on record in a transaction of its own. `actor` acted, on the account `target` if on one. Raises `Unavailable`."""
    with deps.database.write() as connection:
        records.add(
            connection, deps, event, result, account_id=target, client_id=console_client.CLIENT_ID, actor=actor.id,
            address=address, detail=detail,
        )  # fmt: skip
