"""Reads requests that wait for a second person, with whom they are about."""

from idp.deps import Deps
from idp.domain.account import Account
from idp.services import members
from idp.tables import accounts, desk_requests
from idp.tables.desk_requests import Request

PAGE = 20


def find(deps: Deps, request_id: str) -> tuple[Request, Account] | None:
    """A request, decided or not, and its account with destinations. Raises `Unavailable`."""
    with deps.database.read() as connection:
        found = desk_requests.find(connection, request_id[:64])
        account = accounts.by_id(connection, found.account_id, with_destinations=True) if found else None
    return (found, account) if found and account else None


def account(deps: Deps, account_id: str) -> Account | None:
    """Whoever this is. Raises `Unavailable`."""
    return members.find(deps, account_id)


def page(deps: Deps, at: str) -> tuple[list[tuple[Request, Account | None, Account | None]], str]:
    """Open requests, the oldest first, each with its account and whoever proposed it; and where the next page begins. Raises
    `Unavailable`."""
    time, _, request_id = at.partition(".")
    with deps.database.read() as connection:
        rows = desk_requests.waiting(connection, deps.now(), (int(time), request_id) if at else None, PAGE + 1)
        found = [(one, accounts.by_id(connection, one.account_id), accounts.by_id(connection, one.proposed_by)) for one in rows[:PAGE]]
    last = found[-1][0] if len(rows) > PAGE else None
    return found, f"{last.created_at}.{last.id}" if last else ""
