"""Closing an account: begun by its member, the operator or the end of its contract, taken back by the desk, and erased by the
courier (flows.md 2.11; requirement AC-04)."""

import threading
from typing import Callable

import structlog
from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.account import Account
from idp.domain.security_event import By
from idp.ports import Unavailable
from idp.services import letters, logouts, notices, portal_events, records
from idp.tables import accounts, links, trusted_browsers, undos
from idp.tables import closing as table

log = structlog.get_logger("idp.closing")
BATCH, BATCHES = 50, 20
LETTERS: dict[By, str] = {"user": "mail.closed", "admin": "mail.closed", "system": "mail.closed.contract"}


def begin(
    connection: Connection, deps: Deps, account: Account, by: By, actor: str | None = None, address: str | None = None
) -> int | None:
    """Nobody signs in any more, every session, remembered browser and link ends, and the member is told until when the desk
    can undo it. `account`: with its destinations; `actor` and `address`: who, and from where, for the record. Returns that
    time (Unix seconds), or None if it was closed before."""
    now = deps.now()
    until = now + deps.policy.closing.undo
    if not table.begin(connection, account, until, now):
        return None
    trusted_browsers.remove(connection, account.id)
    links.drop(connection, account.id)
    undos.drop(connection, account.id)
    records.add(connection, deps, "account_closing", account_id=account.id, actor=actor, address=address, detail={"by": by})
    for item in account.destinations:
        if item.verified_at and item.kind == "email":
            letters.write(
                connection, deps, account_id=account.id, channel="mail", to=item.address, template=LETTERS[by],
                locale=account.locale, facts={"date": letters.day(account.locale, until)}, expires_at=now + notices.LIFE,
            )  # fmt: skip
    portal_events.tell(connection, deps, account.id, "disabled", by)
    logouts.all_ended(connection, deps, account.id)
    return until


def reopen(connection: Connection, deps: Deps, account: Account, actor: str) -> bool:
    """Give the account back; false if it is not closing, or has been erased. One whose contract has ended stays for as long as
    after its end."""
    now = deps.now()
    late = 0 < account.closes_at <= now
    closes_at = now + deps.policy.closing.after_contract if late else account.closes_at
    if not table.reopen(connection, account.id, closes_at, now):
        return False
    records.add(connection, deps, "account_reopened", account_id=account.id, actor=actor)
    portal_events.tell(connection, deps, account.id, "enabled", "admin")
    return True


def end_contract(connection: Connection, deps: Deps, account: Account, client_id: str | None, actor: str | None = None) -> bool:
    """The account's contract has ended: signing in goes on for a while, and the contract may have another account. The member
    is told until when. `account`: with its destinations; `client_id`: the portal that said so, or `actor`: who else. False if
    that was known."""
    now = deps.now()
    closes_at = max(1, now + deps.policy.closing.after_contract)
    if not table.end_contract(connection, account.id, closes_at, now):
        return False
    records.add(connection, deps, "contract_ended", account_id=account.id, client_id=client_id, actor=actor)
    notices.tell(connection, deps, account, "notice.contract", {"date": letters.day(account.locale, closes_at)}, counted=False)
    return True


def return_contract(connection: Connection, deps: Deps, account: Account, contract_key: str, actor: str) -> bool:
    """The contract that had ended is back: the account does not close for it any more, and the member is told. `account`: with
    its destinations. False if another account has the contract by now, or this one is closed."""
    if not table.return_contract(connection, account.id, contract_key, deps.now()):
        return False
    records.add(connection, deps, "contract_returned", account_id=account.id, actor=actor)
    notices.tell(connection, deps, account, "notice.contract_back", {}, counted=False)
    return True


def keep_house(deps: Deps, stop: threading.Event) -> None:
    """Close the accounts whose contract has long ended, and erase those whose time is over: each in a transaction of its
    own, so many at most in one call. Raises `Unavailable`."""
    _each(deps, stop, table.ended, _close)
    _each(deps, stop, table.due, erase)


def _each(deps: Deps, stop: threading.Event, find: Callable[[Connection, int, int], list[str]], do: Callable[[Deps, str], bool]) -> None:
    for _ in range(BATCHES):
        with deps.database.read() as connection:
            found = find(connection, deps.now(), BATCH)
        done = 0
        for account_id in found:
            if stop.is_set():
                return
            try:
                done += do(deps, account_id)
            except Unavailable:
                raise
            except Exception as error:  # whatever is wrong with one account, the others must not wait for it
                log.error("an account cannot be closed or erased", account=account_id, exc_info=error)
        if len(found) < BATCH or not done:
            return


def _close(deps: Deps, account_id: str) -> bool:
    with deps.database.write() as connection:
        account = accounts.by_id(connection, account_id, with_destinations=True)
        return account is not None and begin(connection, deps, account, "system", actor="courier") is not None


def erase(deps: Deps, account_id: str) -> bool:
    """Erase a closed account whose time is over; of many callers at once one does. Raises `Unavailable`."""
    with deps.database.write() as connection:
        if not table.claim(connection, account_id, deps.now()):
            return False
        account = accounts.by_id(connection, account_id, with_destinations=True)
        assert account
        portal_events.tell(connection, deps, account_id, "purged", "system")  # first: then nobody knows its portals any more
        table.erase(connection, account, deps.now())
        records.add(connection, deps, "account_erased", account_id=account_id, actor="courier")
    log.info("account erased", account=account_id)
    return True
