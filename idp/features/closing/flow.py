"""A member's wish to close the account."""

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import closing


def close(deps: Deps, account: Account, address: str) -> int | None:
    """Close it; returns until when the desk can undo that (Unix seconds), or None if it was closed before. `account` comes
    with its destinations. Raises `Unavailable`."""
    with deps.database.write() as connection:
        return closing.begin(connection, deps, account, "user", address=address)
