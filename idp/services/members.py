"""Finds the account behind a subject, and its factors, for pages that hold one."""

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.journey import Factors
from idp.tables import accounts


def find(deps: Deps, subject: str, with_destinations: bool = False) -> Account | None:
    """The account with this subject, or None. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return accounts.by_id(connection, subject, with_destinations)


def with_factors(deps: Deps, subject: str) -> tuple[Account, Factors] | None:
    """The account with its destinations, and what it could prove itself with. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return accounts.with_factors(connection, subject)
