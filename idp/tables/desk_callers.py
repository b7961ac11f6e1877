"""Who called about a member, where it was somebody else: the name they gave, sealed, and what they are to the member (flows.md
2.12, identity levels)."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from idp.tables.schema import desk_callers as table


@dataclass(frozen=True)
class Caller:
    """`name`: sealed; `at`: Unix seconds; `actor`: who took the call."""

    id: str
    account_id: str
    actor: str
    at: int
    relation: str
    name: str


def add(connection: Connection, caller: Caller) -> None:
    """Keep it."""
    connection.execute(table.insert(), vars(caller))


def newest(connection: Connection, account_id: str, limit: int) -> list[Caller]:
    """The last of them."""
    query = select(table).where(table.c.account_id == account_id).order_by(table.c.at.desc(), table.c.id).limit(limit)
    return [Caller(**row) for row in connection.execute(query).mappings()]
