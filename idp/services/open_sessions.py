"""The sessions of a member that are alive, as the member and the support desk see them (requirement RV-02)."""

from dataclasses import dataclass

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import sessions
from idp.services.sessions import Session
from idp.tables import sessions as table

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


def alive(deps: Deps, account: Account, here: str = "") -> list[Open]:
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
