"""The browsers that an account is remembered by: which there are, and their end (requirement TB-05)."""

from dataclasses import dataclass

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import trust
from idp.tables import trusted_browsers

ALL = "all"


@dataclass(frozen=True)
class Remembered:
    """One browser: codes of system and browser, network address of the first use, times in Unix seconds. `here`: it is the
    one that asks."""

    id: str
    system: str
    browser: str
    address: str
    used_at: int
    expires_at: int
    here: bool


def remembered(deps: Deps, account: Account, cookie: str | None) -> list[Remembered]:
    """The account's live browsers, the one that asks first, then the one used last. `cookie`: what this browser is
    remembered by, if by anything."""
    with deps.database.read() as connection:
        rows = trusted_browsers.of_account(connection, account.id, account.epoch, deps.now())
        known = trust.recognise(connection, deps, account, cookie)
    mine = known.browser.id if known.browser and known.state in ("live", "grace") else None
    found = [
        Remembered(row.id, *row.device.split("."), row.address, row.used_at, row.expires_at, row.id == mine) for row in rows
    ]
    return sorted(found, key=lambda one: not one.here)


def forget(deps: Deps, account: Account, which: str, address: str) -> int:
    """Forget one browser by its id, or "all"; returns how many were known."""
    if not which:
        return 0
    with deps.database.write() as connection:
        return trust.forget(connection, deps, account, None if which == ALL else which, address)
