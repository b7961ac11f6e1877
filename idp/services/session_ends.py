"""The end of one session of a member by the operator: at once, in every process, with what was given in it (requirement RV-02)."""

from typing import Callable

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import logouts, open_sessions, sessions
from idp.tables import grants, refresh_families


def end(deps: Deps, account: Account, sid: str, noted: Callable[[Connection], None]) -> bool:
    """End it, tell its portals, and let `noted` put it on record in the same transaction; false if the account has no such
    session that is alive. Raises `Unavailable`."""
    if not any(one.sid == sid for one in open_sessions.alive(deps, account)):
        return False
    sessions.end(deps, sid)
    with deps.database.write() as connection:
        logouts.ended(connection, deps, sid)
        for grant_id in refresh_families.end_of_sessions(connection, account.id, [sid]):
            grants.revoke(connection, grant_id, deps.now() + deps.policy.tokens.access)
        noted(connection)
    return True
