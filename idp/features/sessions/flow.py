"""The sessions of a member that are alive: which there are, and their end (requirement RV-02)."""

from dataclasses import dataclass
from typing import Sequence

from idp.deps import Deps
from idp.domain.account import Account
from idp.features.sessions import connections
from idp.services import logouts, portal_events, records, sessions
from idp.services.sessions import Session
from idp.tables import accounts, grants, refresh_families
from idp.tables import sessions as table
from idp.tables.database import Connection

OTHERS = "others"
LOOKED_AT = 100  # sign-ins of the last hours; more than a person makes


@dataclass(frozen=True)
class Open:
    """One session: codes of system and browser, the network address it began from, the portals it has reached by client_id;
    times in Unix seconds. `here`: it is the one that asks."""

    sid: str
    system: str
    browser: str
    address: str
    started_at: int
    seen_at: int
    clients: tuple[str, ...]
    here: bool


def alive(deps: Deps, account: Account, here: str) -> list[Open]:
    """The sessions that are alive, the one with the sid `here` first, then the newest. Raises `Unavailable`."""
    with deps.database.read() as connection:
        rows = table.of_account(connection, account.id, deps.now() - deps.policy.sessions.absolute, LOOKED_AT)
    found = []
    for row, clients in rows:
        session = sessions.by_sid(deps, row.sid)
        if session and _own(session, account):
            reached = tuple(client for client in clients if client)
            system, _, browser = row.device.partition(".")
            found.append(Open(row.sid, system, browser, row.address, row.started_at, session.seen, reached, row.sid == here))
    return sorted(found, key=lambda one: not one.here)


def _own(session: Session, account: Account) -> bool:
    return session.subject == account.id and session.epoch == account.epoch


def end(deps: Deps, account: Account, which: str, here: str, address: str) -> int:
    """End one session of the account by its sid, or all but the one with the sid `here`, and with them the televisions
    ("others"); returns how many were alive. Their portals are told. With a session elsewhere ends what was given in it for use while the member is away: it may
    not be in the member's hands any more. The one `here` ends as by signing out, which leaves that. Raises `Unavailable`."""
    known = [one for one in alive(deps, account, here) if one.sid == which or (which == OTHERS and not one.here)]
    for one in known:
        sessions.end(deps, one.sid)
    if not known and which != OTHERS:
        return 0
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
