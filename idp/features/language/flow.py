"""The language in which a member is written to."""

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import records
from idp.tables import accounts


def choose(deps: Deps, account: Account, locale: str, address: str) -> None:
    """Write to the member in this locale from now on, and tell portals so; it is put on record if it is another one."""
    if locale == account.locale:
        return
    with deps.database.write() as connection:
        accounts.change(connection, account.id, deps.now(), locale=locale)
        records.add(connection, deps, "language_changed", account_id=account.id, address=address, detail={"locale": locale})
