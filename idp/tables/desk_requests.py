"""Requests of the support desk that a second person approves: each is decided once."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select, tuple_, update

from idp.tables.schema import accounts
from idp.tables.schema import desk_requests as table

Decision = Literal["approved", "rejected", "withdrawn", "void"]


@dataclass(frozen=True)
class Request:
    """`facts`: sealed JSON of what it is to be afterwards; `epoch`: the account's when it was proposed; times in Unix seconds;
    `state`: open, approved, rejected, withdrawn, or void: the account was changed meanwhile."""

    id: str
    account_id: str
    operation: str
    facts: str
    epoch: int
    reason: str
    ticket: str
    proposed_by: str
    created_at: int
    expires_at: int
    state: str = "open"
    decided_by: str | None = None
    decided_at: int | None = None

    def open(self, now: int) -> bool:
        """Whether it still can be decided."""
        return self.state == "open" and self.expires_at > now


def add(connection: Connection, request: Request) -> None:
    """Keep it."""
    connection.execute(table.insert(), vars(request))


def hold_account(connection: Connection, account_id: str) -> None:
    """Nobody else changes this account until the transaction ends, so that what is read of it now is what the act finds."""
    connection.execute(select(accounts.c.id).where(accounts.c.id == account_id).with_for_update())


def find(connection: Connection, request_id: str) -> Request | None:
    """The request with this id, decided or not."""
    row = connection.execute(select(table).where(table.c.id == request_id)).mappings().first()
    return Request(**row) if row else None


def waiting(connection: Connection, now: int, after: tuple[int, str] | None, limit: int) -> list[Request]:
    """Open requests, the oldest first, behind the one with this time and id."""
    query = select(table).where(table.c.state == "open", table.c.expires_at > now, table.c.created_at > now - 30 * 86_400)
    if after:
        query = query.where(tuple_(table.c.created_at, table.c.id) > after)
    return [Request(**row) for row in connection.execute(query.order_by(table.c.created_at, table.c.id).limit(limit)).mappings()]


def of_account(connection: Connection, account_id: str, now: int) -> list[Request]:
    """The open requests about an account."""
    query = select(table).where(table.c.account_id == account_id, table.c.state == "open", table.c.expires_at > now)
    return [Request(**row) for row in connection.execute(query.order_by(table.c.created_at, table.c.id)).mappings()]


def decide(connection: Connection, request_id: str, decision: Decision, by: str, now: int) -> Request | None:
    """Decide an open request: exactly one of many parallel callers does. Whoever has proposed it may only withdraw it, and nobody
    else may. None if nothing was decided."""
    mine = table.c.proposed_by == by if decision == "withdrawn" else table.c.proposed_by != by
    open_ = (table.c.id == request_id, table.c.state == "open", table.c.expires_at > now, mine)
    done = update(table).where(*open_).values(state=decision, decided_by=by, decided_at=now).returning(table)
    row = connection.execute(done).mappings().first()
    return Request(**row) if row else None
