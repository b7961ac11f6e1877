"""Finds the account behind a subject, for pages that hold one."""

from idp.deps import Deps
from idp.domain.account import Account
from idp.tables import accounts


def find(deps: Deps, subject: str, with_destinations: bool = False) -> Account | None:
    """The account with this subject, or None. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return accounts.by_id(connection, subject, with_destinations)
