"""The operator's own mailboxes, which somebody else may have tomorrow: an address that has gone is trusted nowhere any more
(requirement AC-04; portals.md, finding 6)."""

import threading
from typing import Any, Iterable

from sqlalchemy import Connection

from idp import vault
from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.services import logouts, notices, portal_events, records
from idp.tables import accounts, links, trusted_browsers, undos
from idp.tables import mailboxes as table

BATCH = 100


def deleted(connection: Connection, deps: Deps, key: str, client_id: str | None, but: Iterable[str] = ()) -> int:
    """The mailbox of this address (folded) is no more: it is neither destination nor address for signing in, and everything
    that was sent there is void. The members are told by what they have left. `client_id`: who said so; `but`: accounts that
    keep it. Returns how many accounts used it."""
    table.goes_on(connection, key)
    table.stop_letters(connection, key, deps.now())
    users = [one for one in table.holders(connection, key) if one not in set(but)]
    for account_id in users:
        account = accounts.by_id(connection, account_id, with_destinations=True)
        if account:
            _take_away(connection, deps, account, key, client_id)
    return len(users)


def _take_away(connection: Connection, deps: Deps, account: Account, key: str, client_id: str | None) -> None:
    now = deps.now()
    # sessions, codes and links that it proved end with it
    accounts.raise_epoch(connection, account.id, now)
    trusted_browsers.remove(connection, account.id)
    links.drop(connection, account.id)
    undos.drop(connection, account.id)  # or they would bring it back
    changes: dict[str, Any] = {"mailbox": None} if account.mailbox == key else {}
    if account.email_login_key == key:
        changes |= {"email_login": None, "email_login_key": None}
        portal_events.tell(connection, deps, account.id, "identifier_changed", "system")
    if changes:
        accounts.change(connection, account.id, now, **changes)
    logouts.all_ended(connection, deps, account.id)
    table.drop_destination(connection, account.id, key)
    records.add(connection, deps, "mailbox_deleted", account_id=account.id, client_id=client_id)
    left = [item for item in account.destinations if item.address.casefold() != key]
    notices.tell(connection, deps, account, "notice.mailbox", {"datetime": now, "summary": "mailbox_deleted"}, left, counted=False)


def renamed(connection: Connection, deps: Deps, old: str, new: str, old_valid_until: int, client_id: str) -> int:
    """The mailbox has another address (both folded): destinations follow at once, and the old one goes on until then (Unix
    seconds; in the past: not at all). Signing in by the old address ends with it; by the new one the member has to set it
    up, which proves it. Whoever used the new address before had another mailbox. Returns how many accounts used the old one.
    """
    users = table.holders(connection, old)
    deleted(connection, deps, new, client_id, but=users)
    for account_id in users:
        account = accounts.by_id(connection, account_id, with_destinations=True)
        if account:
            _follow(connection, deps, account, old, new, client_id)
    if old_valid_until > deps.now():
        table.end_at(connection, old, old_valid_until)
    else:
        deleted(connection, deps, old, client_id)
    return len(users)


def _follow(connection: Connection, deps: Deps, account: Account, old: str, new: str, client_id: str) -> None:
    now = deps.now()
    if account.mailbox == old:
        accounts.change(connection, account.id, now, mailbox=new)
    for item in account.destinations:
        # by what a portal says nobody gets to the console: staff prove an address themselves
        if item.kind == "email" and item.address.casefold() == old and not account.staff:
            verified = now if item.verified_at else None
            table.add_destination(connection, Destination(vault.random_id(), account.id, "email", new, verified, item.usual), now)
            table.not_usual(connection, item.id)
    trusted_browsers.remove(connection, account.id)
    records.add(connection, deps, "mailbox_renamed", account_id=account.id, client_id=client_id)
    after = accounts.by_id(connection, account.id, with_destinations=True) or account
    notices.tell(connection, deps, account, "notice.mailbox", {"datetime": now, "summary": "mailbox_renamed"}, after.destinations, counted=False)


def keep_house(deps: Deps, stop: threading.Event) -> None:
    """End the addresses whose time is over, each in a transaction of its own. Raises `Unavailable`."""
    with deps.database.read() as connection:
        over = table.ending(connection, deps.now(), BATCH)
    for key in over:
        if stop.is_set():
            return
        with deps.database.write() as connection:
            if table.claim(connection, key, deps.now()):
                deleted(connection, deps, key, None)
