"""Ending sessions of a member that are alive (requirement RV-02)."""

from typing import Sequence

from idp.deps import Deps
from idp.domain.account import Account
from idp.features.sessions import connections
from idp.services import logouts, portal_events, records, sessions
from idp.services import televisions as waiting
from idp.services.open_sessions import alive
from idp.tables import accounts, grants, refresh_families
from idp.tables.database import Connection

OTHERS = "others"


def end(deps: Deps, account: Account, which: str, here: str, address: str) -> int:
    """End one session of the account by its sid, or all but the one with the sid `here`, and with them the televisions
    ("others"); returns how many were alive. Their portals are told. With a session elsewhere ends what was given in it for use while the member is away: it may
    not be in the member's hands any more. The one `here` ends as by signing out, which leaves that. Raises `Unavailable`."""
    known = [one for one in alive(deps, account, here) if one.sid == which or (which == OTHERS and not one.here)]
    for one in known:
        sessions.end(deps, one.sid)
    if not known and which != OTHERS:
        return 0
    if which == OTHERS:
        waiting.end_waiting(deps, account.id)
    with deps.database.write() as connection:
        logouts.ended(connection, deps, *(one.sid for one in known))
        _end_tokens(connection, deps, account, [one.sid for one in known if not one.here])
        if known:
            records.add(connection, deps, "session_ended", account_id=account.id, address=address, detail={"count": len(known)})
        televisions = connections.end_televisions(connection, deps, account, address) if which == OTHERS else 0
    return len(known) + televisions


def _end_tokens(connection: Connection, deps: Deps, account: Account, sids: Sequence[str]) -> None:
    for grant_id in refresh_families.end_of_sessions(connection, account.id, sids):
        grants.revoke(connection, grant_id, deps.now() + deps.policy.tokens.access)


def end_all(deps: Deps, account: Account, address: str) -> None:
    """Sign out everywhere, this browser included: sessions, tokens and remembered browsers end at once, in every process."""
    with deps.database.write() as connection:
        accounts.raise_epoch(connection, account.id, deps.now())
        records.add(connection, deps, "signed_out_everywhere", account_id=account.id, address=address)
        portal_events.tell(connection, deps, account.id, "sessions_revoked")
        logouts.all_ended(connection, deps, account.id)
