"""What goes on with the account while the member is away: services and televisions, and their end (requirement RV-02)."""

from dataclasses import dataclass

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.device import TELEVISION
from idp.services import logouts, records
from idp.tables import grants, refresh_families, sessions
from idp.tables.database import Connection
from idp.tables.refresh_families import Family

LOOKED_AT = 100  # those used last; more than a person makes


@dataclass(frozen=True)
class Connected:
    """One client that holds a refresh token. `id`: the grant's; codes of the system and browser that it was given in, and their
    network, where that is still on record; a television has none of its own. Times in Unix seconds."""

    id: str
    client_id: str
    television: bool
    system: str
    browser: str
    address: str
    since: int
    used_at: int


def alive(deps: Deps, account: Account) -> list[Connected]:
    """The account's connections that can still be used, the one used last first."""
    with deps.database.read() as connection:
        families = list(_families(connection, deps, account).values())
        signed = sessions.by_sids(connection, [family.grant.sid for family in families])
    found = []
    for family in families:
        grant, row = family.grant, signed.get(family.grant.sid)
        television = TELEVISION in (grant.device, row.device if row else None)
        system, _, browser = row.device.partition(".") if row and not television else ("", "", "")
        since, address = (row.started_at, row.address) if row else (grant.auth_time, "")
        found.append(Connected(grant.grant_id, grant.client_id, television, system, browser, address, since, family.used_at))
    return found


def _families(connection: Connection, deps: Deps, account: Account) -> dict[str, Family]:
    """By what they are found by; those of before the account's last signing out everywhere are dead already."""
    rows = refresh_families.of_account(connection, account.id, deps.now(), LOOKED_AT)
    return {series: family for series, family in rows.items() if family.grant.epoch == account.epoch}


def end(deps: Deps, account: Account, which: str, address: str) -> bool:
    """End one connection of the account by its id, with every token that came of it; false if there is none: of parallel
    callers one ends it."""
    with deps.database.write() as connection:
        found = {family.grant.grant_id: series for series, family in _families(connection, deps, account).items()}
        return which in found and _ended(connection, deps, account, found[which], address)


def end_televisions(connection: Connection, deps: Deps, account: Account, address: str) -> int:
    """The same for all televisions, in the caller's transaction; returns how many there were."""
    known = [series for series, family in _families(connection, deps, account).items() if family.grant.device == TELEVISION]
    return sum(_ended(connection, deps, account, series, address) for series in known)


def _ended(connection: Connection, deps: Deps, account: Account, series: str, address: str) -> bool:
    family = refresh_families.by_series(connection, series)
    if family is None or not refresh_families.end(connection, series):
        return False
    grant = family.grant
    grants.revoke(connection, grant.grant_id, deps.now() + deps.policy.tokens.access)
    if grant.device == TELEVISION:  # which is a session of its own; a browser's goes on
        logouts.ended(connection, deps, grant.sid)
    records.add(connection, deps, "connection_ended", account_id=account.id, client_id=grant.client_id, address=address)
    return True
