"""Finds the account behind a subject, and its factors, for pages that hold one."""

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.journey import Factors
from idp.tables import accounts
from idp.tables import factors as table


def find(deps: Deps, subject: str, with_destinations: bool = False) -> Account | None:
    """The account with this subject, or None. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return accounts.by_id(connection, subject, with_destinations)


def factors(deps: Deps, subject: str) -> Factors:
    """What the account could prove itself with beside its password. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return table.of(connection, subject)
